"""The rules on starts, logs, apis and health, each against records by hand: one fault, one rule."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from tests.unit.checking.rules.start_records import (
    CONTRACT,
    api,
    begun,
    exchange,
    exited,
    logged,
    noted,
    seen,
    start,
)

from hitless.checking.events import Begun, Ended, Event, Failure, Stage, Wrote
from hitless.checking.facts.asked import EXAMPLE
from hitless.checking.facts.seen import FileSeen
from hitless.checking.probes.purposes import (
    ALIVE,
    ANSWERING,
    BATCH_AGAIN,
    BATCH_FIRST,
    CASE,
    CHUNKED,
    CONCURRENT,
    ELSEWHERE,
    EXPECT,
    FILLED,
    GOLDEN,
    HEALTH,
    HEALTH_LOAD,
    HEALTHY,
    LARGE,
    LISTENING,
    LISTENS,
    MALFORMED,
    READY,
    START_API,
    START_HEALTH,
    STARTED_AGAIN,
    STAYED,
    TOLD_SOCKETS,
    TRACE,
    UNKNOWN_PATH,
)
from hitless.checking.record import Entry
from hitless.checking.rule import Rule
from hitless.checking.rules import api as api_rules
from hitless.checking.rules import batch_run, health, logs, robustness, run, users
from hitless.checking.verdict import Outcome
from hitless.spec.contract import Contract
from hitless.spec.health import Probe

RULES = {
    one.id: one
    for module in (run, logs, api_rules, robustness, health)
    for one in vars(module).values()
    if isinstance(one, Rule)
}
NOTHING = (LISTENING, HEALTHY, ANSWERING, READY, STAYED, START_HEALTH, START_API, TRACE, "POST / 200")
UNREADY = (ANSWERING, READY, STAYED, TRACE, "POST / 200")
WRONG = MALFORMED + "no JSON"
START = Stage.START

FAULTS: dict[str, tuple[str | None, list[Event], list[Event]]] = {
    "nothing": (None, start(), api()),
    "it ends at once": ("HL501", start(exited(0.3, 127), without=NOTHING), []),
    "it ends while it loads": ("HL501", start(exited(2.0), without=(HEALTHY, *UNREADY)), []),
    "another port": ("HL502", start(noted(ELSEWHERE, 60.0, "5000"), without=NOTHING), []),
    "no port": ("HL502", start(without=NOTHING), []),
    "the loopback": ("HL503", start(logged("Running on http://127.0.0.1:8080", 0.2), without=NOTHING), []),
    "the loopback, by its sockets": ("HL503", start(noted(LISTENS, 9.0, "127.0.0.1:8080"), without=NOTHING), []),
    "the loopback and another port": (
        "HL503",
        start(noted(LISTENS, 9.0, "::1:8080"), noted(LISTENS, 9.0, "0.0.0.0:9000"), without=NOTHING),
        [],
    ),
    "another port, by its sockets": ("HL502", start(noted(LISTENS, 9.0, "0.0.0.0:5000"), without=NOTHING), []),
    "another port of the loopback": ("HL502", start(noted(LISTENS, 9.0, "127.0.0.1:5000"), without=NOTHING), []),
    "never ready": ("HL504", start(without=(HEALTHY, START_API, *UNREADY)), []),
    "ready too late": (
        "HL504",
        start(noted(HEALTHY, 100.0), noted(ANSWERING, 100.1), without=(HEALTHY, ANSWERING, READY)),
        api(),
    ),
    "it ends by itself": ("HL505", start(exited(6.0, 0), without=(STAYED, TRACE, "POST / 200")), []),
    "hardly in time": (
        "HL506",
        start(noted(HEALTHY, 90.0), noted(ANSWERING, 90.1), noted(READY, 90.1), without=(HEALTHY, ANSWERING, READY)),
        api(),
    ),
    "logs in files": (
        "HL510",
        start(Wrote(stage=START, at_s=20.0, instance="first", paths=("/var/log/service.log",)), without=["POST / 200"]),
        api(),
    ),
    "standard error": (
        "HL511",
        start(logged("a", 0.1, "stderr"), logged("b", 8.1, "stderr"), without=("starting", "POST / 200")),
        api(),
    ),
    "held back": (
        "HL512",
        start(
            logged("POST / 200 late", 11.0),
            logged("POST / 200 again", 11.0),
            noted(FILLED, 11.1, "150"),
            without=["POST / 200"],
        ),
        api(),
    ),
    "no trace": ("HL513", start(without=["POST / 200"]), api()),
    "no such path": ("HL601", start(), api(exchange(CASE, 9.1, 404), without=[CASE])),
    "an error": ("HL601", start(), api(exchange(CASE, 9.15, 500))),
    "no answer": ("HL601", start(), api(exchange(CASE, 9.15, failure=Failure.RESET))),
    "a given request is refused": ("HL601", start(), api(exchange(GOLDEN, 9.05, 422, expected='{"length": 5}'))),
    "another answer": ("HL602", start(), api(exchange(GOLDEN, 9.05, expected='{"length": 7}'))),
    "another form": ("HL604", start(), api(exchange(CASE, 9.15, body=b'{"length": "5"}'))),
    "no JSON": ("HL604", start(), api(exchange(CASE, 9.15, body=b"five"))),
    "every path": ("HL605", start(), api(exchange(UNKNOWN_PATH, 9.3), without=[UNKNOWN_PATH])),
    "500 on unknown paths": ("HL606", start(), api(exchange(UNKNOWN_PATH, 9.3, 500), without=[UNKNOWN_PATH])),
    "500 on no JSON": ("HL607", start(), api(exchange(WRONG, 12.0, 500), without=[WRONG])),
    "silent on no JSON": ("HL607", start(), api(exchange(WRONG, 12.0, failure=Failure.SILENT), without=[WRONG])),
    "200 on no JSON": ("HL608", start(), api(exchange(WRONG, 12.0), without=[WRONG])),
    "dies of no JSON": (
        "HL609",
        start(exited(12.01, 139)),
        api(
            exchange(WRONG, 12.0, failure=Failure.CLOSED),
            exchange(ALIVE + "no JSON", 12.1, failure=Failure.REFUSED),
            Ended(stage=Stage.API, at_s=12.2, complete=False, why="it ended"),
            without=(WRONG, ALIVE + "no JSON", HEALTH),
        ),
    ),
    "large bodies": ("HL610", start(), api(exchange(LARGE, 11.0, failure=Failure.RESET), without=[LARGE])),
    "several at once": ("HL612", start(), api(exchange(CONCURRENT, 10.0, 503))),
    "chunks": ("HL613", start(), api(exchange(CHUNKED, 9.6, 400), without=[CHUNKED])),
    "Expect": ("HL614", start(), api(exchange(EXPECT, 9.7, failure=Failure.SILENT), without=[EXPECT])),
    "no health check": (
        "HL651",
        start(
            exchange(START_HEALTH, 2.0, 404, stage=START),
            exchange(START_HEALTH, 14.0, 404, stage=START),
            without=(HEALTHY, START_HEALTH, STAYED),
        ),
        api(without=[HEALTH]),
    ),
    "healthy too early": ("HL652", start(exchange(START_API, 3.05, 503, stage=START)), api()),
    "unhealthy under load": ("HL653", start(), api(exchange(HEALTH_LOAD, 10.1, failure=Failure.SILENT))),
    "the word is no string": (
        "HL654",
        start(exchange(START_HEALTH, 3.0, 200, b'{"health": true}', stage=START), without=[START_HEALTH]),
        api(),
    ),
    "healthy now and then": ("HL655", start(), api(exchange(HEALTH, 12.3, 503))),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_fails_one_rule(name: str) -> None:
    expected, started, asked = FAULTS[name]
    record = seen(*sorted(started, key=lambda one: one.at_s), *asked)
    verdicts = {
        identifier: one.judge(record)
        for identifier, one in RULES.items()
        if asked or Stage.API not in one.needs
    }  # fmt: skip
    failed = [identifier for identifier, one in verdicts.items() if one.outcome is Outcome.FAILED]
    assert failed == ([] if expected is None else [expected]), {name: verdicts[name].message for name in failed}
    if expected is None:
        assert not [name for name, one in verdicts.items() if not one.outcome.conforms]


def example(kind: str, content: bytes | None) -> FileSeen:
    return FileSeen(stage=Stage.FILES, path="/opt/hitless/package/a", kind=kind, content=content, asked_for=EXAMPLE)


@pytest.mark.parametrize(
    ("rule", "outcome", "events"),
    [
        pytest.param("HL502", Outcome.UNPROVEN, start(
            Ended(stage=START, at_s=15.0, complete=False, why="it was given 15 s"), without=NOTHING,
        ), id="it was not waited for"),
        pytest.param("HL504", Outcome.UNPROVEN, start(
            Ended(stage=START, at_s=15.0, complete=False, why="it was given 15 s"),
            without=(HEALTHY, START_API, *UNREADY),
        ), id="it was not waited for, and listens"),
        pytest.param("HL601", Outcome.UNPROVEN, start() + api(exchange(CASE, 9.1, 422), without=[CASE]),
                     id="the model refuses what was made up"),
        pytest.param("HL601", Outcome.PASSED, start() + api(exchange(CASE, 9.15, 422)), id="it refuses some of it"),
        pytest.param("HL610", Outcome.PASSED, start() + api(exchange(LARGE, 11.0, 413), without=[LARGE]),
                     id="413 is clean"),
        pytest.param("HL607", Outcome.UNPROVEN, start() + api(
            Ended(stage=Stage.API, at_s=13.0, complete=False, why="the requests took longer than 10 s"),
        ), id="not all malformed ones were sent"),
        pytest.param("HL652", Outcome.NOT_APPLICABLE, start(
            exchange(START_API, 3.1, 500, stage=START), exchange(TRACE, 8.0, 500, stage=START),
            without=(START_API, TRACE),
        ) + api(exchange(CASE, 9.1, 500), without=[CASE]), id="the api never answers"),
        pytest.param("HL510", Outcome.UNPROVEN, start(without=("starting", "POST / 200")), id="silent, files unknown"),
        pytest.param("HL603", Outcome.PASSED, start() + api(), id="the type is declared"),
        pytest.param("HL602", Outcome.NOT_APPLICABLE, start() + api(), id="no request was given"),
        pytest.param("HL602", Outcome.UNPROVEN, [*start(), *api(), example("file", None)], id="too large"),
        pytest.param("HL602", Outcome.NOT_APPLICABLE, [*start(), *api(), example("missing", None)], id="no examples"),
        pytest.param("HL602", Outcome.PASSED, [
            *start(), *api(exchange(GOLDEN, 9.05, expected='{"length": 5}')), example("file", None),
        ], id="another example was taken"),
    ],
)  # fmt: skip
def test_what_is_not_seen_is_not_judged(rule: str, outcome: Outcome, events: list[Entry]) -> None:
    assert RULES[rule].judge(seen(*events)).outcome is outcome


def test_an_address_that_is_not_its_own_proves_nothing_of_the_loopback() -> None:
    events = [begun(own=False) if isinstance(one, Begun) else one for one in start()]
    assert RULES["HL503"].judge(seen(*events)).outcome is Outcome.UNPROVEN


@pytest.mark.parametrize("probe", [None, Probe(check_method="EXEC", url=None, command="true")])
def test_a_check_that_cannot_be_asked(probe: Probe | None) -> None:
    contract: Contract = replace(CONTRACT, health=probe)
    outcome = Outcome.NOT_APPLICABLE if probe is None else Outcome.UNPROVEN
    record = seen(*start(), *api(), contract=contract)
    assert {RULES[name].judge(record).outcome for name in ("HL651", "HL652", "HL653", "HL654", "HL655")} == {outcome}


def test_the_silence_of_a_service_whose_output_others_have_proves_nothing() -> None:
    events = start(without=["starting", "POST / 200"])
    assert RULES["HL513"].judge(seen(*events)).outcome is Outcome.FAILED
    events = [msgspec.structs.replace(one, where="service") if isinstance(one, Begun) else one for one in events]
    assert RULES["HL513"].judge(seen(*events)).outcome is Outcome.UNPROVEN


def test_an_api_without_a_body_is_asked_nothing_malformed() -> None:
    contract = replace(CONTRACT, apis=(replace(CONTRACT.apis[0], method="GET", request=None),))
    record = seen(*start(), *api(without=[WRONG]), contract=contract)
    for name in ("HL607", "HL608"):
        verdict = RULES[name].judge(record)
        assert (verdict.outcome, verdict.message) == (Outcome.NOT_APPLICABLE, "no api takes a body")


def test_of_several_failures_the_shortest_command_is_shown() -> None:
    commands = ((12.0, "c" * 99), (12.1, "c"))
    long, short = (msgspec.structs.replace(exchange(WRONG, at_s, 500), curl=curl) for at_s, curl in commands)
    verdict = RULES["HL607"].judge(seen(*start(), *api(long, short, without=[WRONG])))
    assert (verdict.outcome, verdict.reproduce.splitlines()[-1]) == (Outcome.FAILED, "c")


def test_an_api_that_never_answers_behind_a_positive_check_is_told() -> None:
    verdict = RULES["HL504"].judge(seen(*start(without=(START_API, *UNREADY)), *api()))
    assert verdict.outcome is Outcome.FAILED
    assert "its health check was positive after" in verdict.message


def other(stage: Stage, *events: Event, instance: str = "first") -> list[Event]:
    return [begun(stage, instance=instance), *events, Ended(stage=stage, at_s=90.0)]


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        pytest.param(other(Stage.USER, noted(ANSWERING, 3.0, stage=Stage.USER)), Outcome.PASSED, id="works"),
        pytest.param(other(Stage.USER, exited(0.5, stage=Stage.USER)), Outcome.FAILED, id="ends"),
        pytest.param(other(Stage.USER), Outcome.FAILED, id="never answers"),
    ],
)
def test_as_ma_user(events: list[Event], outcome: Outcome) -> None:
    assert users.works_as_ma_user.judge(seen(*events)).outcome is outcome


@pytest.mark.parametrize(
    ("works", "outcome", "words"),
    [(("a",), "passed", "it works"), (("b",), "passed", "with /tmp"), ((), "failed", "read-only")],
)
def test_read_only(works: tuple[str, ...], outcome: str, words: str) -> None:
    events: list[Event] = [
        begun(Stage.READ_ONLY, instance="a"),
        begun(Stage.READ_ONLY, instance="b"),
        *(noted(ANSWERING, 3.0, name, Stage.READ_ONLY) for name in works),
        Ended(stage=Stage.READ_ONLY, at_s=20.0),
    ]
    verdict = users.works_with_a_read_only_root.judge(seen(*events))
    assert (verdict.outcome.value, words in verdict.message) == (outcome, True)


def socket(address: str, state: str = "0A") -> Event:
    return logged(f"{TOLD_SOCKETS} 0: {address} 00000000:0000 {state} 0 0", 5.0, stage=Stage.BATCH)


B = Stage.BATCH
FIRST, AGAIN = exchange(BATCH_FIRST, 4.0, stage=B), exchange(BATCH_AGAIN, 60.0, stage=B)
TURN = noted(STARTED_AGAIN, 50.0, stage=B)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([FIRST, TURN, AGAIN, socket("00000000:1F90")], ["passed"] * 3, id="all"),
        pytest.param([FIRST, TURN, AGAIN, socket("0" * 32 + ":1F90")], ["passed"] * 3, id="IPv6"),
        pytest.param([FIRST, TURN, AGAIN, socket("0200000A:1F90")], ["passed", "passed", "failed"], id="own address"),
        pytest.param([FIRST, TURN, AGAIN], ["passed", "passed", "unproven"], id="no sockets told"),
        pytest.param([FIRST, TURN, socket("0100007F:1F90")], ["passed", "failed", "passed"], id="once only"),
        pytest.param([FIRST, socket("00000000:1F90", "01")], ["passed", "unproven", "unproven"], id="never again"),
        pytest.param([], ["failed", "not applicable", "not applicable"], id="not at all"),
    ],
)  # fmt: skip
def test_batch(events: list[Event], expected: list[str]) -> None:
    record = seen(*other(B, *events))
    rules = (batch_run.starts_as_a_child, batch_run.starts_a_second_time, batch_run.answers_on_the_loopback)
    assert [rule.judge(record).outcome.value for rule in rules] == expected


def test_without_a_boot_file_there_is_nothing_to_start() -> None:
    missing = FileSeen(stage=Stage.FILES, path="/home/run.sh", kind="missing")
    verdict = batch_run.starts_as_a_child.judge(seen(missing, *other(B)))
    assert verdict.outcome is Outcome.NOT_APPLICABLE
