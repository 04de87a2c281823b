"""Reads simple commands, redirections and the heads of functions (XCU 2.9.1, 2.7, 2.9.5)."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Collection

from hitless.checking.shell.characters import Refused
from hitless.checking.shell.tree import Assignment, Command, Function, Literal, Redirect, Simple, Word
from hitless.checking.shell.words import WordReader

_OPERATORS = ("&&", "||", ";;", "|", "&", ";", "(", ")")
_REDIRECTS = ("<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_IO_NUMBER = re.compile(r"([0-9]+)(?=[<>])")
_AFTER_ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=\Z")
_KEYWORD = re.compile(r"!|\{|\}|\[\[|[a-z]+")
_AFTER_WORD = frozenset(("", *" \t\n|&;<>()"))


class CommandReader(WordReader):
    """Each method reads what it is named after, and refuses what cannot go on."""

    @abstractmethod
    def compound(self) -> Command | None:
        """The compound command that begins here; None where none does."""

    def line_break(self) -> None:
        self.skip_blanks()
        while self.newline():
            self.skip_blanks()

    def next_word(self) -> Word | None:
        self.skip_blanks()
        return self.word()

    def keyword(self) -> str:
        """The letters or braces that are next, not read, where they are a whole word."""
        self.peek()
        begin = self.position
        found = _KEYWORD.match(self.text, begin)
        if found is None:
            return ""
        self.position = found.end()
        ends = self.peek() in _AFTER_WORD
        self.position = begin
        return found[0] if ends else ""

    def at_word(self, words: Collection[str]) -> bool:
        self.skip_blanks()
        return self.keyword() in words

    def take_word(self, word: str) -> bool:
        if not self.at_word((word,)):
            return False
        self.position += len(word)
        self.skip_blanks()
        return True

    def unexpected(self) -> Refused:
        return self.refuse(f"{self._shown()} is not expected here")

    def _shown(self) -> str:
        self.skip_blanks()
        char = self.peek()
        if not char:
            return "the end of the script"
        if char == "\n":
            return "the end of the line"
        begin = self.position
        for operator in (*_OPERATORS, *_REDIRECTS):
            if self.text.startswith(operator, begin):
                return repr(operator)
        return repr(re.split(r"[\s;|&()<>]", self.text[begin : begin + 30], maxsplit=1)[0])

    # simple commands

    def simple(self) -> Command:
        line = self.line
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        arrays = False
        while True:
            self.skip_blanks()
            redirect = self._redirect()
            if redirect is not None:
                redirects.append(redirect)
                continue
            word = self.word()
            if word is None:
                break
            if not words and self.looking_at("(") and _AFTER_ASSIGNED.match(word.source):
                self._array(line)
                arrays = True
            elif not words and (assignment := _assignment(word)) is not None:
                assignments.append(assignment)
            elif not words and not assignments and not redirects and self._opens_function():
                return self._function(word, line)
            else:
                words.append(word)
        if not (assignments or words or redirects or arrays):
            raise self.unexpected()
        return Simple(tuple(assignments), tuple(words), tuple(redirects), line)

    def _array(self, line: int) -> None:
        self.note("an array", "use the arguments: set -- a b c", line=line, syntax=True)
        self.position += 1
        self.line_break()
        while self.word() is not None:
            self.line_break()
        if not self.accept(")"):
            raise self.unexpected()

    def _redirect(self) -> Redirect | None:
        line = self.line
        number = self.match(_IO_NUMBER)
        operator = next((one for one in _REDIRECTS if self.looking_at(one)), "")
        if not operator or (self.looking_at(operator[0] + "(") and not number):
            return None
        if self.accept("<<<"):
            self.note("<<< (a here-string)", "write printf '%s\\n' … |", line=line, syntax=True)
            operator = "<"
        else:
            self.position += len(operator)
        self.skip_blanks()
        target = None if _IO_NUMBER.match(self.text, self.position) else self.word()
        if target is None:
            raise self.unexpected()
        if operator.startswith("<<"):
            self.await_document(target, strips_tabs=operator == "<<-")
        if operator == ">&" and not (target.constant or "1").rstrip("-").isdigit() and target.constant != "-":
            self.note(f">& {target.source}, which is no file in sh", "write > file 2>&1", line=line)
        return Redirect(int(number[:4]) if number else None, operator, target, line)

    def _opens_function(self) -> bool:
        self.skip_blanks()
        return self.looking_at("(")

    def _function(self, word: Word, line: int) -> Function:
        self.position += 1
        self.skip_blanks()
        if not self.accept(")"):
            raise self.unexpected()
        if word.constant is None or word.is_quoted:
            raise self.refuse(f"{word.source[:30]} is no name of a function", line)
        if not NAME.match(word.source):
            self.note(f"the function name {word.source[:30]}", "use letters, digits and _", line=line, syntax=True)
        return Function(word.source, self.function_body(), line)

    def function_body(self) -> Command:
        self.line_break()
        self.peek()
        self.enter()
        body = self.compound()
        self.leave()
        if body is None:
            raise self.refuse(f"{self._shown()} stands where the body of a function is expected")
        return body

    def redirects(self) -> tuple[Redirect, ...]:
        found: list[Redirect] = []
        while True:
            self.skip_blanks()
            redirect = self._redirect()
            if redirect is None:
                return tuple(found)
            found.append(redirect)


def _assignment(word: Word) -> Assignment | None:
    first = word.parts[0]
    match = _ASSIGNED.match(first.text) if isinstance(first, Literal) and not first.quoted else None
    if match is None or not isinstance(first, Literal):
        return None
    rest = first.text[match.end() :]
    parts = (*((Literal(rest),) if rest else ()), *word.parts[1:])
    return Assignment(match[1], Word(parts, word.source[match.end() :], word.line), word.line)
