"""JSON text → a value that knows the line and column of each of its parts, and every fault of the text at once.

The standard library's reader keeps no places, stops at the first fault, lets NaN and duplicate keys pass and recurses
without limit. This one goes on after the faults that people make (a comma too many, a comment, single quotes), so
that one reading names them all. A text with a fault is never taken for a good one: `faults` is not empty then.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from hitless.spec import jsonfaults as faulty
from hitless.spec.jsonfaults import Fault, Path
from hitless.spec.jsonstring import read_string

MAX_CHARACTERS = 1_048_576
MAX_DEPTH = 64
MAX_FAULTS = 50
MAX_DIGITS = 400  # a longer number has no finite float, and Python refuses to read an integer of 4 301 digits

SPACE = re.compile(r"[ \t\n\r]*")
COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
WORD = re.compile(r"(?:(?!//|/\*|#)[^\s,:\[\]{}\"'`“”‘’，：])+")
WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
NEAR_WORDS: dict[str, tuple[Any, str]] = {
    "True": (True, "Write true."),
    "False": (False, "Write false."),
    "None": (None, "Write null, or leave the key out."),
    "undefined": (None, "Write null, or leave the key out."),
    "NaN": (None, "JSON has no NaN; leave the key out."),
    "Infinity": (None, "JSON has no infinity; leave the key out."),
    "-Infinity": (None, "JSON has no infinity; leave the key out."),
}
QUOTES: Mapping[str, str] = {'"': '"', "'": "'", "“": "”", "”": "”", "‘": "’", "`": "`"}
WIDE: Mapping[str, str] = {"，": ",", "：": ":", "｛": "{", "｝": "}", "［": "[", "］": "]", "、": ","}
CLOSING: Mapping[str, str] = {"{": "}", "[": "]"}


@dataclass(frozen=True)
class Document:
    """A text as read. `value` is what could be understood; `parsed` is False where nothing could."""

    text: str
    value: Any
    parsed: bool
    faults: tuple[Fault, ...] = ()
    places: Mapping[Path, tuple[int, int]] = field(default_factory=dict)  # path → offsets of its key and its value

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def line_column(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1, the column in characters."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def offset(self, path: Path, *, of_key: bool = False) -> int:
        """Where a part begins, or the nearest part around it that the text holds."""
        while path not in self.places and path:
            path, of_key = path[:-1], False
        key, value = self.places.get(path, (0, 0))
        return key if of_key else value


def read_json(text: str) -> Document:
    """Reads any text; never raises."""
    if len(text) > MAX_CHARACTERS:
        return Document("", None, parsed=False, faults=(faulty.too_large(MAX_CHARACTERS),))
    parser = _Parser(text)
    try:
        value, parsed = parser.document(), True
    except _StopReadingError:
        value, parsed = None, False
    faults = tuple(_with_count(fault, parser.groups.get(fault.group, 1)) for fault in parser.faults)
    return Document(text, value, parsed, faults, parser.places)


def _with_count(fault: Fault, count: int) -> Fault:
    return fault if count == 1 else replace(fault, message=f"{fault.message} (and {count - 1} more like this)")


class _StopReadingError(Exception):
    """The rest of the text cannot be made sense of; the reason is among the faults."""


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.groups: dict[str, int] = {}  # how many faults of each group there are
        self.ended = False
        self.wanted: list[str] = []  # the closing brackets of what is open, innermost last
        self.faults: list[Fault] = []
        self.places: dict[Path, tuple[int, int]] = {}

    def fault(self, fault: Fault) -> None:
        if fault.group:
            self.groups[fault.group] = self.groups.get(fault.group, 0) + 1
            if self.groups[fault.group] > 1:
                return
        self.faults.append(fault)
        if len(self.faults) >= MAX_FAULTS:
            raise _StopReadingError

    def peek(self) -> str:
        """The next character that is not blank, as ASCII punctuation; empty at the end."""
        while True:
            self.at = SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]  # matches always
            if comment := COMMENT.match(self.text, self.at):
                self.fault(faulty.comment(self.at))
                self.at = comment.end()
                continue
            char = self.text[self.at : self.at + 1]
            if char and (char.isspace() or not char.isprintable()):
                self.fault(faulty.invisible(self.at, char))
                self.at += 1
                continue
            return char

    def punctuation(self) -> str:
        """As `peek`, with a wide comma, colon or bracket named and taken for the ASCII one."""
        char = self.peek()
        if char in WIDE:
            self.fault(faulty.wide(self.at, char, WIDE[char]))
            self.text = self.text[: self.at] + WIDE[char] + self.text[self.at + 1 :]
            return WIDE[char]
        return char

    def document(self) -> Any:
        if not self.peek():
            self.fault(faulty.empty(self.at))
            raise _StopReadingError
        word = WORD.match(self.text, self.at)
        if word and word.group() not in WORDS | NEAR_WORDS and not NUMBER.fullmatch(word.group()):
            self.fault(faulty.no_object(self.at))  # YAML, or another file
            raise _StopReadingError
        value = self.value((), 0)
        if self.punctuation():
            self.fault(faulty.trailing_text(self.at))
        return value

    def value(self, path: Path, depth: int) -> Any:
        char = self.punctuation()
        self.places[path] = (self.places.get(path, (self.at, 0))[0], self.at)
        if char in CLOSING:
            if depth >= MAX_DEPTH:
                self.fault(faulty.too_deep(self.at, path, MAX_DEPTH))
                raise _StopReadingError
            return self.object(path, depth) if char == "{" else self.array(path, depth)
        if char in QUOTES:
            return self.string(path)
        if char in ("", ",", ":", "}", "]"):
            self.fault(faulty.no_value(self.at, char, path))
            return None
        return self.scalar(path)

    def string(self, path: Path) -> str:
        quote = self.text[self.at]
        value, end, faults = read_string(self.text, self.at, QUOTES[quote], path)
        if quote != '"':
            self.fault(faulty.quotes(self.at, quote, path))
        for fault in faults:
            self.fault(fault)
        self.at = end
        return value

    def scalar(self, path: Path) -> Any:
        start = self.at
        word = WORD.match(self.text, start)
        if word is None:  # a stray quote or wide sign; all others are in WORD
            self.fault(faulty.unexpected(start, self.text[start], path))
            raise _StopReadingError
        self.at = word.end()
        token = word.group()
        if token in WORDS:
            return WORDS[token]
        if NUMBER.fullmatch(token):
            return self.number(start, token, path)
        if token in NEAR_WORDS:
            value, remedy = NEAR_WORDS[token]
            self.fault(faulty.not_a_word(start, token, remedy, path))
            return value
        if token[0] in "+-.0123456789":
            self.fault(faulty.number(start, token, path))
            return int(token) if token.isascii() and token.isdigit() and len(token) < MAX_DIGITS else 0
        self.fault(faulty.not_a_word(start, token, f'Put quotes around a text: "{token}".', path))
        return token

    def number(self, start: int, token: str, path: Path) -> int | float:
        whole = token.lstrip("-").isdigit()
        if len(token) > MAX_DIGITS or (not whole and abs(float(token)) == float("inf")):
            self.fault(faulty.number_range(start, path))
            return 0
        return int(token) if whole else float(token)

    def array(self, path: Path, depth: int) -> list[Any]:
        opened, items = self.open("]"), list[Any]()
        while self.another("]", opened, path, first=not items):
            items.append(self.value((*path, len(items)), depth + 1))
        self.wanted.pop()
        return items

    def object(self, path: Path, depth: int) -> dict[str, Any]:
        opened, members = self.open("}"), dict[str, Any]()
        while self.another("}", opened, path, first=not members):
            key_at = self.at
            key = self.key(path)
            if key in members:
                self.fault(faulty.duplicate_key(key_at, key, (*path, key)))
            if self.punctuation() == ":":
                self.at += 1
            else:
                self.fault(faulty.no_colon(self.at, key, path))
            self.places[(*path, key)] = (key_at, key_at)
            members[key] = self.value((*path, key), depth + 1)
        self.wanted.pop()
        return members

    def open(self, closing: str) -> int:
        self.wanted.append(closing)
        self.at += 1
        return self.at - 1

    def key(self, path: Path) -> str:
        if self.text[self.at] in QUOTES:
            return self.string(path)
        word = WORD.match(self.text, self.at)
        if word is None:
            self.fault(faulty.unexpected(self.at, self.text[self.at], path))
            raise _StopReadingError
        self.fault(faulty.unquoted_key(self.at, word.group(), path))
        self.at = word.end()
        return word.group()

    def another(self, closing: str, opened: int, path: Path, *, first: bool) -> bool:
        """Whether another member follows; reads the commas before it, or the bracket that ends them all."""
        after = self.at
        char = self.punctuation()
        commas = 0
        while char == ",":
            comma_at = self.at
            if first or commas:
                self.fault(faulty.extra_comma(comma_at, path))
            commas += 1
            self.at += 1
            char = self.punctuation()
        if char == closing:
            if commas and not first:
                self.fault(faulty.extra_comma(comma_at, path))
            self.at += 1
            return False
        if not char:
            if not self.ended:  # one fault for the innermost bracket; those around it are open for the same reason
                self.fault(faulty.unclosed(opened, self.text[opened], path))
            self.ended = True
            return False
        if char in "}]":
            self.fault(faulty.wrong_bracket(self.at, char, closing, self.text.count("\n", 0, opened) + 1, path))
            self.at += char not in self.wanted  # it ends a bracket further out, or is the wrong one of this
            return False
        if char == ":":
            self.fault(faulty.unexpected(self.at, char, path))
            raise _StopReadingError
        if not first and not commas:
            self.fault(faulty.missing_comma(after, path))
        return True
