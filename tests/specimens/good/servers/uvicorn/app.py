"""FastAPI under a uvicorn that is told to leave only when the linger is over."""

import asyncio
import os
import signal

import uvicorn
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

LINGER_S = float(os.environ["LINGER"])
app = FastAPI()
leaving = asyncio.Event()


class Question(BaseModel):
    text: str


@app.middleware("http")
async def says_when_it_leaves(request: Request, call_next):
    response = await call_next(request)
    if leaving.is_set():
        response.headers["Connection"] = "close"
    return response


@app.get("/health")
async def health(response: Response):
    if leaving.is_set():
        response.status_code = 503
    return {"health": str(not leaving.is_set()).lower()}


@app.post("/")
async def length(question: Question):
    return {"length": len(question.text)}


class Lingering(uvicorn.Server):
    """SIGTERM begins the linger, and only its end is the end that uvicorn knows."""

    def handle_exit(self, sig, frame):
        if sig != signal.SIGTERM:
            super().handle_exit(sig, frame)
            return
        if not leaving.is_set():
            leaving.set()
            asyncio.get_running_loop().call_later(LINGER_S, super().handle_exit, sig, frame)


if __name__ == "__main__":
    patience = int(os.environ["PATIENCE"])
    idle = int(os.environ["IDLE"])
    config = uvicorn.Config(app, host="0.0.0.0", port=8080, timeout_keep_alive=idle, timeout_graceful_shutdown=patience)
    Lingering(config).run()
