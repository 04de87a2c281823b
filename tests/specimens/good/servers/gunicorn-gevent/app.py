"""Flask: one api and a health check, which fails while the container is leaving."""

from pathlib import Path

from flask import Flask, abort, request

LEAVING = Path("/tmp/leaving")
app = Flask(__name__)


@app.get("/health")
def health():
    if LEAVING.exists():
        abort(503)
    return {"health": "true"}


@app.post("/")
def length():
    try:
        asked = request.get_json()
    except RecursionError:
        abort(400)
    if not isinstance(asked, dict) or not isinstance(asked.get("text"), str):
        abort(400)
    return {"length": len(asked["text"])}
