"""The header WWW-Authenticate → challenges (RFC 9110, section 11.6.1). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_BETWEEN = re.compile(r"[\s,]*")
_EQUALS = re.compile(r"\s*=\s*")


@dataclass(frozen=True)
class Challenge:
    """`scheme` in small letters, and so are the names of the parameters."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """All challenges of a reply's headers; what cannot be read ends its header."""
    return [challenge for value in values for challenge in _parse(value)]


def _parse(text: str) -> list[Challenge]:
    found: list[tuple[str, dict[str, str]]] = []
    place = _BETWEEN.match(text).end()  # type: ignore[union-attr] # it matches nothing, too
    while place < len(text):
        name = _TOKEN.match(text, place)
        if name is None:
            break
        equals = _EQUALS.match(text, name.end()) if found else None
        if equals is not None:
            parameter = _value(text, equals.end())
            if parameter is None:
                break
            value, place = parameter
            found[-1][1].setdefault(name[0].lower(), value)
        else:
            found.append((name[0].lower(), {}))
            place = _after_token68(text, name.end())
        place = _BETWEEN.match(text, place).end()  # type: ignore[union-attr]
    return [Challenge(scheme, parameters) for scheme, parameters in found]


def _value(text: str, place: int) -> tuple[str, int] | None:
    """What is behind a "=", and where it ends; None where there is nothing."""
    quoted = _QUOTED.match(text, place)
    if quoted is not None:
        return re.sub(r"\\(.)", r"\1", quoted[1]), quoted.end()
    plain = _TOKEN.match(text, place)
    return (plain[0], plain.end()) if plain is not None else None


def _after_token68(text: str, place: int) -> int:
    """Behind what some schemes (Negotiate) write instead of parameters."""
    blanks = re.compile(r"\s+").match(text, place)
    if blanks is None:
        return place
    token68 = _TOKEN68.match(text, blanks.end())
    return token68.end() if token68 is not None else place
