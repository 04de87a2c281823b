"""An instance that is ready, and the one request of which a load is made: what it answers best."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hitless.checking.probes.generating import askable, cases
from hitless.checking.probes.instance import Running
from hitless.checking.probes.load import Target
from hitless.checking.probes.purposes import TRIED
from hitless.checking.probes.request import Request
from hitless.checking.probes.site import Site
from hitless.checking.probes.starting import health_request
from hitless.checking.starts import start_probe
from hitless.errors import UnavailableError
from hitless.spec.health import HTTP_SUCCESS

_MOST_TRIED = 12
_NOT_READY = "the service did not get ready"


def refuse_if_broken(site: Site) -> None:
    """UnavailableError where the first instance did not get ready: the others would not either, and take long."""
    if site.turn.failed:
        raise UnavailableError(_NOT_READY)


async def ready_target(site: Site, one: Running) -> Target:
    """The first request with success, else the first that is answered without an error of the server.

    UnavailableError where the instance does not get ready, or answers nothing so.
    """
    if not await one.ready():
        raise UnavailableError(_NOT_READY)
    answered: Request | None = None
    for request in _candidates(site):
        exchange = await one.ask(request, TRIED)
        if 200 <= exchange.status < 300:
            return Target(one.log, one.name, one.address, request, one.tls)
        if answered is None and 0 < exchange.status < 500:
            answered = request
    if answered is None:
        raise UnavailableError("no request that conforms to the contract is answered without an error")
    return Target(one.log, one.name, one.address, answered, one.tls)


def _candidates(site: Site) -> Iterator[Request]:
    yield from itertools.islice((*site.goldens, *_cases(site)), _MOST_TRIED)
    probe = start_probe(site.contract)
    if probe is not None:
        yield health_request(probe)


def _cases(site: Site) -> Iterator[Request]:
    for number in askable(site.contract):
        yield from cases(site.contract, number, site.seed, 2)


async def lightest(site: Site, one: Running, usual: Target) -> Target:
    """The health check where one is positive: an answer that costs nothing. Else the usual request."""
    probe = start_probe(site.contract)
    if probe is None or probe.protocol != site.contract.protocol:
        return usual
    exchange = await one.ask(health_request(probe), TRIED)
    if exchange.status not in HTTP_SUCCESS:
        return usual
    return Target(one.log, one.name, one.address, health_request(probe), one.tls)
