"""Which protocol the container speaks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.spec.samples import found, reading

A, B = {"url": "/"}, {"url": "/b"}
HTTP, HTTPS = {"protocol": "http"}, {"protocol": "https"}

ROWS: dict[str, tuple[str, Any, list[Any], str | None, list[tuple[str, str]]]] = {
    "nothing said": ("2024-09", ..., [A], "http", []),
    "nothing said, custom engine": ("custom-engine", ..., [A], "https", []),
    "no apis": ("2024-09", ..., [], "http", [("CFG-401", "$")]),
    "the top alone": ("2024-09", "https", [A], "https", []),
    "the top, upper case": ("2024-09", "HTTPS", [A], "https", []),
    "the api alone": ("2024-09", ..., [A | HTTPS], "https", []),
    "the api alone, against the edition": ("custom-engine", ..., [A | HTTP], "http", []),
    "one of two apis": ("2024-09", ..., [A, B | HTTPS], "https", []),
    "both apis agree": ("2024-09", ..., [A | HTTPS, B | HTTPS], "https", []),
    "apis disagree": ("2024-09", ..., [A | HTTP, B | HTTPS], None, [("CFG-313", "$.apis")]),
    "the top settles it": ("2024-09", "http", [A | HTTP, B | HTTPS], "http", [("CFG-314", "$.apis[1].protocol")]),
    "the top agrees": ("2024-09", "https", [A | HTTPS], "https", []),
    "the top is unknown": ("2024-09", "ws", [A], None, [("CFG-312", "$.protocol")]),
    "an api is unknown": ("2024-09", ..., [A | {"protocol": "tcp"}], None, [("CFG-312", "$.apis[0].protocol")]),
    "no text": ("2024-09", 80, [A], None, [("CFG-201", "$.protocol")]),
}


@pytest.mark.parametrize(("profile", "top", "apis", "protocol", "problems"), ROWS.values(), ids=ROWS)
def test_effective_protocol(
    profile: str, top: Any, apis: list[Any], protocol: str | None, problems: list[tuple[str, str]]
) -> None:
    result = reading(profile, protocol=top, apis=apis)
    assert [(found_id, path) for found_id, _, path in found(result)] == problems
    assert (result.contract.protocol if result.contract is not None else None) == protocol


def test_a_probe_that_does_not_say_speaks_what_the_service_speaks() -> None:
    result = reading(protocol="https")
    assert result.contract is not None
    assert result.contract.probes["health"].protocol == "https"
