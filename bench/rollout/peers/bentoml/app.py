"""BentoML with two workers and without its access log. Its apis take named fields; raw bodies go to a mounted app."""

import asyncio
from collections.abc import AsyncIterator

import answers
import bentoml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route


async def upload(request: Request) -> JSONResponse:
    return JSONResponse(answers.upload(await request.body()))


async def stream(request: Request) -> StreamingResponse:
    asked = await request.json()

    async def parts() -> AsyncIterator[bytes]:
        for number in range(answers.PARTS):
            await asyncio.sleep(answers.PAUSE_S)
            yield answers.part(asked, number)
        yield answers.end(asked)

    return StreamingResponse(parts(), media_type="application/octet-stream")


mounted = Starlette(routes=[Route("/upload", upload, methods=["POST"]), Route("/stream", stream, methods=["POST"])])


@bentoml.asgi_app(mounted, path="/")
@bentoml.service(workers=2, logging={"access": {"enabled": False}})
class Echo:
    @bentoml.api(route="/echo")
    async def echo(self, number: int, text: str, pad: int = 0) -> dict:
        return answers.echo({"number": number, "text": text, "pad": pad})
