"""Flask under Gunicorn: one api and a health check."""

from flask import Flask, request

app = Flask(__name__)


@app.get("/health")
def health():
    return {"health": "true"}


@app.post("/")
def length():
    return {"length": len(request.get_json()["text"])}
