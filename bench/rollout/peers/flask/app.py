"""Flask under Gunicorn."""

import time
from collections.abc import Iterator

import answers
from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/health")
def health() -> dict:
    return {"health": "true"}


@app.post("/echo")
def echo() -> dict:
    return answers.echo(request.get_json())


@app.post("/upload")
def upload() -> dict:
    return answers.upload(request.get_data())


@app.post("/stream")
def stream() -> Response:
    asked = request.get_json()

    def parts() -> Iterator[bytes]:
        for number in range(answers.PARTS):
            time.sleep(answers.PAUSE_S)
            yield answers.part(asked, number)
        yield answers.end(asked)

    return Response(parts(), mimetype="application/octet-stream")
