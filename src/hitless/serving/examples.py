"""Example requests of a package: `[[example]]` in hitless.toml. Reads them into bodies as a client would send them.

    [[example]]
    url = "/"                          # and method = "POST" by default
    form = { images = "@seven.jpg" }   # @ names a file of the package, as with curl; or: json = { … }, query = "a=1"
    answer = { mnist_result = 7 }      # optional

They warm the model up, are offered in the playground, and tell `hitless check` what to expect.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from hitless.errors import InputError, Problem

_KNOWN = {"url", "method", "form", "json", "query", "answer"}


@dataclass(frozen=True)
class Example:
    """One request, ready to send. `answer` is None where none is given."""

    method: str
    url: str
    query: str
    content_type: str | None
    body: bytes
    answer: Any


def examples_of(folder: Path, settings: Mapping[str, Any], file: str = "hitless.toml") -> list[Example]:
    """Every example; InputError with all that is wrong with them."""
    entries, problems, found = settings.get("example", []), [], []
    if not isinstance(entries, list):
        raise InputError([_problem(file, "example", "is to be an array of tables", "Write [[example]].")])
    for index, entry in enumerate(entries):
        place = f"example[{index}]"
        wrong = _fault(entry)
        if wrong is not None:
            remedy = "An example has the texts url, method, query; a table form, or json; and answer."
            problems.append(_problem(file, place, wrong, remedy))
            continue
        try:
            found.append(_example(folder, entry))
        except (OSError, ValueError, TypeError) as error:
            problems.append(_problem(file, place, str(error), 'form = { name = "@file" } names files of the package.'))
    if problems:
        raise InputError(problems)
    return found


def _fault(entry: Any) -> str | None:
    if not isinstance(entry, Mapping):
        return "is no table"
    surplus = set(entry) - _KNOWN
    if surplus:
        return f"has keys that no example has: {', '.join(sorted(surplus))}"
    for key in ("url", "method", "query"):
        if not isinstance(entry.get(key, ""), str):
            return f"{key} is no text"
    if not isinstance(entry.get("form", {}), Mapping):
        return "form is no table"
    return "has both form and json" if "form" in entry and "json" in entry else None


def _example(folder: Path, entry: Mapping[str, Any]) -> Example:
    content_type, body = None, b""
    if "form" in entry:
        content_type, body = form_body([(name, _field(folder, value)) for name, value in entry["form"].items()])
    elif "json" in entry:
        content_type, body = "application/json", msgspec.json.encode(entry["json"])
    method = entry.get("method", "POST").upper()
    return Example(method, entry.get("url", "/"), entry.get("query", ""), content_type, body, entry.get("answer"))


def _field(folder: Path, value: Any) -> str | Path:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return folder / text[1:] if text.startswith("@") else text


def form_body(fields: list[tuple[str, str | Path]]) -> tuple[str, bytes]:
    """Content type and body of a multipart form (RFC 7578); a Path is sent as a file (OSError: unreadable)."""
    boundary = "hitless-form-4cdb1a5e0c9f4f6e"
    pieces = []
    for name, value in fields:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
        if isinstance(value, Path):
            kind = mimetypes.guess_type(value.name)[0] or "application/octet-stream"
            head += f'; filename="{_quoted(value.name)}"\r\nContent-Type: {kind}'
            pieces.append(f"{head}\r\n\r\n".encode() + value.read_bytes())
        else:
            pieces.append(f"{head}\r\n\r\n{value}".encode())
    body = b"".join(piece + b"\r\n" for piece in pieces) + f"--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _problem(file: str, place: str, message: str, remedy: str) -> Problem:
    return Problem("PKG-6", message, remedy, file, path=place)
