"""Records of a start and of what was asked then, by hand: a good one, and what differs from it."""

from __future__ import annotations

from collections.abc import Iterable

from hitless.checking.events import Begun, Ended, Event, Exchange, Exited, Failure, Logged, Measured, Noted, Stage
from hitless.checking.facts.seen import ConfigSeen
from hitless.checking.probes.purposes import (
    ALIVE,
    ANSWERING,
    CASE,
    CHUNKED,
    CONCURRENT,
    EXPECT,
    HEALTH,
    HEALTH_LOAD,
    HEALTHY,
    HTTP_1_0,
    LARGE,
    LISTENING,
    MALFORMED,
    OTHER_METHOD,
    READY,
    SLOWLY,
    START_API,
    START_HEALTH,
    STAYED,
    TRACE,
    UNKNOWN_PATH,
)
from hitless.checking.record import Entry, Opened, Record
from hitless.checking.rule import Purpose, Seen
from hitless.spec.config import write
from hitless.spec.contract import Api, Contract, Payload
from hitless.spec.health import Probe
from hitless.spec.profiles import DEFAULT

TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
LENGTH = {"type": "object", "properties": {"length": {"type": "integer"}}, "required": ["length"]}
CONTRACT = Contract(
    "length",
    "Image",
    apis=(Api("/", "POST", request=Payload(schema=TEXT), response=Payload(schema=LENGTH)),),
    health=Probe(),
)
ONE = "first"
JSON = (("content-type", "application/json"),)


def exchange(
    purpose: str, at_s: float, status: int = 200, body: bytes = b'{"length": 5}', *, stage: Stage = Stage.API,
    failure: Failure | None = None, method: str = "POST", took_s: float = 0.01, expected: str | None = None,
    instance: str = ONE,
) -> Exchange:  # fmt: skip
    """On POST / unless told otherwise; with a failure, the status is none."""
    return Exchange(
        stage=stage, at_s=at_s, purpose=purpose, instance=instance, connection=1, nth=1, until_s=at_s + took_s,
        method=method, path="/health" if "health" in purpose else "/", api=None if "health" in purpose else 0,
        status=0 if failure else status, headers=JSON, body=b"" if failure else body, size=0 if failure else len(body),
        failure=failure, curl="curl", expected=expected,
    )  # fmt: skip


def noted(what: str, at_s: float, detail: str = ONE, stage: Stage = Stage.START) -> Noted:
    return Noted(stage=stage, at_s=at_s, what=what, detail=detail)


def logged(line: str, at_s: float, stream: str = "stdout", stage: Stage = Stage.START) -> Logged:
    return Logged(stage=stage, at_s=at_s, instance=ONE, line=line, stream=stream)


def exited(at_s: float, code: int = 1, *, removed: bool = False, stage: Stage = Stage.START) -> Exited:
    return Exited(stage=stage, at_s=at_s, instance=ONE, code=code, removed=removed)


def begun(stage: Stage = Stage.START, *, own: bool = True, instance: str = ONE) -> Begun:
    return Begun(
        stage=stage, at_s=0.0, instance=instance, where="runc", address="10.0.0.2:8080", own=own, confined=True
    )


def start(*changes: Event, without: Iterable[str] = ()) -> list[Event]:
    """A good start, without what is noted or asked with some words, and with what is added."""
    events: list[Event] = [
        begun(),
        logged("starting", 0.1),
        noted(LISTENING, 0.5),
        exchange(START_HEALTH, 0.5, 503, stage=Stage.START, method="GET"),
        exchange(START_HEALTH, 3.0, 200, b'{"health": "true"}', stage=Stage.START, method="GET"),
        noted(HEALTHY, 3.0),
        exchange(START_API, 3.1, stage=Stage.START),
        noted(ANSWERING, 3.1),
        noted(READY, 3.1),
        Measured(stage=Stage.START, at_s=4.0, instance=ONE, name="memory_bytes", value=90 << 20),
        noted(STAYED, 8.0, "5"),
        exchange(TRACE, 8.0, stage=Stage.START),
        logged("POST / 200", 8.02),
        Ended(stage=Stage.START, at_s=9.0),
    ]
    return _changed(events, changes, without)


def api(*changes: Event, without: Iterable[str] = ()) -> list[Event]:
    """The same for what is asked after it."""
    wrong = MALFORMED + "no JSON"
    events: list[Event] = [
        exchange(HEALTH, 9.0, method="GET"),
        exchange(CASE, 9.1),
        exchange(CASE, 9.2),
        exchange(UNKNOWN_PATH, 9.3, 404, b"", method="GET"),
        exchange(OTHER_METHOD, 9.4, 405, b"", method="DELETE"),
        exchange(HTTP_1_0, 9.5),
        exchange(CHUNKED, 9.6),
        exchange(EXPECT, 9.7),
        exchange(SLOWLY, 9.8),
        exchange(CONCURRENT, 10.0),
        exchange(HEALTH_LOAD, 10.0, method="GET"),
        exchange(LARGE, 11.0),
        exchange(ALIVE + LARGE, 11.1),
        exchange(wrong, 12.0, 400, b"{}"),
        exchange(ALIVE + "no JSON", 12.1),
        exchange(HEALTH, 12.2, method="GET"),
        Ended(stage=Stage.API, at_s=13.0),
    ]
    return _changed(events, changes, without)


def _changed(events: list[Event], changes: Iterable[Event], without: Iterable[str]) -> list[Event]:
    words = tuple(without)
    kept = [one for one in events if not any(_is(one, word) for word in words)]
    ended = [one for one in changes if isinstance(one, Ended)]
    if ended:
        kept = [one for one in kept if not isinstance(one, Ended)]
    return sorted([*kept, *changes], key=lambda one: one.at_s)


def _is(one: Event, word: str) -> bool:
    text = getattr(one, "purpose", None) or getattr(one, "what", None) or getattr(one, "line", None) or ""
    return bool(text == word)


def seen(*events: Entry, contract: Contract = CONTRACT, purpose: Purpose = Purpose.HITLESS) -> Seen:
    opened = Opened("image", "image", "0", "2026-01-01T00:00:00Z", "2024-09", purpose.value, 0)
    config = ConfigSeen(stage=Stage.CONFIG, where="config.json", text=write(contract).encode())
    return Seen(Record(opened, (opened, config, *events)), DEFAULT, purpose)
