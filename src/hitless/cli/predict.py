"""`hitless predict`: one request, to a package in this process or to a running server, and its answer."""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from hitless.cli.answers import show
from hitless.cli.request_flags import Flags, call_of_package, call_of_server
from hitless.errors import InputError, Problem


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
    flags = Flags(path, method, form or [], data, media_type)
    if "://" in subject:
        code = _ask_server(subject, flags, raw=raw, timed=timed)
    else:
        code = _ask_package(Path(subject), flags, raw=raw, timed=timed)
    raise typer.Exit(code)


def _ask_server(address: str, flags: Flags, *, raw: bool, timed: bool) -> int:
    from hitless.cli.over_http import call_server, url_of, without_password

    url = url_of(address, flags.path)
    call = call_of_server(flags)
    with call_server(url, call) as (answer, note):
        if note:
            _say(f"note: {note}")
        code = show(answer, raw=raw)
    if call.body is None and answer.status in (302, 405):
        _say("-F NAME=VALUE or -d JSON would send a body.")
    if timed:
        _say(f"{call.method} {without_password(url)}: {answer.status} in {_duration(answer.seconds())}")
    return code


def _ask_package(folder: Path, flags: Flags, *, raw: bool, timed: bool) -> int:
    from hitless.cli.in_process import call_package
    from hitless.serving.package import read_package

    logging.basicConfig(format="%(message)s", level=logging.WARNING)  # to standard error
    _check_folder(folder)
    package = read_package(folder)
    call = call_of_package(package, flags)
    if call.origin and sys.stderr.isatty():
        _say(f"{call.method} {call.path}, {call.origin}:")
    answer, loading_s = call_package(package, call)
    code = show(answer, raw=raw)
    if timed:
        loaded = f"the model loaded in {_duration(loading_s)}"
        _say(f"{call.method} {call.path}: {answer.status} in {_duration(answer.seconds())}; {loaded}")
    return code


def _check_folder(folder: Path) -> None:
    """An address without its scheme looks like a folder."""
    if not folder.exists() and re.match(r"[\w.-]+:\d+(/|$)|localhost\b", str(folder)):
        raise InputError([Problem("CALL-8", f"there is no folder {folder}", f"A server? Write http://{folder}.")])


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
