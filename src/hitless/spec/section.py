"""One JSON object while it is being read: typed values by key, and what is left over when all known keys are taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hitless.spec.findings import Findings
from hitless.spec.jsonfaults import Path
from hitless.spec.kinds import Kind, Weight
from hitless.spec.quoting import MAX_SHOWN, quoted

WRONG_TYPE = Kind(
    "CFG-201",
    Weight.REFUSED,
    "a value of the wrong type",
    "The specification gives each key one type, and the platform refuses another (error 3016).",
    '{"apis": {"url": "/"}}',
    '{"apis": [{"url": "/"}]}',
)
UNKNOWN_KEY = Kind(
    "CFG-202",
    Weight.ADVICE,
    "a key that the specification does not name",
    "Which further keys the platform accepts is not published; it refuses some (error 3016). "
    "hitless keeps the key and does nothing with it. Often it is a slip of the pen.",
    '{"heath": {"url": "/health"}}',
    '{"health": {"url": "/health"}}',
)
MISSPELT_KEY = Kind(
    "CFG-203",
    Weight.FORGIVEN,
    "a key that is written otherwise",
    "Published samples have this slip (`procotol`), or letter case and joints differ (`Content-Type` for "
    "`Content-type`). The meaning is plain, so it is read as meant; the platform itself may not be so kind.",
    '{"apis": [{"procotol": "http"}]}',
    '{"apis": [{"protocol": "http"}]}',
)
NULL_VALUE = Kind(
    "CFG-204",
    Weight.FORGIVEN,
    "null for a value",
    "No key of the specification takes null. It is read as if the key were absent.",
    '{"port": null}',
    '{"port": 8080}',
)
MISSING_KEY = Kind(
    "CFG-205",
    Weight.REFUSED,
    "a mandatory key is missing",
    "The import fails without it (error 3036).",
    '{"health": {"check_method": "EXEC"}}',
    '{"health": {"check_method": "EXEC", "command": "sh /home/health.sh"}}',
)

TYPE_NAMES: Mapping[type, str] = {
    dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number",
}  # fmt: skip


def type_name(value: Any) -> str:
    return TYPE_NAMES.get(type(value), "null")


def folded(key: str) -> str:
    """What two spellings of one key have in common: `Content-Type`, `content_type`, `Content-type `."""
    return re.sub(r"[-_\s]", "", key).lower()


def suggestion(word: str, known: tuple[str, ...]) -> str | None:
    """The known word that `word` was probably meant to be."""
    import difflib  # not at the top: it is needed for a slip only, and the server starts faster without

    # The slices bound the time that a hostile file can take: difflib compares everything with everything.
    matches = difflib.get_close_matches(word[:MAX_SHOWN], known[:100], n=1, cutoff=0.75)
    return matches[0] if matches else None


@dataclass(frozen=True)
class Shape:
    """What an object of config.json looks like: its name in messages, its keys, an example, and known misspellings."""

    title: str
    keys: tuple[str, ...]
    like: str = "{…}"
    misspellings: Mapping[str, str] = field(default_factory=dict)


class Section:
    """An object at `path`. Its keys are taken one by one; `rest` gives what was not taken."""

    def __init__(self, findings: Findings, value: Mapping[str, Any], path: Path, shape: Shape) -> None:
        self.findings, self.path, self.shape = findings, path, shape
        self._left = dict(value)
        self._written: dict[str, str] = {}  # key → how the text writes it
        meant = {folded(key): key for key in shape.keys} | dict(shape.misspellings)
        for key in value:
            target = meant.get(key, meant.get(folded(key), key))
            if target not in self._left:
                self._left[target] = self._left.pop(key)
                self._written[target] = key
                self.report(
                    MISSPELT_KEY, f'{quoted(key)} is read as "{target}"', f'Write "{target}".', key=target, of_key=True
                )

    def at(self, key: str) -> Path:
        return (*self.path, self._written.get(key, key))

    def report(self, kind: Kind, message: str, remedy: str, *, key: str | None = None, of_key: bool = False) -> None:
        """A problem of the value of `key`, of the key itself, or of the whole object."""
        path = self.path if key is None else self.at(key)
        self.findings.add(kind, path, message, remedy, of_key=of_key)

    def has(self, key: str) -> bool:
        """Whether the key is there, not taken yet and not null."""
        return self._left.get(key) is not None

    def take(self, key: str) -> Any:
        """The value, whatever its type; None where the key is absent or null."""
        if key in self._left and self._left[key] is None:
            self.report(NULL_VALUE, f"{quoted(key)} is null", "Leave the key out, or give it a value.", key=key)
        return self._left.pop(key, None)

    def take_all(self) -> dict[str, Any]:
        """Everything that nobody took yet."""
        left, self._left = self._left, {}
        return left

    def of_type(self, key: str, wanted: type, like: str) -> Any:
        value = self.take(key)
        if value is None or type(value) is wanted:
            return value
        message = f"{quoted(key)} is {type_name(value)}, and should be {TYPE_NAMES[wanted]}"
        self.report(WRONG_TYPE, message, f"Write {quoted(key)}: {like}.", key=key)
        return None

    def text(self, key: str, like: str) -> str | None:
        """A text; `like` is the example that a remedy shows."""
        value: str | None = self.of_type(key, str, like)
        return value

    def mandatory_text(self, key: str, like: str) -> str | None:
        """As `text`, and its absence is a problem."""
        if self.has(key):
            return self.text(key, like)
        remedy = self.renaming(key) or f'Add "{key}": {like}.'
        self.report(MISSING_KEY, f'{self.shape.title} lacks "{key}"', remedy)
        self._left.pop(key, None)
        return None

    def renaming(self, key: str) -> str | None:
        """For a key that is absent: the remedy where a key of another name is probably meant to be this one."""
        for other in self._left if not self.findings.full else ():
            if other not in self.shape.keys and suggestion(other, self.shape.keys) == key:
                return f'Rename {quoted(other)} to "{key}".'
        return None

    def object(self, key: str, shape: Shape) -> Section | None:
        path = self.at(key)
        value = self.of_type(key, dict, shape.like)
        return None if value is None else Section(self.findings, value, path, shape)

    def objects(self, key: str, shape: Shape) -> list[Section] | None:
        """The objects of a list. What is no object is reported and left out."""
        path = self.at(key)
        value = self.of_type(key, list, shape.like)
        if value is None:
            return None
        sections = []
        for index, item in enumerate(value):
            if isinstance(item, dict):
                sections.append(Section(self.findings, item, (*path, index), shape))
            else:
                message = f"{shape.title} should be an object, and is {type_name(item)}"
                self.findings.add(WRONG_TYPE, (*path, index), message, f"Write {quoted(key)}: {shape.like}.")
        return sections

    def rest(self, *, quiet: tuple[str, ...] = ()) -> dict[str, Any]:
        """The keys that nobody took, each reported unless it is among the `quiet` ones."""
        for key in self._left:
            if key not in quiet and not self.findings.full:
                near = suggestion(key, self.shape.keys)
                remedy = f'Did you mean "{near}"?' if near else "Delete it, unless you know that the platform takes it."
                self.report(UNKNOWN_KEY, f"{self.shape.title} has no key {quoted(key)}", remedy, key=key, of_key=True)
        return dict(self._left)
