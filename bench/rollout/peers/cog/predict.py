"""Cog with a coroutine, so that it takes many requests at once (COG_MAX_CONCURRENCY); else the second gets 409."""

import json

import answers
from cog import BasePredictor


class Predictor(BasePredictor):
    async def predict(self, number: int, text: str, pad: int = 0) -> str:
        return json.dumps(answers.echo({"number": number, "text": text, "pad": pad}))
