"""`request` and `response` of an api: their media type as meant, and the schema of their body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from hitless.spec.contract import EVENT_STREAM, JSON, MULTIPART, Payload
from hitless.spec.jsonfaults import Path
from hitless.spec.jsontext import read_json
from hitless.spec.kinds import Kind, Weight
from hitless.spec.quoting import quoted
from hitless.spec.rules.schema import has_file, read_schema
from hitless.spec.section import WRONG_TYPE, Section, Shape, suggestion, type_name

Side = Literal["request", "response"]

LIKE = '{"Content-type": "application/json", "data": {"type": "object", "properties": {}}}'
SHAPES: Mapping[Side, Shape] = {
    side: Shape(f"a {side}", ("Content-type", "data"), like=LIKE) for side in ("request", "response")
}
MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
MISSPELT_TYPES: Mapping[str, str] = {
    "applicaton/json": JSON,
    "json": JSON,
    "multipart/formdata": MULTIPART,
    "multipart/from-data": MULTIPART,
}
JSON_ONLY_ENGINES = ("Spark_MLlib", "Scikit_Learn", "XGBoost")

MISSPELT = Kind(
    "CFG-407",
    Weight.FORGIVEN,
    "a Content-type that is written otherwise",
    "Published samples have `applicaton/json`. The specification has exactly application/json and "
    "multipart/form-data, in lower case and without parameters.",
    '{"apis": [{"request": {"Content-type": "applicaton/json"}}]}',
    '{"apis": [{"request": {"Content-type": "application/json"}}]}',
)
UNLISTED = Kind(
    "CFG-408",
    Weight.FORGIVEN,
    "a Content-type that is not documented",
    "Documented are application/json and multipart/form-data, and text/event-stream for replies of custom images. "
    "hitless serves any other type as it stands; the console shows no form for it.",
    '{"apis": [{"request": {"Content-type": "application/x-www-form-urlencoded"}}]}',
    '{"apis": [{"request": {"Content-type": "multipart/form-data"}}]}',
)
RESPONSE_MULTIPART = Kind(
    "CFG-409",
    Weight.FORGIVEN,
    "a response that is declared multipart, though it is JSON",
    "Published samples (object detection, classification, predictive analysis) have this slip. "
    "A reply whose schema holds no file is read as application/json.",
    '{"apis": [{"response": {"Content-type": "multipart/form-data", "data": {"type": "object", "properties": {}}}}]}',
    '{"apis": [{"response": {"Content-type": "application/json", "data": {"type": "object", "properties": {}}}}]}',
)
REQUEST_MULTIPART = Kind(
    "CFG-410",
    Weight.FORGIVEN,
    "a request that is declared multipart, though it is JSON",
    "The published example of a batch mapping has this slip. A form has files and texts; "
    "objects and lists without any file are read as application/json.",
    '{"apis": [{"request": {"Content-type": "multipart/form-data", '
    '"data": {"type": "object", "properties": {"data": {"type": "object"}}}}}]}',
    '{"apis": [{"request": {"Content-type": "application/json", '
    '"data": {"type": "object", "properties": {"data": {"type": "object"}}}}}]}',
)
WITHOUT_DATA = Kind(
    "CFG-411",
    Weight.FORGIVEN,
    "the schema stands directly in the request",
    "The schema belongs under `data`; the published example of a batch mapping of 2021 leaves it out.",
    '{"apis": [{"request": {"type": "object", "properties": {"x": {"type": "number"}}}}]}',
    '{"apis": [{"request": {"data": {"type": "object", "properties": {"x": {"type": "number"}}}}}]}',
)
NO_MEDIA_TYPE = Kind(
    "CFG-412",
    Weight.REFUSED,
    "a Content-type that is no media type",
    "A media type has two parts: application/json.",
    '{"apis": [{"request": {"Content-type": "form"}}]}',
    '{"apis": [{"request": {"Content-type": "multipart/form-data"}}]}',
)
JSON_ONLY = Kind(
    "CFG-413",
    Weight.REFUSED,
    "this engine takes JSON only",
    "Spark_MLlib, Scikit_Learn and XGBoost accept application/json requests only.",
    '{"model_type": "XGBoost", "apis": [{"request": {"Content-type": "multipart/form-data"}}]}',
    '{"model_type": "XGBoost", "apis": [{"request": {"Content-type": "application/json"}}]}',
    profile="intl-2023",
)
DATA_TEXT = Kind(
    "CFG-501",
    Weight.REFUSED,
    "`data` is a text that holds no JSON object",
    "`data` may be the schema itself or a text with the schema as JSON inside; this text is not JSON.",
    '{"apis": [{"request": {"data": "{type: object}"}}]}',
    '{"apis": [{"request": {"data": "{\\"type\\": \\"object\\"}"}}]}',
)


def read_payload(api: Section, side: Side, model_type: str | None) -> Payload | None:
    section = api.object(side, SHAPES[side])
    if section is None:
        return None
    content_type = _content_type(section, side)
    data, path = _data(section)
    content_type = _as_meant(section, side, content_type, data)
    if side == "request" and content_type == MULTIPART and model_type in JSON_ONLY_ENGINES:
        message = f"{model_type} takes application/json only"
        section.report(JSON_ONLY, message, 'Write "application/json".', key="Content-type")
    schema = None if data is None else read_schema(section.findings, data, path, form=content_type == MULTIPART)
    return Payload(content_type, schema, section.rest())


def _content_type(section: Section, side: Side) -> str:
    """The media type without parameters, misspellings mended."""
    written = section.text("Content-type", '"application/json"')
    if written is None:
        return JSON
    essence = written.partition(";")[0].strip().lower()
    meant = MISSPELT_TYPES.get(essence, essence)
    if not MEDIA_TYPE.fullmatch(meant):
        near = MULTIPART if "form" in meant else JSON
        section.report(NO_MEDIA_TYPE, f"{quoted(written)} is no media type", f'Write "{near}".', key="Content-type")
        return JSON
    if meant != written:
        section.report(
            MISSPELT, f"{quoted(written)} is read as {quoted(meant)}", f"Write {quoted(meant)}.", key="Content-type"
        )
    if meant not in (JSON, MULTIPART) and (side, meant) != ("response", EVENT_STREAM):
        near = suggestion(meant, (JSON, MULTIPART)) or (JSON if side == "response" else MULTIPART)
        section.report(
            UNLISTED, f"{quoted(meant)} is not documented", f'Write "{near}" if it is that.', key="Content-type"
        )
    return meant


def _data(section: Section) -> tuple[Mapping[str, Any] | None, Path]:
    """The schema as written, and where it stands."""
    path = section.at("data")
    value = section.take("data")
    if value is None and section.has("type") and (section.has("properties") or section.has("items")):
        remedy = f'Write "data": {{"type": …}} inside of {section.shape.title}.'
        section.report(WITHOUT_DATA, f'{section.shape.title} lacks "data" around its schema', remedy)
        return section.take_all(), section.path
    if isinstance(value, str):
        value = _decoded(section, value)
    elif value is not None and not isinstance(value, dict):
        message = f'"data" is {type_name(value)}, and should be an object'
        section.report(WRONG_TYPE, message, 'Write "data": {"type": "object", "properties": {}}.', key="data")
    return (value, path) if isinstance(value, dict) else (None, path)


def _decoded(section: Section, text: str) -> Any:
    document = read_json(text)
    if document.faults:
        line, column = document.line_column(document.faults[0].offset)
        message = f"the text of `data` is no JSON: line {line}, column {column}: {document.faults[0].message}"
        section.findings.add(DATA_TEXT, section.at("data"), message, document.faults[0].remedy)
    elif not isinstance(document.value, dict):
        message = f"the text of `data` holds {type_name(document.value)}, and should hold an object"
        section.findings.add(DATA_TEXT, section.at("data"), message, "Write the schema itself, without quotes.")
    else:
        return document.value
    return None


def _as_meant(section: Section, side: Side, content_type: str, data: Mapping[str, Any] | None) -> str:
    """Multipart that is declared where only JSON can be meant is JSON."""
    if content_type != MULTIPART or (data is not None and has_file(data)):
        return content_type
    if side == "response":
        kind, message = RESPONSE_MULTIPART, "the reply holds no file, and is read as application/json"
    elif _has_nested(data or {}):
        kind, message = (
            REQUEST_MULTIPART,
            "the request has objects or lists but no file, and is read as application/json",
        )
    else:
        return content_type
    section.report(kind, message, 'Write "application/json".', key="Content-type")
    return JSON


def _has_nested(data: Mapping[str, Any]) -> bool:
    properties = data.get("properties")
    if not isinstance(properties, dict):
        return False
    return any(isinstance(value, dict) and value.get("type") in ("object", "array") for value in properties.values())
