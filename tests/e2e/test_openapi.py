"""Schemathesis reads /openapi.json of a real server, sends what it allows and what it does not, and finds no fault."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.serving_process import ServingProcess, write_package

pytest.importorskip("schemathesis", reason="schemathesis is not installed")

EXAMPLE = Path(__file__).parents[2] / "examples" / "mnist"
JSON, FORM, EVENTS = "application/json", "multipart/form-data", "text/event-stream"
NUMBER, INTEGER, STRING = {"type": "number"}, {"type": "integer"}, {"type": "string"}

# All that schemathesis knows but two. "What the schema allows is accepted" is more than a model can promise: random
# bytes are no picture. "What it forbids is refused" is asked of JSON only: in a form, a number is a text as well.
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "unsupported_method", "allow_header_conformance",
)  # fmt: skip


def body(kind: str, properties: Mapping[str, Any], *required: str, **more: Any) -> Mapping[str, Any]:
    return {
        "Content-type": kind,
        "data": {"type": "object", "properties": properties, "required": list(required), **more},
    }


def rows(*columns: str) -> Mapping[str, Any]:
    """As in predictive analysis: a list of objects, written in the house dialect."""
    row = {"type": "object", "properties": dict.fromkeys(columns, NUMBER), "required": list(columns)}
    return {"type": "array", "items": [row]}


def wrapped(name: str, inner: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"data": {"type": "object", "properties": {name: inner}, "required": [name]}}


SPANS = {"type": "array", "items": [{"type": "array", "minItems": 2, "maxItems": 2, "items": [NUMBER, NUMBER]}]}
APIS = [
    {
        "url": "/",
        "request": body(JSON, wrapped("req_data", rows("width", "height")), "data"),
        "response": body(FORM, wrapped("resp_data", rows("area")), "data"),  # as official samples have it: it is JSON
    },
    {
        "url": "/classify",
        "request": body(
            JSON, {"text": {"type": "string", "minLength": 1}, "spans": SPANS}, "text", additionalProperties=False
        ),
        "response": body(JSON, {"labels": {"type": "array", "items": [STRING]}}, "labels"),
    },
    {"url": "/add", "method": "get", "request": body(JSON, {"a": NUMBER, "b": NUMBER}, "a"),
     "response": body(JSON, {"sum": NUMBER}, "sum")},
    {"url": "/goodbye", "method": "get", "response": body(JSON, {"message": STRING}, "message")},
    {"url": "/count", "request": body(JSON, {"to": {**INTEGER, "minimum": 0, "maximum": 9}}, "to"),
     "response": body(EVENTS, {"n": INTEGER}, "n")},
    {"url": "/measure", "request": body(FORM, {"file": {"type": "file"}, "name": STRING}, "file"),
     "response": body(JSON, {"bytes": INTEGER}, "bytes")},
]  # fmt: skip
CONFIG = {"model_algorithm": "predict_analysis", "model_type": "Image", "apis": APIS}
MODEL = """
class Model:
    def predict(self, data):
        return {"data": {"resp_data": [{"area": 1.0} for row in data["req_data"]]}}

    def classify(self, text: str, spans: list = ()):
        return {"labels": text.split()[: len(spans)]}

    def add(self, a: float, b: float = 1):
        return {"sum": a + b}

    def goodbye(self):
        return {"message": "Goodbye!"}

    def count(self, to: int):
        yield from ({"n": n} for n in range(to))

    def measure(self, file: bytes, name: str = ""):
        return {"bytes": len(file)}
"""


def run(url: str, folder: Path, *options: str) -> Mapping[str, Any]:
    """Schemathesis's own report; AssertionError with its words where it found a fault."""
    report = folder / "report.json"
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", *options,
        "--max-examples", "15", "--seed", "7", "--continue-on-failure", "--no-color", "--request-timeout", "30",
        "--report", "json", "--report-json-path", str(report),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found: Mapping[str, Any] = json.loads(report.read_text())
    assert found["complete"]
    assert found["operations"]["tested"] == found["operations"]["selected"]
    return found


def accepted(report: Mapping[str, Any]) -> set[str]:
    """The operations that answered something with a success."""
    rates = report["valid_rates"].items()
    return {name for name, phases in rates if any(phase["accepted"] for phase in phases.values())}


def test_of_the_example(tmp_path: Path) -> None:
    with ServingProcess(EXAMPLE) as server:
        report = run(server.url, tmp_path, "--checks", ",".join(CHECKS))
    assert report["operations"]["selected"] == 3


def test_of_a_package_with_every_kind_of_api(tmp_path: Path) -> None:
    with ServingProcess(write_package(tmp_path / "package", CONFIG, MODEL)) as server:
        report = run(server.url, tmp_path, "--checks", ",".join(CHECKS))
        strict = run(server.url, tmp_path, "--checks", "negative_data_rejection", "--exclude-path", "/measure")
    assert report["operations"]["selected"] == len(APIS) + 2
    assert accepted(report) >= {"POST /", "POST /classify", "GET /add", "GET /goodbye", "POST /count"}
    assert strict["operations"]["selected"] == len(APIS) + 1
