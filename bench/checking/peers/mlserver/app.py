"""MLServer with a handler of its own for the api."""

from fastapi import Request
from fastapi.responses import JSONResponse
from mlserver import MLModel
from mlserver.handlers import custom_handler


class LengthModel(MLModel):
    async def load(self) -> bool:
        return True

    @custom_handler(rest_path="/")
    async def length(self, request: Request) -> JSONResponse:
        asked = await request.json()
        return JSONResponse({"length": len(asked["text"])})
