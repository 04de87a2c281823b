"""What is asked of an instance that is ready: the stage API. What it answers is recorded, and judged elsewhere."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from hitless.checking.events import Exchange, Failure
from hitless.checking.probes.generating import askable, cases, target
from hitless.checking.probes.instance import Running
from hitless.checking.probes.malformed import chunked, enlarged, expecting, http_1_0, malformed
from hitless.checking.probes.purposes import (
    ALIVE,
    CASE,
    CHUNKED,
    CONCURRENT,
    EXPECT,
    GOLDEN,
    HEALTH,
    HEALTH_LOAD,
    HTTP_1_0,
    LARGE,
    MALFORMED,
    OTHER_METHOD,
    OVER,
    SLOWLY,
    UNKNOWN_PATH,
)
from hitless.checking.probes.recorder import StageLog
from hitless.checking.probes.request import Request
from hitless.checking.probes.starting import health_request
from hitless.checking.starts import start_probe

AT_ONCE = 16
LASTS_S, MOST_ROUNDS = 1.0, 20  # each of them asks again for so long, and not more often
UNKNOWN = "/hitless-check/no-such-path"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH")
_PATIENCE_S, _QUICK_PATIENCE_S = 60.0, 5.0
_IMPATIENT_S = 15.0  # with what should be refused at once
_GAP_S = 0.05  # between two health checks under load


class Asking:
    """`broke_off`: why not all was asked; empty where it was."""

    def __init__(self, one: Running, log: StageLog) -> None:
        self.broke_off = ""
        self._one = one
        self._log = log
        self._contract = one.site.contract
        self._patience_s = _QUICK_PATIENCE_S if one.site.quick else _PATIENCE_S
        self._good: dict[int, Request] = {}  # api → a request that it answers
        self._usual: dict[int, int] = {}  # api → the status of that answer

    async def all(self) -> None:
        await self._health(HEALTH)
        await self._cases()
        for part in (self._manners, self._at_once, self._large, self._malformed):
            if self._one.has_exited:
                self.broke_off = "it ended while it was asked"
            if self.broke_off:
                return
            await part()
        if not self._one.has_exited and not self.broke_off:
            await self._health(HEALTH)

    async def _ask(self, request: Request, purpose: str, patience_s: float = 0.0, over_s: float = 0.0) -> Exchange:
        patience = min(patience_s or self._patience_s, self._patience_s)
        return await self._one.ask(request, purpose, patience, log=self._log, over_s=over_s)

    async def _health(self, purpose: str) -> None:
        probe = start_probe(self._contract)
        if probe is not None:
            patience, tls = float(probe.timeout_s), probe.protocol == "https"
            await self._one.ask(health_request(probe), purpose, patience, log=self._log, tls=tls, close=True)

    async def _cases(self) -> None:
        for golden in self._one.site.goldens:
            answer = await self._ask(golden, GOLDEN)
            self._learn(golden, answer)
            if self._one.has_exited:
                return
            if answer.failure is Failure.SILENT:
                break
        for number in askable(self._contract):
            for request in cases(self._contract, number, self._one.site.seed, 2 if self._one.site.quick else 4):
                self._learn(request, await self._ask(request, CASE))
                if self._one.has_exited:
                    return

    def _learn(self, request: Request, answer: Exchange) -> None:
        """The first with success is what later ones are compared with, else the first without an error of its own."""
        number, usual = request.api, self._usual.get(request.api if request.api is not None else -1, 0)
        if (
            number is None
            or not 0 < answer.status < 500
            or 200 <= usual < 300
            or (usual and not 200 <= answer.status < 300)
        ):
            return
        self._good[number], self._usual[number] = request, answer.status

    async def _manners(self) -> None:
        """Unknown paths, other methods, and forms of a request that some clients use."""
        await self._ask(
            Request("GET", UNKNOWN, curl=f"curl -i http://{{address}}{UNKNOWN}"), UNKNOWN_PATH, _IMPATIENT_S
        )
        used = {(api.url, api.method) for api in self._contract.apis}
        for url in dict.fromkeys(api.url for api in self._contract.apis):
            for method in METHODS:
                if (url, method) not in used:
                    curl = f"curl -i {'-I' if method == 'HEAD' else f'-X {method}'} http://{{address}}{url}"
                    await self._ask(Request(method, url, curl=curl), OTHER_METHOD, _IMPATIENT_S)
        for good in self._firsts():
            await self._ask(http_1_0(good), HTTP_1_0)
            if good.body:
                await self._ask(chunked(good), CHUNKED)
                await self._ask(expecting(good), EXPECT, over_s=0.3)
                await self._ask(good, SLOWLY, over_s=1.0)

    def _firsts(self) -> list[Request]:
        """A good request to the first api, if any."""
        return [self._good[number] for number in sorted(self._good)][:1]

    async def _at_once(self) -> None:
        for good in self._firsts():
            load = asyncio.gather(*(self._in_turn(good) for _ in range(AT_ONCE)))
            try:
                while not load.done() and start_probe(self._contract) is not None:
                    await asyncio.sleep(_GAP_S)
                    await self._health(HEALTH_LOAD)
                await load
            finally:
                load.cancel()

    async def _in_turn(self, good: Request) -> None:
        until = time.monotonic() + LASTS_S
        for _ in range(MOST_ROUNDS):
            await self._ask(good, CONCURRENT)
            if time.monotonic() > until:
                return

    async def _large(self) -> None:
        limit = self._one.site.profile.body_limit_bytes
        for number, good in sorted(self._good.items()):
            api, to = self._contract.apis[number], target(self._contract, number)
            for purpose, size in ((LARGE, limit), (OVER, 2 * limit)):
                if self._one.site.quick and purpose == OVER:
                    continue
                large = await asyncio.to_thread(enlarged, api, to, good, size, str(self._one.site.seed))
                if large is not None:
                    await self._ask(large, purpose, _IMPATIENT_S if purpose == OVER else 0.0)
                    await self._is_alive(number, purpose)
                if self.broke_off:
                    return

    async def _malformed(self) -> None:
        for number, good in sorted(self._good.items()):
            api, to = self._contract.apis[number], target(self._contract, number)
            for one in malformed(api, to, good, f"{self._one.site.seed}/{number}"):
                name = one.name if one.is_wrong else f"{one.name} (the model decides)"
                request = one.request if one.request.api is not None else replace(one.request, api=number)
                await self._ask(request, MALFORMED + name, _IMPATIENT_S)
                await self._is_alive(number, one.name)
                if self.broke_off:
                    return

    async def _is_alive(self, number: int, after: str) -> None:
        answer = await self._ask(self._good[number], ALIVE + after)
        if answer.status != self._usual[number]:
            self.broke_off = f"it did not answer any more as before after: {after}"
