"""FastAPI under uvicorn. `async def`, because the thread pool behind a plain `def` costs a third of the throughput."""

from digits import Digits
from fastapi import FastAPI, UploadFile

app = FastAPI()
digits = Digits()


@app.post("/")
async def recognise(images: UploadFile) -> dict[str, int]:
    return {"mnist_result": digits.read(await images.read())}
