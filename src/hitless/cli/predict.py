"""`hitless predict`: one request, to a package in this process or to a running server, and its answer."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from hitless.cli.answers import show
from hitless.cli.request_flags import body_of, call_of_package, call_of_server, media_type_of


def predict(
    subject: Annotated[
        str, typer.Argument(metavar="SUBJECT", help="A package's folder, or the address of a server.")
    ] = ".",
    path: Annotated[
        str | None, typer.Argument(metavar="URLPATH", help="The api, such as /explain; with ?x=1, a query.")
    ] = None,
    form: Annotated[
        list[str] | None,
        typer.Option("--form", "-F", metavar="NAME=VALUE", help="A field of a form; NAME=@FILE sends a file."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", "-d", metavar="JSON|@FILE", help="The body, or the file that it is in."),
    ] = None,
    media_type: Annotated[
        str | None,
        typer.Option("--type", metavar="TYPE", help="The media type of -d, where it is no JSON."),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            "--request", "-X", metavar="METHOD", help="The method; else it is the contract's, or POST with a body."
        ),
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The plain bytes, also on a terminal.")] = False,
    timed: Annotated[bool, typer.Option("--time", help="Say how long it took.")] = False,
) -> None:
    """Send one request to a package or to a running server, and print the answer.

    A folder is loaded here and called without a server; without -F and -d it gets
    the first example of its hitless.toml.

    On a terminal the answer is laid out; elsewhere its bytes are passed on as they are.

    \b
    Examples:
      hitless predict my-model                      the package's example
      hitless predict my-model -d '{"x": 3}'        JSON
      hitless predict my-model -F images=@7.jpg     a form with a file
      hitless predict my-model /explain -d @x.json  another api; body in a file
      hitless predict http://127.0.0.1:8080 -d 3    a running server
      hitless predict http://127.0.0.1:8080/health  without a body: GET

    \b
    Exit code:
      0  an answer of success (2xx)
      1  any other answer
      2  the package, a file or a flag is wrong
      3  no server could be reached
    """
    verb = method.upper() if method is not None else None
    if path is not None and not path.startswith("/"):
        path = f"/{path}"
    if subject.startswith(("http://", "https://")):
        code = _ask_server(subject, path, verb, (form or [], data, media_type), raw=raw, timed=timed)
    else:
        code = _ask_package(Path(subject), path, verb, (form or [], data, media_type), raw=raw, timed=timed)
    raise typer.Exit(code)


Flags = tuple[list[str], str | None, str | None]


def _ask_server(address: str, path: str | None, method: str | None, flags: Flags, *, raw: bool, timed: bool) -> int:
    from hitless.cli.over_http import call_server, url_of

    url = url_of(address, path)
    call = call_of_server(url.path, method, body_of(*flags))
    started = time.perf_counter()
    with call_server(url, call) as (answer, note):
        if note:
            _say(f"note: {note}")
        code = show(answer, raw=raw)
    if timed:
        _say(f"{call.method} {url}: {answer.status} in {_duration(time.perf_counter() - started)}")
    return code


def _ask_package(folder: Path, path: str | None, method: str | None, flags: Flags, *, raw: bool, timed: bool) -> int:
    from hitless.cli.in_process import call_package
    from hitless.serving.package import read_package

    logging.basicConfig(format="%(message)s", level=logging.WARNING)  # to standard error
    package = read_package(folder)
    form, data, media_type = flags
    body = body_of(form, data, media_type or media_type_of(package, path))
    call = call_of_package(package, path, method, body)
    if call.origin and sys.stderr.isatty():
        _say(f"{call.method} {call.path}, {call.origin}:")
    answer, loading_s, answering_s = call_package(package, call)
    code = show(answer, raw=raw)
    if timed:
        loaded = f"the model loaded in {_duration(loading_s)}"
        _say(f"{call.method} {call.path}: {answer.status} in {_duration(answering_s)}; {loaded}")
    return code


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
