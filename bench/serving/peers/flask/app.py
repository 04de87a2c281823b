"""Flask under Gunicorn with gevent workers: the recipe of the specification, flags in `servers.py`."""

from digits import Digits
from flask import Flask, request

app = Flask(__name__)
digits = Digits()


@app.post("/")
def recognise() -> dict[str, int]:
    return {"mnist_result": digits.read(request.files["images"].read())}
