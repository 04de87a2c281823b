"""MLServer with custom handlers, in its own process, not in parallel workers."""

import asyncio
from collections.abc import AsyncIterator

import answers
from mlserver import MLModel
from mlserver.handlers import custom_handler
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse


class EchoModel(MLModel):
    async def load(self) -> bool:
        return True

    @custom_handler(rest_path="/echo")
    async def echo(self, request: Request) -> JSONResponse:
        return JSONResponse(answers.echo(await request.json()))

    @custom_handler(rest_path="/upload")
    async def upload(self, request: Request) -> JSONResponse:
        return JSONResponse(answers.upload(await request.body()))

    @custom_handler(rest_path="/stream")
    async def stream(self, request: Request) -> StreamingResponse:
        asked = await request.json()

        async def parts() -> AsyncIterator[bytes]:
            for number in range(answers.PARTS):
                await asyncio.sleep(answers.PAUSE_S)
                yield answers.part(asked, number)
            yield answers.end(asked)

        return StreamingResponse(parts(), media_type="application/octet-stream")
