"""The health check, asked as the platform asks it: HL651 to HL655 (HEALTH-1, HEALTH-2). Each fault fails one rule.

| what the health check does                                    | fails |
|---------------------------------------------------------------|-------|
| is not positive, as declared, when the api answers            | HL651 |
| is positive before the api answers                            | HL652 |
| does not answer in time while requests are answered           | HL653 |
| is positive once, and not any more while the api answers      | HL655 |
"""

from __future__ import annotations

import json

from hitless.checking import again
from hitless.checking.asked import answers, asked, is_broken, is_good, why_unasked
from hitless.checking.events import Exchange, Stage
from hitless.checking.probes.purposes import (
    CASE,
    CONCURRENT,
    GOLDEN,
    HEALTH,
    HEALTH_LOAD,
    START_API,
    START_HEALTH,
    TRACE,
)
from hitless.checking.rule import ALL, Level, Purpose, Seen, rule
from hitless.checking.starts import allowed_s, first_start, incomplete, shown, start_probe
from hitless.checking.verdict import Verdict, excerpt, failed, not_applicable, passed, unproven
from hitless.spec.health import HTTP_SUCCESS

_SERVED = frozenset({Purpose.REALTIME, Purpose.HITLESS})
_GONE_S = 9.5  # a check that is refused for so long while the api answers will not come
_EXAMPLE = {"health": "true"}


def _without(seen: Seen) -> Verdict | None:
    """The answer of all these rules where there is no check that can be asked."""
    if start_probe(seen.contract) is not None:
        return None
    if seen.contract.probes:
        return unproven("its health check is a command, and nothing is executed in the subject")
    return not_applicable("no health check is declared")


def _in_start(seen: Seen, *purposes: str) -> list[Exchange]:
    return [one for one in seen.all(Exchange, Stage.START) if one.purpose in purposes]


def _actual(one: Exchange) -> str:
    return str(one.status) if one.status else f"no answer: {one.failure.value if one.failure else one.detail}"


@rule(
    "HL651", "HEALTH-1", Level.MUST, Stage.START,
    purposes=_SERVED,
    fix="""
    @app.get("/health")
    def health(): return {"health": "true"}
    "health": {"check_method": "HTTP", "protocol": "http", "url": "/health", …}
    """,
    bad="""
    "health": {"url": "/healthz", …}         # and the image serves /health
    """,
    good="""
    "health": {"url": "/health", …}
    """,
)  # fmt: skip
def is_healthy_when_ready(seen: Seen) -> Verdict:
    """The health check that config.json declares is positive once the service is ready.

    It is asked as declared: url, protocol, on the port of the service, 200 to 399 being success. A check that the image
    does not implement fails the deployment.
    """
    if (without := _without(seen)) is not None:
        return without
    one = first_start(seen.record, Stage.START)
    if one.healthy_s is not None:
        return passed(f"it was positive {one.healthy_s:.1f} s after the start")
    if not one.is_ready:
        return not_applicable("the service did not get ready (HL501 to HL504)")
    checks = _in_start(seen, START_HEALTH)
    if not checks:
        return unproven("it was not asked")
    last = checks[-1]
    allowed = allowed_s(seen.contract, seen.profile.deploy_timeout_s)
    if one.answering_s is not None and one.answering_s > allowed:
        return not_applicable("its api answers only when the time to start is over (HL504)")
    is_refused = 400 <= last.status < 500 and last.at_s - checks[0].at_s >= _GONE_S
    if not is_refused and last.at_s - checks[0].at_s < allowed - 10:
        return unproven(f"it was asked for {last.at_s - checks[0].at_s:.0f} s, of {allowed:.0f} s that it may take")
    return failed(
        "the api answers, and the health check is not positive",
        shown(last),
        expected="200 to 399",
        actual=_actual(last),
        reproduce=again.answered(seen, last),
    )


@rule(
    "HL652", "HEALTH-1", Level.MUST, Stage.START, Stage.API,
    purposes=_SERVED,
    fix="""
    @app.get("/health")
    def health(): return ({"health": "true"}, 200) if model.is_loaded else ({"health": "false"}, 503)
    """,
    bad="""
    def health(): return {"health": "true"}          # while the model still loads
    """,
    good="""
    def health(): return ({"health": "true"}, 200) if model.is_loaded else ({"health": "false"}, 503)
    """,
)  # fmt: skip
def is_not_healthy_before_it_is_ready(seen: Seen) -> Verdict:
    """The health check fails until the api answers.

    From its first success on, the instance gets requests, and in an upgrade an old one is ended for it. A check that is
    positive while the model still loads loses those requests.
    """
    if (without := _without(seen)) is not None:
        return without
    healthy = next((one for one in _in_start(seen, START_HEALTH) if one.status in HTTP_SUCCESS), None)
    if healthy is None:
        return not_applicable("it was never positive (HL651)")
    after = [one for one in _in_start(seen, START_API) if one.at_s >= healthy.at_s]
    early = next((one for one in after if is_broken(one)), None)
    if early is None:
        return passed("the api answered as soon as it was positive", *map(shown, after[:1]))
    later = [one for one in (*after, *_in_start(seen, TRACE), *asked(seen, CASE, GOLDEN)) if one.at_s > early.at_s]
    good = next(filter(is_good, later), None)
    if good is None:
        return not_applicable("the api fails also later (HL504, HL601)")
    return failed(
        f"it was positive {good.at_s - healthy.at_s:.1f} s before the api answered",
        shown(healthy),
        shown(early),
        shown(good),
        expected="no success before the api answers",
        actual=f"success, and then {_actual(early)} by the api",
        reproduce=again.answered(seen, healthy),
    )


