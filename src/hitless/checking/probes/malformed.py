"""Requests that no client should send, and unusual ones that some do send, made from a good one. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jsonschema_rs

from hitless.checking.probes.bodies import Target, fields_of, form_request, json_request, raw_request
from hitless.checking.probes.generating import files_for, is_file
from hitless.checking.probes.pictures import SmallFile, drawn, grown
from hitless.checking.probes.request import Request
from hitless.checking.probes.values import conforming
from hitless.spec.contract import JSON, MULTIPART, WITHOUT_BODY, Api
from hitless.spec.dialect import to_json_schema

_OTHERS: tuple[Any, ...] = ("x", -7.5, None, [], {}, True)
_DEEP = 5_000
_HEADER = 64 << 10
_CHUNK = 16 << 10


@dataclass(frozen=True)
class Malformed:
    """`is_wrong`: by the contract or by the grammar, so that an answer 2xx is one to nothing; else the model
    decides."""

    name: str
    request: Request
    is_wrong: bool = True


@dataclass(frozen=True)
class Written(Request):
    """Sent exactly as it is written here, but for the Host header."""

    lines: tuple[str, ...] = ()
    payload: bytes = b""

    def head(self, host: str, *, close: bool = False) -> bytes:
        first, *others = self.lines
        lines = [first, f"Host: {host}", *others, *(["Connection: close"] if close else [])]
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + self.payload


def malformed(api: Api, to: Target, good: Request, seed: str) -> list[Malformed]:
    """Of one api. None of them is larger than some 64 KiB."""
    made = [*_of_any(to, good)]
    payload = api.request
    if payload is None or api.method in WITHOUT_BODY:
        return made
    made += [Malformed("an empty body", replace(good, body=b""), is_wrong=bool((payload.schema or {}).get("required")))]
    if payload.content_type == MULTIPART:
        made += _of_forms(payload.schema or {}, to, good, seed)
    elif payload.content_type == JSON:
        made += _of_json(payload.schema or {}, to, good, seed)
    return made


def _of_any(to: Target, good: Request) -> Iterator[Malformed]:
    lines = (f"{to.method} {to.path} HTTP/1.1", f"X-Long: {'a' * _HEADER}", *_headers(good))
    yield Malformed("a header of 64 KiB", Written(to.method, to.path, lines=lines, payload=good.body), is_wrong=False)


def _of_json(schema: Mapping[str, Any], to: Target, good: Request, seed: str) -> Iterator[Malformed]:
    body = good.body.rstrip()
    yield Malformed("JSON that breaks off", raw_request(to, body[: max(1, len(body) - 1)], JSON), len(body) > 1)
    yield Malformed("no JSON", raw_request(to, b"seven=7&{", JSON))
    yield Malformed("bytes that are no UTF-8", raw_request(to, b'{"a": "\xff\xfe"}', JSON))
    yield Malformed("JSON nested too deeply", raw_request(to, b"[" * _DEEP + b"]" * _DEEP, JSON), is_wrong=False)
    yield Malformed("another content type", raw_request(to, body, "text/plain"), is_wrong=False)
    yield from _against(schema, to, seed)


def _against(schema: Mapping[str, Any], to: Target, seed: str) -> Iterator[Malformed]:
    """What breaks the schema."""
    standard = to_json_schema(schema)
    value = next(conforming(standard, seed), None)
    if value is None:
        return
    validator = jsonschema_rs.validator_for(standard)
    for name, other in (("a required field is missing", _without(schema, value)), ("another type", _other(value))):
        wrong = next((one for one in other if not validator.is_valid(one)), None)
        if wrong is not None:
            yield Malformed(name, json_request(to, wrong))


def _without(schema: Mapping[str, Any], value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in schema.get("required", []):
            yield {key: part for key, part in value.items() if key != name}


def _other(value: Any) -> Iterator[Any]:
    for name in value if isinstance(value, dict) else ():
        yield from ({**value, name: other} for other in _OTHERS)
    yield from _OTHERS


def _of_forms(schema: Mapping[str, Any], to: Target, good: Request, seed: str) -> Iterator[Malformed]:
    kind = dict(good.headers)["Content-Type"]
    yield Malformed("a form that breaks off", raw_request(to, good.body[: len(good.body) // 2], kind))
    yield Malformed("a form without its boundary", raw_request(to, good.body, MULTIPART))
    yield Malformed("JSON instead of a form", json_request(to, {}), is_wrong=bool(schema.get("required")))
    value = next(conforming(to_json_schema(schema), seed), None)
    if not isinstance(value, dict):
        return
    files = files_for(schema, value, 0, seed)
    for name in schema.get("required", []):
        rest = {key: part for key, part in value.items() if key != name}
        yield Malformed("a required field is missing", form_request(to, fields_of(rest, files)))
        break
    if files:
        for name, data in (("a file of no kind", b"this is no picture"), ("an empty file", b"")):
            wrong = {key: replace(file, data=data) for key, file in files.items()}
            yield Malformed(name, form_request(to, fields_of(value, wrong)), is_wrong=False)


def http_1_0(good: Request) -> Request:
    """As old clients and some balancers' checks send it."""
    lines = (f"{good.method} {good.path} HTTP/1.0", *_headers(good))
    return _written(good, lines, good.body, good.curl.replace("curl ", "curl --http1.0 ", 1))


