"""`-F`, `-d`, `-X` and the path → the request to send. Decides; sends nothing. InputError names all that is wrong."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hitless.errors import InputError, Problem
from hitless.serving.examples import Example, examples_of, form_body
from hitless.serving.package import Package
from hitless.spec.contract import JSON, MULTIPART, WITHOUT_BODY, Api


@dataclass(frozen=True)
class Flags:
    """What the user has given; None or empty where nothing. `path` may have a query."""

    path: str | None = None
    method: str | None = None
    form: Sequence[str] = ()
    data: str | None = None
    media_type: str | None = None

    def __post_init__(self) -> None:
        for text in (self.path, *self.form, self.data):
            if text is not None and any("\ud800" <= letter <= "\udfff" for letter in text):
                raise InputError([Problem("CALL-10", f"{text!a} is not UTF-8", "Send it from a file: @FILE.")])


@dataclass(frozen=True)
class Body:
    content_type: str
    data: bytes


@dataclass(frozen=True)
class Call:
    """One request. `path` may have a query; `origin` says where it comes from, where the user has not given it."""

    method: str
    path: str
    body: Body | None = None
    origin: str = ""


def call_of_server(flags: Flags) -> Call:
    """To a server of which nothing is known: POST with a body, else GET, as curl does."""
    body = _body(flags, JSON)
    return Call(_method(flags) or ("POST" if body is not None else "GET"), flags.path or "/", body)


def call_of_package(package: Package, flags: Flags) -> Call:
    """To a package: the flags, or without a body its first example (for this path and method, where they are given)."""
    path = f"/{flags.path.lstrip('/')}" if flags.path is not None else None
    method, target = _method(flags), path if path is not None else _first_path(package)
    if not flags.form and flags.data is None:
        for example in examples_of(package.folder, package.settings):
            if path in (None, example.url) and method in (None, example.method):
                return _call_of(example)
        return _without_body(_api(package, target, method, has_body=False), target, method)
    api = _api(package, target, method, has_body=True)
    declared = api.request.content_type if api is not None and api.request is not None else JSON
    body = _body(flags, JSON if declared == MULTIPART else declared)
    return Call(method or (api.method if api is not None else "POST"), target, body)


def _method(flags: Flags) -> str | None:
    given = flags.method
    if given is not None and not (given.isascii() and given.isalpha()):
        raise InputError([Problem("CALL-6", f"-X {given} is no method", "Write one like -X PUT.")])
    return given.upper() if given is not None else None


# To a package


def _call_of(example: Example) -> Call:
    path = f"{example.url}?{example.query}" if example.query else example.url
    body = Body(example.content_type, example.body) if example.content_type is not None else None
    return Call(example.method, path, body, "the first example for it in hitless.toml")


def _without_body(api: Api | None, path: str, method: str | None) -> Call:
    if api is not None and api.method not in WITHOUT_BODY and api.request is not None:
        raise InputError([_nothing_to_send(api)])
    return Call(method or (api.method if api is not None else "GET"), path)


def _first_path(package: Package) -> str:
    urls = [api.url for api in package.contract.apis]
    return urls[0] if urls and "/" not in urls else "/"


def _api(package: Package, path: str, method: str | None, *, has_body: bool) -> Api | None:
    """The contract's api that is meant: of its methods, the one that fits a body or its absence best."""
    here = [api for api in package.contract.apis if api.url == path.partition("?")[0] and method in (None, api.method)]
    return next((api for api in here if (api.method not in WITHOUT_BODY) is has_body), here[0] if here else None)


def _nothing_to_send(api: Api) -> Problem:
    remedy = f"Send one with {_flags_for(api)}, or write an [[example]] into hitless.toml."
    return Problem("CALL-5", f"there is no example for {api.method} {api.url}, and neither -F nor -d", remedy)


def _flags_for(api: Api) -> str:
    """Flags as they might be, with the names of the contract: `-F images=@FILE`."""
    properties = ((api.request.schema if api.request is not None else None) or {}).get("properties") or {}
    if api.request is not None and api.request.content_type == MULTIPART:
        files = {
            name for name, schema in properties.items() if isinstance(schema, dict) and schema.get("type") == "file"
        }
        return " ".join(f"-F {name}={'@FILE' if name in files else '…'}" for name in properties) or "-F name=@FILE"
    return "-d '{" + ", ".join(f'"{name}": …' for name in properties) + "}'"


# Bodies


def _body(flags: Flags, declared: str) -> Body | None:
    """The body that the flags give; None where there are none. `declared`: the media type of one piece, unless said."""
    if flags.form and flags.data is not None:
        remedy = "A form has fields only (-F), any other body is one piece (-d)."
        raise InputError([Problem("CALL-1", "both -F and -d are given", remedy)])
    if flags.form:
        return _form(flags.form)
    return _one_piece(flags.data, flags.media_type or declared) if flags.data is not None else None


def _form(form: Sequence[str]) -> Body:
    problems: list[Problem] = []
    fields: list[tuple[str, str | Path]] = []
    for field in form:
        name, equals, value = field.partition("=")
        if not equals or not name:
            problems.append(Problem("CALL-2", f"-F {field} is no field", "Write -F name=value, or -F name=@file."))
        elif value.startswith("@"):
            problems += _unreadable(Path(value[1:]))
            fields.append((name, Path(value[1:])))
        else:
            fields.append((name, value))
    if problems:
        raise InputError(problems)
    return Body(*form_body(fields))


def _unreadable(file: Path) -> list[Problem]:
    try:
        file.open("rb").close()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return [Problem("CALL-3", f"the file {str(file)!r} cannot be read: {reason}", "Check the path after the @.")]
    return []


def _one_piece(data: str, media_type: str) -> Body:
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", media_type, re.ASCII):
        raise InputError([Problem("CALL-9", f"--type {media_type} is no media type", "Write one like text/plain.")])
    content = _content(data)
    if media_type == JSON or media_type.endswith("+json"):
        _check_json(content)
    return Body(media_type, content)


def _content(data: str) -> bytes:
    if data == "@-":
        return sys.stdin.buffer.read()
    if not data.startswith("@"):
        return data.encode()
    problems = _unreadable(Path(data[1:]))
    if problems:
        raise InputError(problems)
    return Path(data[1:]).read_bytes()


def _check_json(content: bytes) -> None:
    try:
        json.loads(content)
    except (ValueError, RecursionError) as error:
        remedy = """Quote it for the shell, as in -d '{"x": [1, 2]}'; --type names another kind of body."""
        raise InputError([Problem("CALL-4", f"what -d gives is no JSON: {error}", remedy)]) from None
