"""FastAPI: under uvicorn, granian and hypercorn."""

import asyncio
from collections.abc import AsyncIterator

import answers
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/health")
async def health() -> dict:
    return {"health": "true"}


@app.post("/echo")
async def echo(request: Request) -> dict:
    return answers.echo(await request.json())


@app.post("/upload")
async def upload(request: Request) -> dict:
    return answers.upload(await request.body())


@app.post("/stream")
async def stream(request: Request) -> StreamingResponse:
    asked = await request.json()

    async def parts() -> AsyncIterator[bytes]:
        for number in range(answers.PARTS):
            await asyncio.sleep(answers.PAUSE_S)
            yield answers.part(asked, number)
        yield answers.end(asked)

    return StreamingResponse(parts(), media_type="application/octet-stream")
