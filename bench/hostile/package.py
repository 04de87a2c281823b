"""The package that is served: one method for each kind of request that the workload knows."""

from __future__ import annotations

from typing import Any

_JSON, _FORM, _EVENTS, _OCTETS = (
    "application/json",
    "multipart/form-data",
    "text/event-stream",
    "application/octet-stream",
)


def _api(url: str, method: str = "post", kind: str = _JSON, gives: str = _JSON, **takes: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"url": url, "method": method}
    if method == "post":
        properties = {name: {"type": of} for name, of in takes.items()}
        entry["request"] = {"Content-type": kind, "data": {"type": "object", "properties": properties}}
        entry["request"]["data"]["required"] = list(takes)
    return {**entry, "response": {"Content-type": gives, "data": {"type": "object"}}}


CONFIG = {
    "model_algorithm": "predict_analysis",
    "model_type": "Image",
    "apis": [
        _api("/typed", count="integer"),
        _api("/hello", "get"),
        _api("/form", kind=_FORM, image="file"),
        _api("/raw", kind=_OCTETS),
        _api("/events", gives=_EVENTS, count="integer"),
        _api("/fail", how="string"),
        _api("/slow", count="integer"),
    ],
    "health": {"check_method": "HTTP", "url": "/health", "initial_delay_seconds": "1", "failure_threshold": "3"},
}
MODEL = """
import time


class Unfit(ValueError):
    status = 422


class Model:
    def typed(self, count: int):
        return {"count": count}

    def hello(self):
        return {"hello": "world"}

    def form(self, image: bytes):
        return {"bytes": len(image)}

    def raw(self, body: bytes = b""):
        return {"bytes": len(body)}

    def events(self, count: int):
        for number in range(count):
            yield {"number": number}

    def fail(self, how: str):
        if how == "unfit":
            raise Unfit("this does not fit")
        raise RuntimeError("broken")

    def slow(self, count: int):
        time.sleep(0.002)
        return {"count": count}
"""
