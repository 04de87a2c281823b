"""Health checks in their three generations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.spec.samples import found, laid, reading

from hitless.spec.config import parse
from hitless.spec.contract import PROBE_KEYS
from hitless.spec.health import CONSOLE, V2, Probe
from hitless.spec.profiles import DEFAULT

HTTP = {"check_method": "HTTP", "url": "/health"}
EXEC = {"check_method": "EXEC", "command": "sh /home/health.sh"}

GENERATIONS: dict[str, tuple[dict[str, Any], Probe]] = {
    "2022: url and delay": ({"url": "/health", "initial_delay_seconds": "30"}, Probe(initial_delay_s=30)),
    "2021: with a timeout": (
        {"url": "/h", "protocol": "http", "initial_delay_seconds": "1", "timeout_seconds": "2"},
        Probe(url="/h", initial_delay_s=1, timeout_s=2),
    ),
    "2024: all as texts": (
        HTTP | {"protocol": "http", "initial_delay_seconds": "12", "timeout_seconds": "30", "period_seconds": "5",
                "failure_threshold": "10"},
        Probe(initial_delay_s=12, timeout_s=30, period_s=5, failure_threshold=10),
    ),
    "2024: EXEC": (
        EXEC | {"period_seconds": "1", "failure_threshold": "2", "initial_delay_seconds": "1"},
        Probe("EXEC", "http", None, "sh /home/health.sh", 1, 30, 1, 2),
    ),
    "v2: all as numbers": (
        HTTP | {"protocol": "HTTP", "initial_delay_seconds": 30, "timeout_seconds": 30, "period_seconds": 10,
                "failure_threshold": 3},
        Probe(initial_delay_s=30, timeout_s=30, period_s=10, failure_threshold=3),
    ),
    "method in lower case": ({"check_method": "http", "url": "/health"}, Probe()),
}  # fmt: skip


@pytest.mark.parametrize(("written", "probe"), GENERATIONS.values(), ids=GENERATIONS)
@pytest.mark.parametrize("key", PROBE_KEYS)
def test_every_generation_under_every_key(key: str, written: dict[str, Any], probe: Probe) -> None:
    change: dict[str, Any] = {"health": ..., key: written}
    result = reading(strict=True, **change)
    assert result.problems == ()
    assert result.contract is not None
    assert result.contract.probes == {key: probe}


@pytest.mark.parametrize("table", [CONSOLE, V2], ids=["console", "v2"])
def test_what_a_probe_leaves_out_comes_from_the_profile_s_table(table: Any) -> None:
    result = parse(laid(health=HTTP), profile=replace(DEFAULT, probe_defaults=table))
    assert result.contract is not None
    probe = result.contract.probes["health"]
    assert (probe.initial_delay_s, probe.timeout_s, probe.period_s, probe.failure_threshold) == (
        table.initial_delay_s,
        table.timeout_s,
        table.period_s,
        table.failure_threshold,
    )


KEYS = ("initial_delay_seconds", "timeout_seconds", "period_seconds", "failure_threshold")
NUMBERS: dict[str, tuple[Any, str | None, str | None]] = {
    "number": (7, None, None),
    "text": ("7", None, None),
    "text with blanks": (" 7 ", None, None),
    "largest": (2147483647, None, None),
    "too large": (2147483648, "CFG-609", "error"),
    "far too large": ("9" * 30, "CFG-609", "error"),
    "negative": ("-1", "CFG-609", "error"),
    "fraction": (1.5, "CFG-609", "error"),
    "unit": ("5s", "CFG-609", "error"),
    "true": (True, "CFG-609", "error"),
    "list": ([5], "CFG-609", "error"),
    "blank": ("", "CFG-610", "warning"),
    "null": (None, "CFG-204", "warning"),
}


@pytest.mark.parametrize(("value", "problem", "weight"), NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("key", KEYS)
def test_numbers(key: str, value: Any, problem: str | None, weight: str | None) -> None:
    result = reading(health=HTTP | {key: value})
    assert found(result) == ([] if problem is None else [(problem, weight, f"$.health.{key}")])


@pytest.mark.parametrize(("key", "least"), [(key, 0 if key == "initial_delay_seconds" else 1) for key in KEYS])
def test_the_least_value_of_each_number(key: str, least: int) -> None:
    assert reading(health=HTTP | {key: least}).problems == ()
    assert found(reading(health=HTTP | {key: least - 1})) == [("CFG-609", "error", f"$.health.{key}")]


PROBES: dict[str, tuple[dict[str, Any], list[tuple[str, str, str]]]] = {
    "unknown method": ({"check_method": "TCP", "url": "/health"}, [("CFG-603", "error", "$.health.check_method")]),
    "HTTP without url": ({"check_method": "HTTP"}, [("CFG-205", "error", "$.health")]),
    "EXEC without command": ({"check_method": "EXEC"}, [("CFG-205", "error", "$.health")]),
    "HTTP with a command": (HTTP | {"command": "true"}, [("CFG-612", "warning", "$.health.command")]),
    "EXEC with a url": (EXEC | {"url": "/health"}, [("CFG-612", "warning", "$.health.url")]),
    "cmd, as the v2 SDK says": ({"check_method": "EXEC", "cmd": "echo 1"}, [("CFG-203", "warning", "$.health.cmd")]),
    "url without a slash": ({"url": "health"}, [("CFG-604", "error", "$.health.url")]),
    "url with a host": ({"url": "http://localhost/health"}, [("CFG-604", "error", "$.health.url")]),
    "url with a blank": ({"url": "/he alth"}, [("CFG-604", "error", "$.health.url")]),
    "url of 1024 characters": ({"url": "/" + "a" * 1023}, []),
    "url of 1025 characters": ({"url": "/" + "a" * 1024}, [("CFG-604", "error", "$.health.url")]),
    "url with a query": ({"url": "/health?a=1"}, [("CFG-605", "warning", "$.health.url")]),
    "url with a point": ({"url": "/health.json"}, [("CFG-605", "warning", "$.health.url")]),
    "websocket": (HTTP | {"protocol": "ws"}, [("CFG-607", "warning", "$.health.protocol")]),
    "unknown protocol": (HTTP | {"protocol": "tcp"}, [("CFG-201", "error", "$.health.protocol")]),
    "https for http": (HTTP | {"protocol": "https"}, [("CFG-608", "warning", "$.health.protocol")]),
    "protocol of EXEC does not matter": (EXEC | {"protocol": "https"}, []),
    **{
        f"command with {char}": (
            {"check_method": "EXEC", "command": f"echo {char}"},
            [("CFG-611", "warning", "$.health.command")],
        )
        for char in "#~^$|%&*<>()'\"[]{}"
    },
    "command of 1025 characters": (
        {"check_method": "EXEC", "command": "a" * 1025},
        [("CFG-611", "warning", "$.health.command")],
    ),
    "unknown key": (HTTP | {"interval": 5}, [("CFG-202", "warning", "$.health.interval")]),
    "procotol": (HTTP | {"procotol": "http"}, [("CFG-203", "warning", "$.health.procotol")]),
}


@pytest.mark.parametrize(("health", "problems"), PROBES.values(), ids=PROBES)
def test_probe(health: dict[str, Any], problems: list[tuple[str, str, str]]) -> None:
    assert found(reading(health=health)) == problems


@pytest.mark.parametrize("health", [[], "yes", 1, True], ids=str)
def test_health_that_is_no_object(health: Any) -> None:
    assert ("CFG-201", "error", "$.health") in found(reading(health=health))


MISSING = [
    ("2024-09", "Image", "CFG-601", "warning", "warning"),
    ("2025-08", "Image", "CFG-601", "warning", "warning"),
    ("custom-engine", "Image", "CFG-601", "warning", "warning"),
    ("otc", "Image", "CFG-602", "warning", "error"),
    ("intl-2023", "Image", "CFG-602", "warning", "error"),
    ("otc", "PyTorch", None, None, None),
    ("2024-09", "TensorFlow", None, None, None),
]


@pytest.mark.parametrize(
    ("profile", "model_type", "problem", "tolerant", "strict"), MISSING, ids=[f"{row[0]}-{row[1]}" for row in MISSING]
)
def test_a_missing_health_check(
    profile: str, model_type: str, problem: str | None, tolerant: str | None, strict: str | None
) -> None:
    for is_strict, weight in ((False, tolerant), (True, strict)):
        result = reading(profile, model_type=model_type, health=..., strict=is_strict)
        assert found(result) == ([] if problem is None else [(problem, weight, "$")])


def test_any_of_the_four_keys_is_a_health_check() -> None:
    assert reading(health=..., liveness_health=HTTP).problems == ()


def test_a_custom_engine_is_asked_at_one_url() -> None:
    health = {"url": "/alive", "protocol": "https"}
    assert found(reading("custom-engine", health=health)) == [("CFG-606", "error", "$.health.url")]
    assert reading("custom-engine", health=health | {"url": "/health"}).problems == ()
