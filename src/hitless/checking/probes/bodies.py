"""Values → bodies of requests, and the curl command that sends the same. Pure."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from hitless.checking.probes.pictures import SmallFile
from hitless.checking.probes.request import Request
from hitless.checking.verdict import excerpt

BOUNDARY = "hitless-check-7d1f0a52c3b84e96"
_SHOWN = 2000  # characters of a body in a command
_OURS = "hitless-"  # how the names of files begin that a command makes
_NAME = re.compile(r"[\w.\[\] -]+")


@dataclass(frozen=True)
class Field:
    """Of a form: a text or a file."""

    name: str
    value: str | SmallFile


@dataclass(frozen=True)
class Target:
    """Where a request goes. `scheme`: http or https."""

    method: str
    path: str
    api: int | None
    scheme: str = "http"


def json_request(to: Target, value: Any, content_type: str = "application/json") -> Request:
    text = json.dumps(value, ensure_ascii=False)
    return raw_request(to, text.encode(), content_type)


def raw_request(to: Target, body: bytes, content_type: str) -> Request:
    return Request(
        to.method, to.path, (("Content-Type", content_type),), body, to.api,
        curl=_curl(to, "-H", f"Content-Type: {content_type}", *_data(body)),
    )  # fmt: skip


def bare_request(to: Target, query: Mapping[str, Any] | None = None) -> Request:
    """Without a body; the values are in the query."""
    pairs = [(name, _text(value)) for name, value in (query or {}).items()]
    path = f"{to.path}?{urlencode(pairs, quote_via=quote)}" if pairs else to.path
    to = Target(to.method, path, to.api, to.scheme)
    return Request(to.method, path, api=to.api, curl=_curl(to))


def form_request(to: Target, fields: Sequence[Field]) -> Request:
    """multipart/form-data (RFC 7578). No command where a name would mean something else to curl."""
    body = b"".join(_part(field) for field in fields) + f"--{BOUNDARY}--\r\n".encode()
    content_type = f"multipart/form-data; boundary={BOUNDARY}"
    curl = _form_command(to, fields) if all(_NAME.fullmatch(field.name) for field in fields) else ""
    return Request(to.method, to.path, (("Content-Type", content_type),), body, to.api, curl=curl)


def _form_command(to: Target, fields: Sequence[Field]) -> str:
    """Small files are made first, under names that nobody else has."""
    files = [field.value for field in fields if isinstance(field.value, SmallFile)]
    prefix = _OURS if all(len(file.data) < _SHOWN for file in files) else ""
    made = [
        f"echo {base64.b64encode(file.data).decode()} | base64 -d > {shlex.quote(prefix + file.name)}"
        for file in (files if prefix else [])
    ]
    return " && ".join([*made, _curl(to, *(word for field in fields for word in _words(field, prefix)))])


def urlencoded_request(to: Target, values: Mapping[str, Any]) -> Request:
    body = urlencode([(name, _text(value)) for name, value in values.items()]).encode()
    return raw_request(to, body, "application/x-www-form-urlencoded")


def fields_of(values: Mapping[str, Any], files: Mapping[str, SmallFile]) -> list[Field]:
    """Of a form's value; what is a file is taken from `files`."""
    return [Field(name, files[name] if name in files else _text(value)) for name, value in values.items()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _part(field: Field) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{_quoted(field.name)}"'
    if isinstance(field.value, SmallFile):
        head += f'; filename="{_quoted(field.value.name)}"\r\nContent-Type: {field.value.media_type}'
        return f"{head}\r\n\r\n".encode() + field.value.data + b"\r\n"
    return f"{head}\r\n\r\n{field.value}\r\n".encode()


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _words(field: Field, prefix: str) -> tuple[str, str]:
    file = field.value
    if isinstance(file, SmallFile):
        named = f";filename={file.name}" if prefix else ""
        return "-F", f"{field.name}=@{prefix}{file.name}{named};type={file.media_type}"
    return "--form-string", f"{field.name}={file}"


def _data(body: bytes) -> list[str]:
    if not body:
        return []
    return ["--data-binary", excerpt(body.decode("utf-8", "replace"), _SHOWN)]


def _curl(to: Target, *words: str) -> str:
    command = ["curl", "-i" if to.scheme == "http" else "-ik", "-X", to.method, *words]
    return f"{shlex.join(command)} {shlex.quote(f'{to.scheme}://ADDRESS{to.path}').replace('ADDRESS', '{address}')}"
