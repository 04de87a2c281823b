"""Asking an instance that starts until it listens, its health check is positive and its first api answers.

The health check is asked as declared, only more often than the platform does, so that the moment is known; the api is
asked the moment the check is positive, since from then on it gets traffic.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from hitless.checking.events import Exchange
from hitless.checking.probes import client
from hitless.checking.probes.generating import first_case
from hitless.checking.probes.purposes import ANSWERING, HEALTHY, LISTENING, READY, START_API, START_HEALTH
from hitless.checking.probes.request import Request
from hitless.checking.starts import start_probe
from hitless.spec.health import HTTP_SUCCESS, Probe

if TYPE_CHECKING:
    from hitless.checking.probes.instance import Running

_SOON_S, _QUICKLY_S, _THEN_S = 10.0, 0.2, 1.0
_LOADING = (502, 503, 504)  # what says: not yet
_BROKEN_FOR_S = 10.0  # other errors count as not yet for so long, and so does a health check that is not there
_API_PATIENCE_S = 60.0


def health_request(probe: Probe) -> Request:
    path = probe.url or "/"
    path = path if path.startswith("/") else f"/{path}"
    return Request("GET", path, curl=f"curl -i {probe.protocol}://{{address}}{path}")


class Starting:
    """One start. `until`: of the monotonic clock."""

    def __init__(self, one: Running, until: float) -> None:
        self._one = one
        self._until = until
        self._probe = start_probe(one.site.contract)
        self._request = first_case(one.site.contract, one.site.seed, one.site.goldens)
        self._seen: dict[str, float] = {}

    async def over(self) -> bool:
        """Whether its api answers."""
        while not self._one.has_exited and time.monotonic() < self._until:
            if await self._looked():
                self._note(READY)
                return True
            passed = time.monotonic() - self._one.began
            await self._one.exited(_QUICKLY_S if passed < _SOON_S else _THEN_S)
        if not self._one.has_exited and LISTENING in self._seen and ANSWERING not in self._seen:
            await self._answers(is_last=True)
        return ANSWERING in self._seen

    async def _looked(self) -> bool:
        if LISTENING not in self._seen and not await self._listens():
            return False
        if self._probe is not None and HEALTHY not in self._seen:
            await self._is_healthy(self._probe)
        if self._probe is not None and HEALTHY not in self._seen and self._since(LISTENING) < _BROKEN_FOR_S:
            return False
        if ANSWERING not in self._seen:
            await self._answers()
        is_healthy = self._probe is None or HEALTHY in self._seen
        return ANSWERING in self._seen and (is_healthy or self._has_no_check())

    async def _listens(self) -> bool:
        try:
            wire = await client.connect(self._one.address, within_s=1.0)
        except OSError:
            return False
        await asyncio.sleep(0.05)  # what forwards a port accepts first, and ends it when nobody listens behind
        lost = wire.is_lost
        wire.close()
        if not lost:
            self._note(LISTENING)
        return not lost

    async def _is_healthy(self, probe: Probe) -> None:
        patience = max(1.0, min(float(probe.timeout_s), self._until - time.monotonic()))
        answer = await client.ask(
            self._one.address, health_request(probe), patience, tls=probe.protocol == "https", close=True
        )
        self._last = self._one.record(answer, health_request(probe), START_HEALTH)
        if self._last.status in HTTP_SUCCESS:
            self._note(HEALTHY)

    async def _answers(self, *, is_last: bool = False) -> None:
        if self._request is None:
            self._note(ANSWERING)  # nothing can be asked of it
            return
        patience = max(2.0, min(_API_PATIENCE_S, self._until - time.monotonic()))
        seen = await self._one.ask(self._request, START_API, patience)
        if _is_answer(seen, is_patient=not is_last and self._since(LISTENING) < _BROKEN_FOR_S):
            self._note(ANSWERING)

    def _has_no_check(self) -> bool:
        """The api answers and the health check is still not there: it will not come."""
        return 400 <= self._last.status < 500 and self._since(ANSWERING) >= _BROKEN_FOR_S

    def _note(self, what: str) -> None:
        self._seen[what] = time.monotonic()
        self._one.note(what, self._one.name)

    def _since(self, what: str) -> float:
        return time.monotonic() - self._seen.get(what, time.monotonic())


def _is_answer(seen: Exchange, *, is_patient: bool) -> bool:
    """Whether it is up, whatever it thinks of the request. Who is patient takes any error as: not yet."""
    if seen.status < 500:
        return seen.status > 0
    return seen.status not in _LOADING and not is_patient
