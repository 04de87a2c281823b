"""One request to a package in this process, without a socket. Loads the model; shows nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from hitless.cli.incoming import CutOffError, Incoming, essence, told_when_slow
from hitless.cli.request_flags import Call
from hitless.serving import local
from hitless.serving.options import Options, resolve
from hitless.serving.package import Package


def call_package(package: Package, call: Call) -> tuple[Incoming, float]:
    """The answer, and the seconds that loading the model took. InputError as `local.opened` raises it;
    the traceback of a model that does not load goes to standard error.
    """
    with contextlib.redirect_stdout(sys.stderr):  # what the model prints is not the answer
        try:
            answer, loading_s, answering_s = asyncio.run(_call(package, call))
        except local.LoadError as error:
            print(own_traceback(error.raised, package.folder), file=sys.stderr)
            raise
    incoming = Incoming(answer.status, essence(answer.content_type), _pieces(answer), lambda: answering_s)
    return incoming, loading_s


async def _call(package: Package, call: Call) -> tuple[local.Answer, float, float]:
    async with contextlib.AsyncExitStack() as stack:
        started = time.perf_counter()
        with told_when_slow("loading the model"):
            service = await stack.enter_async_context(local.opened(package, _options(package)))
        loaded = time.perf_counter()
        path, _, query = call.path.partition("?")
        content_type, data = (call.body.content_type, call.body.data) if call.body is not None else (None, b"")
        with told_when_slow("waiting for the answer"):
            answer = await local.call(service, call.method, path, query=query, content_type=content_type, body=data)
        return answer, loaded - started, time.perf_counter() - loaded


def own_traceback(error: BaseException, folder: Path) -> str:
    """The traceback without the frames that led into the package's code."""
    trace = error.__traceback__
    while trace is not None and not Path(trace.tb_frame.f_code.co_filename).is_relative_to(folder.resolve()):
        trace = trace.tb_next
    if trace is None and isinstance(error, SyntaxError):  # its message says where
        return "".join(traceback.format_exception_only(error))
    return "".join(traceback.format_exception(type(error), error, trace or error.__traceback__))


def _options(package: Package) -> Options:
    """As `hitless serve` has them."""
    file = str(package.folder / "hitless.toml")
    return resolve({}, os.environ, package.serve_settings, table_file=file).options


def _pieces(answer: local.Answer) -> Iterator[bytes]:
    yield answer.body
    if not answer.complete:
        raise CutOffError("the model failed in the middle of its answer")
