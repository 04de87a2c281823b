"""FastAPI: one api and a health check."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Question(BaseModel):
    text: str


@app.get("/health")
async def health():
    return {"health": "true"}


@app.post("/")
async def length(question: Question):
    return {"length": len(question.text)}
