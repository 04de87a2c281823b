"""One worker process: event loop, model, connections. Carries out what the supervisor says.

The supervisor's side of the control socket says `Order`s, one byte each; this side says `Report`s, one JSON line each.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import os
import signal
import socket
import ssl
import sys
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NoReturn

import msgspec

from hitless.errors import InputError, Problem
from hitless.serving import logs
from hitless.serving.acceptor import Acceptor
from hitless.serving.board import Board, Cell, State
from hitless.serving.endpoints import Endpoint, bind, endpoint_name
from hitless.serving.exchange import Exchange
from hitless.serving.lifecycle import Phase
from hitless.serving.options import Options
from hitless.serving.package import Package, load_model
from hitless.serving.request import Rejected
from hitless.serving.routing import model_routes, routes_of
from hitless.serving.service import AccessLog, Service
from hitless.serving.warmup import warm_up

LINGER, RETIRE, DRAIN, STOP = b"L", b"R", b"D", b"S"  # orders

_SWEEPS_PER_LIMIT = 4
_SLOWEST_SWEEP_S = 0.5
_QUICKEST_SWEEP_S = 0.02
_LAST_WORDS_S = 1.0  # for clients to take their last answer


class Report(msgspec.Struct, omit_defaults=True):
    """What a worker tells its supervisor.

    `loaded_s`: the model is there, after so many seconds. `emptied`: nothing waits in the accept queue any more.
    """

    loaded_s: float | None = None
    emptied: bool = False
    problems: list[Problem] = []
    failed: str = ""  # a traceback of the model's own code


@dataclass(frozen=True)
class Place:
    """What a worker is given: everything that was made before the fork."""

    package: Package
    options: Options
    board: Board
    index: int
    listeners: Sequence[socket.socket]
    control: socket.socket
    tls: ssl.SSLContext | None
    log_form: str


def run(place: Place) -> NoReturn:
    """The life of a worker, in the child of a fork. Ends the process."""
    code = 70
    try:
        _prepare_process(place)
        with asyncio.Runner(loop_factory=_event_loop) as runner:
            code = runner.run(Worker(place).life())
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)  # a model's thread that never returns does not keep us


def _event_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _prepare_process(place: Place) -> None:
    for ignored in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)  # they are for the supervisor, also when the whole group gets them
    logs.set_up(place.log_form, place.options.log_level, f"worker {place.index}")
    logs.catch_prints()
    faulthandler.enable(file=2, all_threads=False)  # a crash in native code leaves its last words


class Worker:
    def __init__(self, place: Place) -> None:
        self._place = place
        self._options = place.options
        self._row = place.board.row(place.index)
        self._executor = ThreadPoolExecutor(place.options.threads, thread_name_prefix="model")
        self._alone = False  # the supervisor is gone

    async def life(self) -> int:
        """From start to exit; the process's exit code."""
        place, loop = self._place, asyncio.get_running_loop()
        self._loop = loop
        self._service = service = Service(place.options, loop, place.board, place.index, self._executor)
        self._row[Cell.PID] = os.getpid()
        self._row[Cell.STATE] = State.LOADING
        names = [endpoint_name(api) for api in place.package.contract.apis]
        self._model_routes = model_routes(service, names)
        service.routes = routes_of(service, place.package, self._model_routes)
        if place.options.access_log:
            service.access_log = _access_log(service)
        self._acceptor = Acceptor(service, place.index, place.listeners, place.tls)
        self._done: asyncio.Future[int] = loop.create_future()
        self._ending: asyncio.Task[None] | None = None
        loop.set_exception_handler(self._exception)
        place.control.setblocking(False)
        loop.add_reader(place.control, self._orders)
        self._tick_at = 0.0
        self._sweep()
        loading = loop.create_task(self._load())
        code = await self._done
        loading.cancel()
        return code

    # The model

    async def _load(self) -> None:
        started = time.perf_counter()
        try:
            endpoints = await self._loop.run_in_executor(self._executor, self._load_here)
        except InputError as error:
            self._tell(Report(problems=list(error.problems)))
            self._finish(2)
            return
        except asyncio.CancelledError:
            raise  # the server leaves, and nobody waits for this model
        except BaseException:
            self._tell(Report(failed=traceback.format_exc()))
            self._finish(1)
            return
        for route, endpoint in zip(self._model_routes, endpoints, strict=True):
            route.bind(endpoint)
        try:
            await warm_up(self._place.package, self._service)
        except Exception:
            self._service.log.exception("the warm-up failed")
        _settle_memory()
        if self._ending is None:
            self._row[Cell.STATE] = State.SERVING
            self._accept_or_not()  # at once: the one that this one replaces stops when it hears of it
        self._tell(Report(loaded_s=time.perf_counter() - started))

    def _load_here(self) -> list[Endpoint]:
        package = self._place.package
        model = load_model(package)
        return list(bind(package.contract, model, validation=self._options.validation, file=package.model_file))

    # The supervisor

    def _tell(self, report: Report) -> None:
        data = msgspec.json.encode(report) + b"\n"
        try:
            self._place.control.setblocking(True)
            self._place.control.sendall(data)
        except OSError:
            pass  # it is gone; `_orders` sees that, too
        finally:
            self._place.control.setblocking(False)

    def _orders(self) -> None:
        try:
            orders = self._place.control.recv(64)
        except BlockingIOError:
            return
        if not orders:  # the supervisor is gone: leave, finishing what was received
            self._loop.remove_reader(self._place.control)
            self._alone = True
            orders = DRAIN
        for order in orders:
            self._obey(bytes((order,)))

    def _obey(self, order: bytes) -> None:
        self._service.leaving = True
        if order == LINGER:
            return
        self._row[Cell.STATE] = State.LEAVING
        if order == STOP:
            self._give_up()
        elif self._ending is None or order == DRAIN:
            if self._ending is not None:
                self._ending.cancel()
            self._ending = self._loop.create_task(self._retire() if order == RETIRE else self._drain())
            self._ending.add_done_callback(self._ended)

    # The end

    def _ended(self, ending: asyncio.Task[None]) -> None:
        """A way out that fails is still a way out."""
        if not ending.cancelled() and ending.exception() is not None:
            self._service.log.error("leaving failed", exc_info=ending.exception())
            self._finish(70)

    async def _retire(self) -> None:
        """Another worker has taken over: pooled clients move over with the answer to their next request.

        Those that are silent may still use their connection; it has its idle time, as always (KEEP-1).
        """
        self._acceptor.stop()
        await self._until_closed(1.0 if self._options.reload else self._options.keep_alive_s)
        await self._drain()

    async def _drain(self) -> None:
        """Finish every request that was received (EXIT-3), then leave."""
        if self._alone or self._place.board.phase >= Phase.DRAINING:  # else others go on: what waits is theirs
            await self._acceptor.end()
            self._tell(Report(emptied=True))
        self._acceptor.close()
        quiet = 0
        while quiet < 3:  # look for work that has just come before closing what seems idle
            await asyncio.sleep(0.005)
            busy = self._acceptor.opening or any(not connection.idle for connection in self._service.connections)
            quiet = 0 if busy else quiet + 1
        for connection in list(self._service.connections):
            connection.close_idle()
        await self._until_closed(_LAST_WORDS_S)
        self._finish(0)

    def _give_up(self) -> None:
        """The deadline is near: what is still under way gets 503."""
        for connection in list(self._service.connections):
            connection.give_up(Rejected(503, "The server had to leave before the answer was ready."))
        self._loop.create_task(self._last_words())

    async def _last_words(self) -> None:
        await self._until_closed(_LAST_WORDS_S / 2)
        self._finish(0)

    async def _until_closed(self, seconds: float) -> None:
        until = self._loop.time() + seconds
        while self._service.connections and self._loop.time() < until:
            await asyncio.sleep(0.005)

    def _finish(self, code: int) -> None:
        if not self._done.done():
            self._done.set_result(code)

    # Time

    def _sweep(self) -> None:
        """Time limits of connections, published counters, the heartbeat. Runs as long as the worker does."""
        now = self._loop.time()
        self._loop.call_later(self._sweep_interval(), self._sweep)
        self._row[Cell.HEARTBEAT_NS] = time.monotonic_ns()
        self._row[Cell.QUEUED] = self._service.queued
        if now - self._tick_at >= 1:
            self._tick_at = now
            self._service.heads.tick()
        for connection in list(self._service.connections):
            connection.sweep(now)
        self._accept_or_not()

    def _sweep_interval(self) -> float:
        options = self._options
        limits = (options.keep_alive_s, options.head_timeout_s, options.body_timeout_s, options.request_timeout_s,
                  options.send_timeout_s)  # fmt: skip
        return min(max(min(limits) / _SWEEPS_PER_LIMIT, _QUICKEST_SWEEP_S), _SLOWEST_SWEEP_S)

    def _accept_or_not(self) -> None:
        """A worker without its model takes connections only while none has one."""
        if self._ending is not None:
            return
        board = self._place.board
        wanted = self._row[Cell.STATE] == State.SERVING or not (board.backed or board.serving())
        if wanted and not self._acceptor.accepting:
            self._acceptor.start()
        elif not wanted and self._acceptor.accepting:
            self._acceptor.stop()

    def _exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """Something failed in the background: said; if it was ours, this worker is to be replaced (HEALTH-1)."""
        error = context.get("exception")
        info = error if isinstance(error, BaseException) else None
        self._service.log.error("in the background: %s", context.get("message"), exc_info=info)
        if info is not None and _is_ours(info) and "protocol" not in context and self._ending is None:
            self._row[Cell.STATE] = State.FAULTY


def _settle_memory() -> None:
    """What loading left behind goes back to the system; what stays is no longer looked through by the collector."""
    gc.collect()
    gc.freeze()
    if "ctypes" in sys.modules:  # numpy has it; it is not worth its own memory
        with contextlib.suppress(AttributeError, OSError):  # another libc than glibc
            sys.modules["ctypes"].CDLL(None).malloc_trim(0)


def _is_ours(error: BaseException) -> bool:
    """Whether the callback that failed is one of the server's, not one of the model's."""
    trace = error.__traceback__
    while trace is not None and not trace.tb_frame.f_globals.get("__name__", "").startswith("hitless."):
        if not trace.tb_frame.f_globals.get("__name__", "").startswith(("asyncio", "uvloop")):
            return False
        trace = trace.tb_next
    return trace is not None


def _access_log(service: Service) -> AccessLog:
    def log(exchange: Exchange, status: int, seconds: float) -> None:
        fields = {
            "method": exchange.method.decode("latin-1"),
            "path": exchange.path.decode("latin-1"),
            "status": status,
            "ms": round(seconds * 1000, 2),
            "bytes": len(exchange.body),
        }
        service.log.info("request", extra={"fields": fields, "request_id": exchange.request_id.decode()})

    return log
