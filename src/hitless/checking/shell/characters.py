"""Reads the characters of a script, one after the other: line continuations, comments, limits, notes. No words yet."""

from __future__ import annotations

import bisect
import re

from hitless.checking.shell.tree import Bashism, Fault, HereDocument

MOST_CHARACTERS = 128 * 1024
MOST_READ_TWICE = MOST_CHARACTERS
MOST_DEPTH = 50  # of constructs in each other; what people write stays below ten

_BLANK = re.compile(r"[ \t]+")
_COMMENT = re.compile(r"#[^\n]*")
_SPLICE = "\\\n"


class Refused(Exception):  # noqa: N818 - control flow within the reader: the first fault ends the reading
    """Nothing after this can be understood."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.fault = Fault(message, line)


class Bounded(Refused):
    """A limit of ours was met: there is no other way to read it."""


class CharacterReader:
    """A text and how far it was read."""

    def __init__(self, text: str, first_line: int = 1, depth: int = 0) -> None:
        self.text = text
        self.position = 0
        self.depth = depth
        self.bashisms: list[Bashism] = []
        self.documents: list[HereDocument] = []
        self._fuel = [MOST_READ_TWICE]  # shared with the readers of what was taken out
        self._newlines = [index for index, char in enumerate(text) if char == "\n"]
        self._first_line = first_line

    def share(self, other: CharacterReader) -> None:
        """Notes and limits of another reader are this one's, too."""
        self.bashisms, self.documents, self._fuel = other.bashisms, other.documents, other._fuel

    @property
    def line(self) -> int:
        return self._first_line + bisect.bisect_left(self._newlines, self.position)

    def peek(self) -> str:
        """The next character, line continuations left out; empty at the end."""
        while self.text.startswith(_SPLICE, self.position):
            self.position += 2
        return self.text[self.position : self.position + 1]

    def looking_at(self, literal: str) -> bool:
        self.peek()
        return self.text.startswith(literal, self.position)

    def accept(self, literal: str) -> bool:
        if not self.looking_at(literal):
            return False
        self.position += len(literal)
        return True

    def match(self, pattern: re.Pattern[str]) -> str:
        """What the pattern takes here, which is skipped; empty for nothing."""
        self.peek()
        found = pattern.match(self.text, self.position)
        if found is None:
            return ""
        self.position = found.end()
        return found[0]

    def refuse(self, message: str, line: int | None = None) -> Refused:
        return Refused(message, self.line if line is None else line)

    def note(self, what: str, instead: str, *, line: int | None = None, syntax: bool = False) -> None:
        self.bashisms.append(Bashism(what, instead, self.line if line is None else line, syntax))

    def go_back(self, position: int) -> None:
        """To read something in another way. Such attempts lie in each other: their sum is bounded, or it would double
        with each."""
        self._fuel[0] -= self.position - position + 1
        if self._fuel[0] < 0:
            raise Bounded("too much of it can be read in two ways", self.line)
        self.position = position

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise Bounded(f"more than {MOST_DEPTH} constructs lie in each other", self.line)

    def leave(self) -> None:
        self.depth -= 1

    def skip_blanks(self) -> None:
        while self.match(_BLANK):
            pass
        self.match(_COMMENT)
