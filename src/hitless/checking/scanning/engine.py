"""YARA-X with rules of our own: asked for each window of a file."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hitless.checking.scanning.compiled import compiled

if TYPE_CHECKING:
    import yara_x

_RULES = Path(__file__).with_name("rules")
SECONDS = 20  # for one window
MOST_MATCHES = 200  # of one pattern in one window


@dataclass(frozen=True)
class Hit:
    """`source`: the file of the rule. `offsets`: where its patterns were, in the window, with their lengths."""

    source: str
    rule: str
    kind: str
    description: str
    reference: str
    offsets: tuple[tuple[int, int], ...]


class SlowRules(Exception):  # noqa: N818
    """A window took too long."""


class Engine:
    """`globals_`: names that the rules may ask about, with what they are until they are set."""

    def __init__(self, *names: str, **globals_: bool) -> None:
        """ImportError without YARA-X."""
        import yara_x

        texts = {name: (_RULES / name).read_text(encoding="utf-8") for name in names}
        self._rules = compiled(texts, globals_, engine_version())  # the scanner borrows them
        self._scanner = yara_x.Scanner(self._rules)
        self._scanner.set_timeout(SECONDS)
        self._scanner.max_matches_per_pattern(MOST_MATCHES)
        self._globals = dict(globals_)
        self._timeout = yara_x.TimeoutError

    def set(self, globals_: Mapping[str, bool]) -> None:
        for name, value in globals_.items():
            if self._globals[name] != value:
                self._scanner.set_global(name, value)
                self._globals[name] = value

    def look(self, window: bytes) -> list[Hit]:
        """SlowRules if it takes too long."""
        try:
            return [_hit(rule) for rule in self._scanner.scan(window).matching_rules]
        except self._timeout as error:
            raise SlowRules from error


def engine_version() -> str:
    """By the folder that its installer left; importlib.metadata would take a tenth of the scanners' start."""
    found = importlib.util.find_spec("yara_x")
    if found is None or found.origin is None:
        return ""
    told = Path(found.origin).parents[1].glob("yara_x-*.dist-info")
    return next((one.stem.removeprefix("yara_x-") for one in told), "")


def _hit(rule: yara_x.Rule) -> Hit:
    meta = {str(key): str(value) for key, value in rule.metadata}
    told = [meta.get(key, "") for key in ("id", "kind", "description", "reference")]
    identifier, kind, description, reference = told
    return Hit(rule.namespace, identifier, kind, description, reference, tuple(_offsets(rule)))


def _offsets(rule: yara_x.Rule) -> Iterator[tuple[int, int]]:
    for pattern in rule.patterns:
        for match in pattern.matches:
            yield match.offset, match.length
