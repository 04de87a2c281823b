"""Reads what only bash has: `function f`, `[[ … ]]`, `((…))`, `for ((…))`. Each is noted, and the rest read on."""

from __future__ import annotations

import re
from abc import abstractmethod

from hitless.checking.shell.characters import Bounded, Refused
from hitless.checking.shell.commands import CommandReader
from hitless.checking.shell.tree import Command, Function, Group, Literal, Simple, Word

_FUNCTION = re.compile(r"function[ \t]+")
_HEADS = {
    "function": re.compile(r"function[ \t]+[^\s()|&;<>]+[ \t]*(?:\([ \t]*\))?\s*[{(]"),
    "select": re.compile(r"select[ \t]+[A-Za-z_]\w*[ \t\n;]+(?:in|do)\b"),
}
_TEST_OPERATOR = re.compile(r"&&|\|\||[<>()|;&]")


class BashReader(CommandReader):
    """Commands, and those of bash."""

    @abstractmethod
    def subshell(self) -> Group:
        """`( … )`, which is next."""

    def opens_of_bash(self, word: str) -> bool:
        """A construct of bash begins with this word, which is next."""
        head = _HEADS.get(word)
        return word == "[[" or (head is not None and head.match(self.text, self.position) is not None)

    def arithmetic_command(self) -> Command:
        """`((…))`: two subshells for sh. What cannot be read as such is skipped."""
        line, mark = self.line, self._mark()
        try:
            command = self.subshell()
        except Bounded:
            raise
        except Refused:
            self._return_to(mark)
            source = self.arithmetic(line)
            if source is None:
                raise
            self.note("((…))", "write $((…)), or [ … ]", line=line, syntax=True)
            return Simple((), (Word((Literal("((", True),), source, line),), self.redirects(), line)
        self.note("((…)), which sh reads as two subshells", "write $((…)), or [ … ]", line=line)
        return command

    def _mark(self) -> tuple[int, int, int, int, list[tuple[str, bool, bool, int]]]:
        return self.position, self.depth, len(self.bashisms), len(self.documents), list(self.awaited)

    def _return_to(self, mark: tuple[int, int, int, int, list[tuple[str, bool, bool, int]]]) -> None:
        position, self.depth, noted, read, self.awaited = mark
        del self.bashisms[noted:], self.documents[read:]
        self.go_back(position)

    def bash_function(self) -> Function:
        line = self.line
        self.match(_FUNCTION)
        word = self.next_word()
        if word is None:
            raise self.unexpected()
        self.skip_blanks()
        parentheses = self.accept("(")
        if parentheses:
            self.skip_blanks()
            if not self.accept(")"):
                raise self.unexpected()
            self.skip_blanks()
        on_line = self.peek() != "\n"
        self.note("the word `function`", "write name() { …; }", line=line, syntax=parentheses or on_line)
        return Function(word.source, self.function_body(), line)

    def bash_test_or_simple(self) -> Command:
        mark = self._mark()
        try:
            return self._bash_test()
        except Bounded:
            raise
        except Refused:
            self._return_to(mark)
            return self.simple()

    def _bash_test(self) -> Simple:
        """`[[ … ]]` is kept as a simple command, its words and operators alike."""
        line, words, grouped = self.line, [], False
        while True:
            self.line_break()
            word = self.word()
            if word is None:
                if not self.peek():
                    raise self.refuse("[[ is never closed by ]]", line)
                grouped = grouped or self.peek() in "()"
                operator = self.match(_TEST_OPERATOR)
                if not operator:
                    raise self.unexpected()
                word = Word((Literal(operator),), operator, self.line)
            words.append(word)
            if word.source == "]]":
                break
        self.note("[[ … ]]", 'use [ … ], with its variables quoted: [ "$x" = y ]', line=line, syntax=grouped)
        return Simple((), tuple(words), self.redirects(), line)
