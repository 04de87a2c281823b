"""HL208–HL211 and HL214: the health check as config.json declares it; what it answers is seen elsewhere."""

from __future__ import annotations

from hitless.checking.events import Stage
from hitless.checking.facts.seen import ConfigSeen
from hitless.checking.rule import Level, Purpose, Seen, rule
from hitless.checking.rules.config import BROKEN
from hitless.checking.verdict import Evidence, Verdict, failed, not_applicable, passed, unproven
from hitless.spec.contract import Contract
from hitless.spec.health import Probe

_SERVES = frozenset({Purpose.REALTIME, Purpose.HITLESS})
_NOTICED_WITHIN_S = 300


def _probes(contract: Contract) -> dict[str, Probe]:
    return dict(contract.probes)


def _nothing_to_judge(seen: Seen) -> str:
    """Why the probes of this config.json mean nothing; empty where they do."""
    if seen.one(ConfigSeen, Stage.CONFIG).assumed:
        return "there is no config.json: the declared example is assumed"
    contract = seen.config.contract
    if contract is None:
        return BROKEN
    return "" if contract.probes else "no health check is declared"


@rule(
    "HL208",
    "HEALTH-1",
    Level.MUST,
    Stage.CONFIG,
    purposes=_SERVES,
    fix="""
    "health": {"check_method": "HTTP", "protocol": "http", "url": "/health",
               "initial_delay_seconds": "12", "timeout_seconds": "30",
               "period_seconds": "5", "failure_threshold": "12"}
    """,
    bad="""
    {"model_type": "Image", "apis": [{"url": "/", "method": "post"}]}
    """,
    good="""
    {"model_type": "Image", "apis": [{"url": "/", "method": "post"}], "health": {"url": "/health"}}
    """,
)
def declares_health(seen: Seen) -> Verdict:
    """A health check is declared.

    Without one the platform takes an open port for a ready model: it routes requests to a process that still loads, and
    stops the old one meanwhile. A hitless upgrade is impossible then, whatever the image does.
    """
    config, health_rule = seen.one(ConfigSeen, Stage.CONFIG), seen.profile.health_rule
    is_needed = health_rule == "required" or (health_rule == "hitless" and seen.purpose is Purpose.HITLESS)
    if not is_needed:
        return not_applicable("the edition leaves it open for this purpose")
    if config.assumed:
        return unproven("there is no config.json that could declare it; give one with --config")
    contract = seen.config.contract
    if contract is None:
        return not_applicable(BROKEN)
    if not contract.probes:
        return failed("no health check is declared", expected='"health": {"url": "/health", …}', actual="no such key")
    return passed("; ".join(f"{key}: {_told(probe)}" for key, probe in contract.probes.items()))


def _told(probe: Probe) -> str:
    return f"GET {probe.url}" if probe.check_method == "HTTP" else f"runs {probe.command!r}"


@rule(
    "HL209",
    "HEALTH-1",
    Level.SHOULD,
    Stage.CONFIG,
    purposes=_SERVES,
    fix="""
    "failure_threshold": "3"
    """,
    bad="""
    "health": {"url": "/health", "failure_threshold": "1"}
    """,
    good="""
    "health": {"url": "/health", "failure_threshold": "3"}
    """,
)
def health_forgives_one_failure(seen: Seen) -> Verdict:
    """One failed probe alone does not condemn the service.

    A packet is lost, a garbage collector pauses, a large batch keeps all processors busy: with a threshold of 1 the
    platform restarts a service that is well, and cuts the requests in it.
    """
    if why := _nothing_to_judge(seen):
        return not_applicable(why)
    strict = [key for key, probe in _probes(seen.contract).items() if probe.failure_threshold < 2]
    if strict:
        return failed(
            "one failed probe is enough", expected="a failure_threshold of 2 or more", actual=f"{', '.join(strict)}: 1"
        )
    return passed("; ".join(f"{key}: {one.failure_threshold}" for key, one in _probes(seen.contract).items()))