@rule(
    "HL653", "HEALTH-1", Level.MUST, Stage.START, Stage.API,
    purposes=_SERVED,
    fix="""
    gunicorn --worker-class gthread --threads 16 app:app      # a check does not wait behind the model
    """,
    bad="""
    async def predict(): return model(image)      # the loop stands still meanwhile, and the check with it
    """,
    good="""
    def predict(): return model(image)            # FastAPI: in a thread
    """,
)  # fmt: skip
def is_healthy_under_load(seen: Seen) -> Verdict:
    """The health check answers within its timeout while the api is busy.

    A check that waits behind a slow model fails when the service is needed most, and the platform takes the instance
    out of its routes.
    """
    if (without := _without(seen)) is not None:
        return without
    checks, load = asked(seen, HEALTH_LOAD), asked(seen, CONCURRENT)
    if not checks or not load:
        return unproven(why_unasked(seen)) if answers(seen) else not_applicable("its api does not answer (HL601)")
    if first_start(seen.record, Stage.START).healthy_s is None:
        return not_applicable("it was never positive (HL651)")
    if any(one.purpose == HEALTH and one.status not in HTTP_SUCCESS for one in asked(seen, HEALTH)):
        return not_applicable("it fails without load, too (HL655)")
    bad = [one for one in checks if one.status not in HTTP_SUCCESS]
    if not bad:
        slowest = max(one.until_s - one.at_s for one in checks)
        return passed(f"{len(checks)} checks under load were positive, the slowest after {slowest:.2f} s")
    if any(map(is_broken, load)):
        return not_applicable("the api fails under load, too (HL612)")
    return failed(
        f"{len(bad)} of {len(checks)} checks failed while the api was busy",
        shown(bad[0]),
        expected="success within the check's timeout",
        actual=_actual(bad[0]),
        reproduce=again.answered(seen, bad[0]),
    )


@rule(
    "HL654", "HEALTH-2", Level.INFO, Stage.START,
    purposes=ALL,
    fix="""
    return {"health": "true"}        # the word is a string
    """,
    bad="""
    {"health": true}
    """,
    good="""
    {"health": "true"}
    """,
)  # fmt: skip
def answers_as_the_example(seen: Seen) -> Verdict:
    """The answer of the health check is that of the specification's example.

    Only the status counts. Who answers with a field `health`, though, should answer with the example's string.
    """
    if (without := _without(seen)) is not None:
        return without
    healthy = next((one for one in _in_start(seen, START_HEALTH) if one.status in HTTP_SUCCESS), None)
    if healthy is None:
        return not_applicable("it was never positive (HL651)")
    try:
        value = json.loads(healthy.body)
    except (ValueError, RecursionError):
        return not_applicable("its answer is no JSON, and need not be")
    if value == _EXAMPLE:
        return passed('it is {"health": "true"}')
    if not isinstance(value, dict) or "health" not in value:
        return not_applicable("its answer has no field `health`, and need not have one")
    return failed(
        "its field `health` is not the example's",
        shown(healthy),
        expected='{"health": "true"}',
        actual=excerpt(healthy.body, 200),
        reproduce=again.answered(seen, healthy),
    )


@rule(
    "HL655", "HEALTH-1", Level.MUST, Stage.START, Stage.API,
    purposes=_SERVED,
    fix="""
    def health(): return ({"health": "true"}, 200) if model.is_loaded else ({"health": "false"}, 503)
    """,
    bad="""
    def health(): return next(states)             # a state that changes by being asked
    """,
    good="""
    def health(): return ({"health": "true"}, 200) if model.is_loaded else ({"health": "false"}, 503)
    """,
)  # fmt: skip
def stays_healthy(seen: Seen) -> Verdict:
    """The health check stays positive while the api answers.

    A check that fails now and then, or after somebody sent a malformed request, takes a good instance out of the routes
    and raises alarms.
    """
    if (without := _without(seen)) is not None:
        return without
    if first_start(seen.record, Stage.START).healthy_s is None:
        return not_applicable("it was never positive (HL651)")
    checks = asked(seen, HEALTH)
    checks = [one for one in checks if one.purpose == HEALTH]
    bad = next((one for one in checks if one.status not in HTTP_SUCCESS), None)
    if bad is not None and answers(seen):
        return failed(
            "it failed while the api answered",
            shown(bad),
            expected="200 to 399",
            actual=_actual(bad),
            reproduce=again.answered(seen, bad),
        )
    if len(checks) < 2:
        return unproven(incomplete(seen.record, Stage.API) or "it was not asked again")
    return passed(f"{len(checks)} checks between other requests were positive")