def chunked(good: Request) -> Request:
    """RFC 9112, 7.1."""
    pieces = [good.body[place : place + _CHUNK] for place in range(0, len(good.body), _CHUNK)]
    payload = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    lines = (
        f"{good.method} {good.path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in good.headers),
        "Transfer-Encoding: chunked",
    )
    return _written(good, lines, payload, good.curl.replace("curl ", "curl -H 'Transfer-Encoding: chunked' ", 1))


def expecting(good: Request) -> Request:
    """As curl sends what is larger than 1 MiB (RFC 9110, 10.1.1)."""
    curl = good.curl.replace("curl ", "curl -H 'Expect: 100-continue' ", 1)
    return replace(good, headers=(*good.headers, ("Expect", "100-continue")), curl=curl)


def enlarged(api: Api, to: Target, good: Request, size: int, seed: str) -> Request | None:
    """A request that conforms, with a body of `size` bytes: blanks behind JSON, a picture with chunks that readers
    skip. None where nobody knows how to make one."""
    payload = api.request
    if payload is None or api.method in WITHOUT_BODY or not good.body:
        return None
    if payload.content_type == JSON:
        return replace(good, body=good.body + b" " * (size - len(good.body)), curl="")
    if payload.content_type != MULTIPART:
        return None
    return _with_large_file(payload.schema or {}, to, size, seed)


def _with_large_file(schema: Mapping[str, Any], to: Target, size: int, seed: str) -> Request | None:
    value = next(conforming(to_json_schema(schema), seed), None)
    names = [name for name, part in schema.get("properties", {}).items() if isinstance(part, Mapping) and is_file(part)]
    if not isinstance(value, dict) or not names or names[0] not in value:
        return None
    digit = drawn(7, random.Random(seed))  # noqa: S311
    files = {name: SmallFile("seven.png", "image/png", digit) for name in names if name in value}
    around = len(form_request(to, fields_of(value, files)).body) - len(digit)
    files[names[0]] = SmallFile("seven.png", "image/png", grown(digit, size - around))
    return replace(form_request(to, fields_of(value, files)), curl="")


def _headers(good: Request) -> tuple[str, ...]:
    return (*(f"{name}: {value}" for name, value in good.headers), f"Content-Length: {len(good.body)}")


def _written(good: Request, lines: tuple[str, ...], payload: bytes, curl: str) -> Written:
    return Written(good.method, good.path, api=good.api, curl=curl, lines=lines, payload=payload)