@rule(
    "HL210",
    "HEALTH-1",
    Level.SHOULD,
    Stage.CONFIG,
    purposes=_SERVES,
    fix="""
    "initial_delay_seconds": "30", "period_seconds": "10", "failure_threshold": "12"
    """,
    bad="""
    "health": {"url": "/health", "initial_delay_seconds": "600", "period_seconds": "60", "failure_threshold": "20"}
    """,
    good="""
    "health": {"url": "/health", "initial_delay_seconds": "30", "period_seconds": "10", "failure_threshold": "12"}
    """,
)
def start_budget_fits_the_deployment(seen: Seen) -> Verdict:
    """The time that the health check leaves for the start is within that of a deployment.

    The budget is delay + (threshold − 1) × period: 12 + 11 × 5 = 67 s with the console's defaults. A service that is
    not healthy by then is restarted. A budget beyond the deployment's own limit (20 minutes by default) is never used
    up: the deployment has failed before. Whether the image starts within its budget is measured by running it.
    """
    if why := _nothing_to_judge(seen):
        return not_applicable(why)
    limit = seen.profile.deploy_timeout_s
    budgets = {key: probe.worst_case_start_s for key, probe in _probes(seen.contract).items()}
    told = [Evidence(f"{key}: {budget} s to start") for key, budget in budgets.items()]
    if max(budgets.values()) > limit:
        actual = ", ".join(f"{key}: {budget} s" for key, budget in budgets.items())
        return failed("the start budget is beyond a deployment's", *told, expected=f"{limit} s at most", actual=actual)
    return passed(f"{max(budgets.values())} s of {limit} s to start", *told)


@rule(
    "HL211",
    "HEALTH-1",
    Level.SHOULD,
    Stage.CONFIG,
    purposes=_SERVES,
    fix="""
    "health": {"url": "/health"}
    """,
    bad="""
    {"apis": [{"url": "/", "method": "get"}], "health": {"url": "/"}}
    """,
    good="""
    {"apis": [{"url": "/", "method": "get"}], "health": {"url": "/health"}}
    """,
)
def health_has_a_path_of_its_own(seen: Seen) -> Verdict:
    """The health check asks a path that is no api of the model.

    A probe comes every few seconds for ever. Where it asks the model itself, it costs a prediction each time, waits
    behind real requests when there are many, and condemns the service just when it has most to do.
    """
    if why := _nothing_to_judge(seen):
        return not_applicable(why)
    asked = {api.url for api in seen.contract.apis if api.method == "GET"}
    shared = [url for url in seen.contract.health_urls if url in asked]
    if shared:
        return failed("the health check asks the model", expected="another path", actual=f"GET {shared[0]} is an api")
    return passed(", ".join(seen.contract.health_urls) or "it runs a command")


@rule(
    "HL214",
    "HEALTH-1",
    Level.INFO,
    Stage.CONFIG,
    purposes=_SERVES,
    fix="""
    "period_seconds": "5", "failure_threshold": "12"
    """,
    bad="""
    "health": {"url": "/health", "period_seconds": "60", "failure_threshold": "10"}
    """,
    good="""
    "health": {"url": "/health", "period_seconds": "5", "failure_threshold": "12"}
    """,
)
def fault_is_noticed_soon(seen: Seen) -> Verdict:
    """A faulty service is noticed within five minutes.

    It is after period × threshold + timeout: 5 × 12 + 30 = 90 s with the console's defaults. Until then requests go to
    an instance that cannot answer them.
    """
    if why := _nothing_to_judge(seen):
        return not_applicable(why)
    times = {
        key: probe.period_s * probe.failure_threshold + probe.timeout_s
        for key, probe in _probes(seen.contract).items()
        if key != "startup_health"
    }
    slow = {key: time for key, time in times.items() if time > _NOTICED_WITHIN_S}
    if slow:
        actual = ", ".join(f"{key}: {time} s" for key, time in slow.items())
        return failed("a fault is noticed late", expected=f"{_NOTICED_WITHIN_S} s at most", actual=actual)
    return passed(", ".join(f"{key}: {time} s" for key, time in times.items()) or "only the start is probed")
