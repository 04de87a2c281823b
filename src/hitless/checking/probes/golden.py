"""Requests that somebody gave, with the answers that they are to get: by flags, or as examples of a package. Pure."""

from __future__ import annotations

import json
import mimetypes
import re
import string
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from hitless.checking.examples import examples, file_of
from hitless.checking.probes.bodies import Field, Target, bare_request, form_request, json_request, raw_request
from hitless.checking.probes.generating import target
from hitless.checking.probes.pictures import SmallFile
from hitless.checking.probes.request import Request
from hitless.errors import InputError, Problem
from hitless.spec.contract import WITHOUT_BODY, Contract

Read = Callable[[str], bytes | None]  # a file of the package by its name; None where it is not there
MOST_SENT_BYTES = 16 << 20  # in files, by all examples of a package
_AS_IT_IS = string.punctuation  # of a url; the rest, blanks and ends of lines among it, is encoded
_NO_NAME = re.compile(r"[^\w.-]")


def golden_request(
    contract: Contract, path: str, content_type: str | None, body: bytes, expected: str | None = None, method: str = ""
) -> Request:
    """The given body for the api at `path` (which may have a query), as its bytes are. `expected`: JSON.

    InputError where no api is there, or what is expected is no JSON.
    """
    if expected is not None:
        _check(expected)
    to = _target(contract, path, method, has_body=content_type is not None)
    made = bare_request(to) if content_type is None else raw_request(to, body, content_type)
    return _given(made, expected)


def package_goldens(settings: bytes, read: Read, contract: Contract) -> tuple[Request, ...]:
    """Of the text of a hitless.toml: its examples. What is wrong with them is told by who reads packages: here such a
    one is left out, since the image may not even be one of ours; and so is what sends too much."""
    sent = 0

    def limited(name: str) -> bytes | None:
        nonlocal sent
        data = read(name)
        sent += len(data or b"")
        return data if sent <= MOST_SENT_BYTES else None

    made = (_example(entry, limited, contract) for entry in examples(settings))
    return tuple(one for one in made if one is not None)


def _example(entry: Mapping[str, Any], read: Read, contract: Contract) -> Request | None:
    has_body = "form" in entry or "json" in entry
    try:
        path = str(entry.get("url", "/")) + (f"?{entry['query']}" if entry.get("query") else "")
        to = _target(contract, path, str(entry.get("method", "")).upper(), has_body=has_body)
        to = replace(to, path=quote(to.path, _AS_IT_IS))
        if "form" in entry:
            made = form_request(to, [_field(name, value, read) for name, value in entry["form"].items()])
        else:
            made = json_request(to, entry["json"]) if has_body else bare_request(to)
        answer = entry.get("answer")
        return _given(made, json.dumps(answer) if answer is not None else None)
    except (InputError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return None


def _field(name: str, value: Any, read: Read) -> Field:
    file = file_of(value)
    if not file:
        return Field(name, value if isinstance(value, str) else json.dumps(value))
    data = read(file)
    if data is None:
        raise LookupError(file)
    kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
    plain = _NO_NAME.sub("_", PurePosixPath(file).name).lstrip(".-")
    return Field(name, SmallFile(plain or "file", kind, data))


def _target(contract: Contract, path: str, method: str, *, has_body: bool) -> Target:
    """Of the apis at that path, the one that fits a body, or its absence, best."""
    url = path.partition("?")[0]
    here = [
        number
        for number, api in enumerate(contract.apis)
        if f"/{api.url.lstrip('/')}" == f"/{url.lstrip('/')}" and method in ("", api.method)
    ]
    if not here:
        known = ", ".join(f"{api.method} {api.url}" for api in contract.apis) or "none"
        raise InputError(
            [Problem("CHK-40", f"config.json has no api at {f'{method} {url}'.lstrip()}", f"Its apis are: {known}.")]
        )
    best = next((n for n in here if (contract.apis[n].method not in WITHOUT_BODY) is has_body), here[0])
    found = target(contract, best)
    return Target(found.method, path if path.startswith("/") else f"/{path}", best, found.scheme)


def _check(expected: str) -> None:
    try:
        json.loads(expected)
    except (ValueError, RecursionError) as error:
        remedy = """Write the answer's JSON, quoted for the shell: '{"mnist_result": 7}'."""
        raise InputError([Problem("CHK-41", f"what is expected is no JSON: {error}", remedy)]) from None


def _given(made: Request, expected: str | None) -> Request:
    return Request(made.method, made.path, made.headers, made.body, made.api, expected, made.curl)
