"""PID 1 of a server: listening sockets, workers, signals, restarts, reload. Loads no model and serves no request.

Carries out `lifecycle` (phases) and `restarts` (back-off). One thread, one selector, no event loop: so that it can
fork at any time, and so that nothing of a model can stop it.
"""

from __future__ import annotations

import contextlib
import gc
import heapq
import logging
import os
import selectors
import signal
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from itertools import count

from hitless.errors import HitlessError
from hitless.serving import lifecycle
from hitless.serving.board import Cell, State
from hitless.serving.child import Child, how_it_ended, preload, start
from hitless.serving.generation import Generation, check_same_address, mtimes
from hitless.serving.lifecycle import Event, Phase
from hitless.serving.listeners import begin_no_more
from hitless.serving.options import Options
from hitless.serving.package import Package, read_package
from hitless.serving.quiet import Quiet
from hitless.serving.traffic import TrafficLog
from hitless.serving.worker import DRAIN, LINGER, RETIRE, STOP, Place, Report

_TICK_S = 0.5
_MOST_RETIRING = 2  # versions that wait for their idle clients; memory for a model each
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Supervisor:
    def __init__(
        self,
        package: Package,
        options: Options,
        workers: int,
        listeners: Sequence[socket.socket],
        tls: ssl.SSLContext | None,
        log_form: str,
        on_ready: Callable[[float], None],
    ) -> None:
        self._options = options
        self._workers = workers
        self._listeners = list(listeners)
        self._tls = tls
        self._log_form = log_form
        self._on_ready = on_ready
        self._log = logging.getLogger("hitless")
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._sequence = count()
        self._phase = Phase.STARTING
        self._exit_code = 0
        self._started_at = time.monotonic()
        self._current = Generation.of(package, self._workers)
        self._older: list[Generation] = []  # leaving
        self._newer: Generation | None = None  # coming up
        self._has_rescued = False
        self._traffic_log = TrafficLog(options.traffic_log_s)
        self._files = mtimes(package.folder) if options.reload else {}

    def run(self) -> int:
        """Until everything has stopped; the exit code."""
        wakeup, wake = socket.socketpair()
        for end in (wakeup, wake):
            end.setblocking(False)
        for number in SIGNALS:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        self._selector.register(wakeup, selectors.EVENT_READ, lambda: self._signals(wakeup))
        self._own = (wakeup, wake)
        preload()
        gc.collect()
        gc.freeze()  # what is here now stays shared with the workers
        self._fill(self._current)
        self._tick()
        while self._phase is not Phase.STOPPED:
            self._turn()
        for generation in self._all():
            for child in generation.living():
                child.kill()
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # one more now would not change how this ends
        return self._exit_code

    def _turn(self) -> None:
        timeout = max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None
        for key, _ in self._selector.select(timeout):
            if self._selector.get_map().get(key.fd) is key:  # not closed by what came before it in this turn
                key.data()
        while self._timers and self._timers[0][0] <= time.monotonic():
            heapq.heappop(self._timers)[2]()

    def _after(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._sequence), do))

    def _signals(self, wakeup: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            for number in wakeup.recv(256):
                if number == signal.SIGTERM:
                    self._happens(Event.TERMINATE)
                elif number == signal.SIGINT:
                    self._happens(Event.INTERRUPT)
                elif number == signal.SIGHUP:
                    self._reload()
        self._reap()

    def _happens(self, event: Event) -> None:
        before, self._phase = self._phase, lifecycle.after(self._phase, event)
        if self._phase is before:
            return
        for generation in self._all():
            generation.board.phase = self._phase
        if self._phase is Phase.READY:
            self._on_ready(time.monotonic() - self._started_at)
            return
        self._log.info("%s: %s", event.value, self._phase.name.lower())
        if not before.leaving and self._phase.leaving:
            self._leave()
        if self._phase is Phase.LINGERING:
            self._order(LINGER)
            self._after(self._options.longest_linger_s, lambda: self._happens_if(Event.LINGER_OVER))
            if self._options.ends_when_quiet:
                quiet = Quiet(self._options.quiet_s, time.monotonic(), self._traffic()[0])
                self._after(_TICK_S, lambda: self._listen_for(quiet))
        elif self._phase is Phase.DRAINING:
            self._order(DRAIN)
            if sum(map(begin_no_more, self._listeners)) < len(self._listeners):
                self._close_listeners()  # held open, they would go on taking
            self._check_empty()

    def _close_listeners(self) -> None:
        """Nothing waits in the accept queue any more. Until then it outlives any worker (EXIT-3)."""
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()

    def _listen_for(self, quiet: Quiet) -> None:
        """`--linger quiet`: the linger ends once nobody asks any more."""
        if quiet.reached(time.monotonic(), *self._traffic()):
            self._happens_if(Event.LINGER_OVER)
        else:
            self._after(_TICK_S, lambda: self._listen_for(quiet))

    def _traffic(self) -> tuple[int, int]:
        answered, in_hand = zip(*(generation.traffic() for generation in self._all()), strict=True)
        return sum(answered), sum(in_hand)

    def _leave(self) -> None:
        """The deadline counts from the first signal (EXIT-4); shortly before it, what is left is told so."""
        deadline = self._options.deadline_s
        self._after(deadline - min(2.0, deadline * 0.1), lambda: self._order(STOP))
        self._after(deadline - min(0.5, deadline * 0.03), lambda: self._happens_if(Event.DEADLINE_HIT))
        if self._newer is not None:
            self._give_up_reload("the server is leaving")

    def _happens_if(self, event: Event) -> None:
        if event in lifecycle.events_of(self._phase):
            self._happens(event)

    def _order(self, order: bytes) -> None:
        for generation in self._all():
            for child in generation.living():
                child.order(order)

    def _all(self) -> list[Generation]:
        return [*self._older, self._current, *([self._newer] if self._newer is not None else [])]

    # Workers

    def _fill(self, generation: Generation) -> None:
        for index in range(self._workers):
            self._start(generation, index)

    def _start(self, generation: Generation, index: int) -> None:
        may_start = self._phase.accepting or (self._phase is Phase.DRAINING and self._listeners)
        if not may_start or generation.children[index] is not None:
            return
        if generation is not self._current and generation is not self._newer:
            return  # replaced while this worker waited for its return
        generation.board.clear_gauges(index)

        def place(control: socket.socket) -> Place:
            return Place(generation.package, self._options, generation.board, index, self._listeners, control,
                         self._tls, self._log_form)  # fmt: skip

        ours = [end.fileno() for end in self._own] + [self._selector.fileno()]
        ours += [fd for g in self._all() for c in g.living() for fd in (c.control.fileno(), c.stderr)]
        child = start(place, time.monotonic(), ours)
        generation.children[index] = child
        self._selector.register(child.control, selectors.EVENT_READ, lambda: self._hear(generation, index, child))
        self._selector.register(child.stderr, selectors.EVENT_READ, lambda: self._relay(index, child))
        if self._phase.leaving:
            child.order(LINGER if self._phase.accepting else DRAIN)

    def _hear(self, generation: Generation, index: int, child: Child) -> None:
        reports = child.reports()
        if not reports and child.control.fileno() in self._selector.get_map():
            with contextlib.suppress(BlockingIOError, ConnectionError):
                if not child.control.recv(1, socket.MSG_PEEK):
                    self._selector.unregister(child.control)  # it has ended, or is about to
        for report in reports:
            if report.emptied:
                self._close_listeners()
            elif report.loaded_s is not None:
                self._loaded(generation, index, child, report.loaded_s)
            else:
                self._load_failed(generation, report)

    def _relay(self, index: int, child: Child) -> None:
        for line in child.words():
            self._log.warning("%s", line, extra={"fields": {"worker": index}})
        if child.mute:
            with contextlib.suppress(KeyError):
                self._selector.unregister(child.stderr)

    def _loaded(self, generation: Generation, index: int, child: Child, seconds: float) -> None:
        child.loaded_at = time.monotonic()
        self._log.debug("worker %d has its model after %.2f s", index, seconds)
        generation.has_served = True
        if generation is self._newer:
            self._take_over(generation, index)
        elif all(child is not None and child.loaded_at is not None for child in generation.children):
            self._happens(Event.LOADED)

    def _load_failed(self, generation: Generation, report: Report) -> None:
        reason = "\n".join(str(problem) for problem in report.problems) or report.failed.rstrip()
        if generation is self._newer:
            self._give_up_reload(reason)
            return
        if report.failed:
            self._log.error("the model does not load:\n%s", reason)
        elif not generation.has_served and self._phase is not Phase.STOPPED:
            self._log.error("contract and code do not fit:\n%s", reason)
        if not generation.has_served:
            self._exit_code = 2
            self._happens(Event.LOAD_FAILED)

    def _reap(self) -> None:
        """Collect every child that ended: ours, and as PID 1 the orphans of others."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for generation in self._all():
                for index, child in enumerate(generation.children):
                    if child is not None and child.pid == pid:
                        self._ended(generation, index, child, status)

    def _ended(self, generation: Generation, index: int, child: Child, status: int) -> None:
        self._hear(generation, index, child)
        self._relay(index, child)
        for watched in (child.control, child.stderr):
            with contextlib.suppress(KeyError):
                self._selector.unregister(watched)
        child.close()
        generation.children[index] = None
        generation.board.clear_gauges(index)
        if generation in self._older and not generation.living():
            self._older.remove(generation)
        if generation is self._newer:
            self._give_up_reload(f"its worker died: {how_it_ended(status)}")
        elif self._phase.accepting and generation is self._current and not child.retired:
            self._bring_back(generation, index, child, status)
        elif self._nobody_has_emptied_the_queue() and not self._has_rescued:
            self._has_rescued = True
            self._start(self._current, index)
        self._check_empty()

    def _nobody_has_emptied_the_queue(self) -> bool:
        """The last worker died after the linger, and before it took what was waiting."""
        alone = not any(generation.living() for generation in self._all())
        return self._phase is Phase.DRAINING and bool(self._listeners) and alone

    def _bring_back(self, generation: Generation, index: int, child: Child, status: int) -> None:
        restarts = generation.restarts[index]
        wait = restarts.died()
        generation.board.count_restart()
        generation.board.crash_loop = any(record.crash_loop for record in generation.restarts)
        words = "".join(f"\n    {line}" for line in child.last_words)
        self._log.error(
            "worker %d died: %s; it is started again %s%s", index, how_it_ended(status),
            f"in {wait:g} s" if wait else "at once", f"\n  its last words:{words}" if words else "",
        )  # fmt: skip
        self._after(wait, lambda: self._start(generation, index))

    def _check_empty(self) -> None:
        if self._phase is Phase.DRAINING and not any(generation.living() for generation in self._all()):
            self._happens(Event.LAST_REPLY_SENT)

    def _tick(self) -> None:
        """Twice a second: workers that stand still, records that have aged, files that have changed."""
        self._after(_TICK_S, self._tick)
        now_ns, now = time.monotonic_ns(), time.monotonic()
        board = self._current.board
        for index, child in enumerate(self._current.children):
            if child is None:
                continue
            if child.loaded_at is not None:
                self._current.restarts[index].served(now - child.loaded_at)
            beat = board.row(index)[Cell.HEARTBEAT_NS]
            if beat and now_ns - beat > self._options.stall_timeout_s * 1e9 and self._phase.accepting:
                self._log.error("worker %d has stood still for %.0f s: it is replaced", index, (now_ns - beat) / 1e9)
                child.kill()
            elif board.row(index)[Cell.STATE] == State.FAULTY:
                self._log.error("worker %d has lost a part of itself: it is replaced", index)
                self._renew(child)
        board.crash_loop = any(record.crash_loop for record in self._current.restarts)
        if line := self._traffic_log.line(self._traffic()[0], now):
            self._log.info(line)
        if self._options.reload and self._phase is Phase.READY:
            self._watch()

    def _renew(self, faulty: Child) -> None:
        """Replace a worker that still runs: a whole generation comes up beside this one, as in a reload."""
        if self._newer is None and not self._current.renewed and self._phase is Phase.READY:
            self._current.renewed = True
            self._reload()
        elif self._newer is None:
            faulty.order(DRAIN)

    # Reload

    def _watch(self) -> None:
        files = mtimes(self._current.package.folder)
        if files != self._files:
            self._files = files
            self._log.info("a file of the package has changed")
            self._reload()

    def _reload(self) -> None:
        """A new version of the package comes up beside the old one and takes over, worker by worker."""
        if self._phase is not Phase.READY:
            self._current.board.count_reload(serves=False)
            self._log.warning("no reload while %s", self._phase.name.lower())
            return
        if self._newer is not None:
            self._give_up_reload("a newer one is asked for")
        try:
            package = read_package(self._current.package.folder)
            check_same_address(self._current.package, package)
        except HitlessError as error:
            self._current.board.count_reload(serves=False)
            self._log.error("the new version is not loaded, the old one goes on:\n%s", error)
            return
        self._newer = Generation.of(package, self._workers)
        self._newer.board.phase = self._phase
        self._newer.board.backed = True
        self._start(self._newer, 0)  # one after the other: memory for one model more, not for all

    def _take_over(self, newer: Generation, index: int) -> None:
        old = self._current.children[index]
        if old is not None:
            old.retired = True
            old.order(RETIRE)
        if index + 1 < self._workers:
            self._start(newer, index + 1)
            return
        newer.board.backed = False
        newer.board.continue_from(self._current.board)
        newer.board.count_reload(serves=True)
        self._older.append(self._current)
        self._current, self._newer = newer, None
        for oldest in self._older[:-_MOST_RETIRING]:
            for child in oldest.living():
                child.order(DRAIN)
        self._log.info("reloaded: the new version serves")

    def _give_up_reload(self, reason: str) -> None:
        newer, self._newer = self._newer, None
        if newer is None:
            return
        self._current.board.count_reload(serves=False)
        self._log.error("the new version is not loaded, the old one goes on: %s", reason)
        if newer.living():
            self._older.append(newer)
        for child in newer.living():
            child.retired = True
            if child.loaded_at is None:
                child.kill()
            else:  # it has taken over, and has requests in hand
                child.order(RETIRE)
        for index, old in enumerate(self._current.children):
            if old is not None and old.retired:  # it has already begun to leave
                self._current.children[index] = None
                self._older.append(Generation(self._current.package, self._current.board, [old]))
                self._start(self._current, index)
