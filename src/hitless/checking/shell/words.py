"""Reads the words of a script: quoting, expansions, here-documents (XCU 2.2, 2.3, 2.6). The grammar is another's.

It reads as dash does, whose reading is the strictest of those in use; what only bash reads is noted and read all the
same, so that the rest can be understood.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from hitless.checking.shell.characters import CharacterReader
from hitless.checking.shell.tree import (
    Arithmetic,
    HereDocument,
    Literal,
    Parameter,
    Part,
    Statement,
    Substitution,
    Word,
)

_PLAIN = re.compile(r"[^ \t\n\\'\"`$|&;<>()}]+")
_IN_QUOTES = re.compile(r"[^\\\"`$]+")
_IN_ARITHMETIC = re.compile(r"[^\\\"'`$()]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPECIAL = re.compile(r"[0-9@*#?$!-]")
_OPERATOR = re.compile(r":?[-=?+]|%%?|##?")
_DIGITS = re.compile(r"[0-9]+")
_IN_BRACES = re.compile(r"[^\\\"'`$}]+")
_IN_BACKQUOTES = re.compile(r"[^`\\]+")
_BRACES = re.compile(r"\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}")
_META = frozenset(" \t\n|&;<>()")


class WordReader(CharacterReader, ABC):
    """Reads a word where it stands."""

    def __init__(self, text: str, first_line: int = 1, depth: int = 0) -> None:
        super().__init__(text, first_line, depth)
        self.awaited: list[tuple[str, bool, bool, int]] = []  # delimiter, expands, strips tabs, line

    @abstractmethod
    def statements_to(self, end: str) -> tuple[Statement, ...]:
        """Commands up to `end`, which is read too: `)`, or an empty one for the end of the text."""

    @abstractmethod
    def inner(self, text: str, line: int) -> WordReader:
        """A reader of a text that was taken out of this one, which shares its notes."""

    # words

    def word(self) -> Word | None:
        """The word that begins here; None where none does."""
        begin, line = self.position, self.line
        parts: list[Part] = []
        braces = False
        while char := self.peek():
            if char in "<>" and self.text.startswith("(", self.position + 1):
                parts.append(self._process_substitution())
            elif char in _META:
                break
            elif text := self.match(_PLAIN):
                parts.append(Literal(text))
            elif char == "}":
                self.position += 1
                parts.append(Literal(char))
                braces = True
            else:
                parts.extend(self._special(char, quoted=False))
        if not parts:
            return None
        word = Word(_merged(parts), self.text[begin : self.position], line)
        if braces and _expands_braces(word):
            self.note("brace expansion, which sh takes literally", "write the words out", line=line)
        return word

    def _special(self, char: str, *, quoted: bool) -> list[Part]:
        """A part that begins with one of \\ ' " ` $."""
        match char:
            case "\\":
                return [self._escaped()]
            case "'":
                return [self._single_quoted()]
            case '"':
                return self._double_quoted()
            case "`":
                return [self._backquoted(quoted=quoted)]
        return [self._dollar(quoted=quoted)]

    def _escaped(self) -> Literal:
        text = self.text[self.position + 1 : self.position + 2]
        self.position += 1 + len(text)
        return Literal(text or "\\", quoted=True)

    def _single_quoted(self) -> Literal:
        line, begin = self.line, self.position + 1
        end = self.text.find("'", begin)
        if end < 0:
            raise self.refuse("a single quote is never closed", line)
        self.position = end + 1
        return Literal(self.text[begin:end], quoted=True)

    def _double_quoted(self) -> list[Part]:
        line = self.line
        self.position += 1
        parts: list[Part] = [Literal("", quoted=True)]
        while True:
            char = self.peek()
            if char == '"':
                self.position += 1
                return parts
            if not char:
                raise self.refuse("a double quote is never closed", line)
            parts.append(self._within_quotes(char, '"'))

    def _within_quotes(self, char: str, closing: str) -> Part:
        """Text or an expansion between double quotes, or in a here-document (`closing` is empty)."""
        if char == "\\":
            following = self.text[self.position + 1 : self.position + 2]
            self.position += 1 + len(following)
            kept = "" if following in {"$", "`", "\\", closing} and following else "\\"
            return Literal(kept + following, quoted=True)
        if char == "`":
            return self._backquoted(quoted=True)
        if char == "$":
            return self._dollar(quoted=True)
        text = self.match(_IN_QUOTES)
        if not text:
            self.position += 1
        return Literal(text or char, quoted=True)

    # expansions

    def _dollar(self, *, quoted: bool) -> Part:
        line = self.line
        self.position += 1
        char = self.peek()
        if char == "(":
            return self._parenthesised(line, quoted=quoted)
        if char == "{":
            return self._braced(line, quoted=quoted)
        if name := self.match(_NAME) or self.match(_SPECIAL):
            return Parameter(name, quoted)
        if char in ("'", '"') and char and not quoted:
            self.note(f"${char}…{char}, which sh takes as a dollar sign and a string", "use printf", line=line)
        return Literal("$", quoted)

    def _parenthesised(self, line: int, *, quoted: bool) -> Part:
        if self.looking_at("(("):
            if (source := self.arithmetic(line)) is not None:
                return Arithmetic(source, quoted)
            self.note("$(( that begins no arithmetic", "put a blank between $( and (", line=line, syntax=True)
        self.position += 1
        self.enter()
        awaited, self.awaited = self.awaited, []
        statements = self.statements_to(")")
        self.awaited = awaited + self.awaited
        self.leave()
        return Substitution(statements, quoted)

    def arithmetic(self, line: int) -> str | None:
        """`((…))`; None where the parentheses end otherwise. What is expanded within is read, but not kept."""
        begin = self.position
        self.position += 2
        self.enter()
        noted, read, depth = len(self.bashisms), len(self.documents), 0
        while True:
            char = self.peek()
            if not char:
                raise self.refuse("$(( is never closed by ))", line)
            if char == ")" and depth == 0:
                self.leave()
                if not self.accept("))"):
                    del self.bashisms[noted:], self.documents[read:]
                    self.go_back(begin)
                    return None
                return self.text[begin + 2 : self.position - 2]
            if char in "()":
                depth += 1 if char == "(" else -1
                self.position += 1
            elif not self.match(_IN_ARITHMETIC):
                if char == "'":
                    self.position += 1
                else:
                    self._special(char, quoted=False)

    def _braced(self, line: int, *, quoted: bool) -> Part:
        """`${…}`. What is no expansion of POSIX is one of bash, and a "bad substitution" in sh, as it runs."""
        begin = self.position
        self.position += 1
        self.enter()
        length = self.looking_at("#") and not self._is_count()
        self.position += int(length)
        name = self.match(_NAME) or self.match(_DIGITS) or self.match(_SPECIAL)
        operator = "#" if length else self.match(_OPERATOR)
        argument: Word | None = None
        if name and operator and not length:
            argument = self._argument(line, operator, quoted=quoted)
        elif not name or not self.accept("}"):
            self._argument(line, "", quoted=quoted)
            source = self.text[begin : self.position]
            self.note(f"the expansion ${source[:40]}", "use ${x%…}, ${x#…}, ${x:-…} or cut, tr, sed", line=line)
        self.leave()
        return Parameter(name, quoted, operator, argument)

    def _is_count(self) -> bool:
        """`${#}` and `${#-word}` are about the number of arguments; `${#x}` is a length."""
        following = self.text[self.position + 1 : self.position + 2]
        return not (following.isalnum() or following in ("_", "@", "*", "?", "$", "!", "#", "-")) or (
            following in ("-", "?", "#") and self.text[self.position + 2 : self.position + 3] != "}"
        )

    def _argument(self, line: int, operator: str, *, quoted: bool) -> Word:
        """What follows the operator, up to the closing brace, which is read too. Between double quotes a single quote
        stands for itself there, save in patterns (XCU 2.6.2)."""
        begin, first = self.position, self.line
        literal_quotes = quoted and operator[:1] not in ("%", "#")
        parts: list[Part] = []
        while True:
            char = self.peek()
            if not char:
                raise self.refuse("${ is never closed by }", line)
            if char == "}":
                self.position += 1
                return Word(_merged(parts), self.text[begin : self.position - 1], first)
            if char in '\\`$"' or (char == "'" and not literal_quotes):
                parts.extend(self._special(char, quoted=quoted))
            else:
                text = self.match(_IN_BRACES)
                self.position += 0 if text else 1
                parts.append(Literal(text or char, quoted))

    def _backquoted(self, *, quoted: bool) -> Substitution:
        line = self.line
        self.position += 1
        pieces: list[str] = []
        while True:
            char = self.peek()
            if not char:
                raise self.refuse("a backquote is never closed", line)
            if char == "`":
                self.position += 1
                break
            if char == "\\":
                following = self.text[self.position + 1 : self.position + 2]
                kept = "" if following in {"$", "`", "\\", '"' if quoted else "$"} and following else "\\"
                pieces.append(kept + following)
                self.position += 1 + len(following)
            else:
                pieces.append(self.match(_IN_BACKQUOTES))
        self.enter()
        statements = self.inner("".join(pieces), line).statements_to("")
        self.leave()
        return Substitution(statements, quoted)

    def _process_substitution(self) -> Part:
        kind = self.text[self.position]
        self.note(f"process substitution {kind}(…)", "use a pipe, or a file", syntax=True)
        self.position += 2
        self.enter()
        statements = self.statements_to(")")
        self.leave()
        return Substitution(statements)

    # here-documents

    def await_document(self, delimiter: Word, *, strips_tabs: bool) -> None:
        """A here-document begins after the next newline."""
        expands = not delimiter.is_quoted
        end = delimiter.constant if delimiter.constant is not None else delimiter.source
        self.awaited.append((end, expands, strips_tabs, delimiter.line))

    def newline(self) -> bool:
        """Skips one, and the here-documents that it begins."""
        if self.peek() != "\n":
            return False
        self.position += 1
        awaited, self.awaited = self.awaited, []
        for delimiter, expands, strips_tabs, line in awaited:
            self._document(delimiter, line, expands=expands, strips_tabs=strips_tabs)
        return True

    def _document(self, delimiter: str, line: int, *, expands: bool, strips_tabs: bool) -> None:
        body: list[str] = []
        first = self.line
        while self.position < len(self.text):
            text = self._raw_line(joined=expands)
            text = text.lstrip("\t") if strips_tabs else text
            if text.removesuffix("\n") == delimiter:
                break
            body.append(text)
        document = HereDocument(delimiter, "".join(body), expands, line)
        self.documents.append(document)
        if expands:
            self.enter()
            self.inner(document.text, first).expansions()
            self.leave()

    def _raw_line(self, *, joined: bool) -> str:
        begin = self.position
        end = self.text.find("\n", begin)
        while joined and end > begin and _ends_escaped(self.text, begin, end):
            end = self.text.find("\n", end + 1)
        self.position = len(self.text) if end < 0 else end + 1
        return self.text[begin : self.position]

    def expansions(self) -> None:
        """Reads a text as if between double quotes, to its end."""
        while char := self.peek():
            self._within_quotes(char, "")


def _ends_escaped(text: str, begin: int, end: int) -> bool:
    slashes = 0
    while end - slashes > begin and text[end - slashes - 1] == "\\":
        slashes += 1
    return slashes % 2 == 1


def _merged(parts: list[Part]) -> tuple[Part, ...]:
    """Neighbouring literals of the same quoting are one."""
    merged: list[Part] = []
    run: list[str] = []
    for index, part in enumerate(parts):
        if not isinstance(part, Literal):
            merged.append(part)
            continue
        run.append(part.text)
        following = parts[index + 1] if index + 1 < len(parts) else None
        if not (isinstance(following, Literal) and following.quoted == part.quoted):
            merged.append(Literal("".join(run), part.quoted))
            run = []
    kept = [part for part in merged if not (isinstance(part, Literal) and not part.text)]
    # the quotes of "$x" are told by its part; those of ""$x by nothing else
    return tuple(kept) if kept and all(part.quoted for part in kept) else tuple(merged)


def _expands_braces(word: Word) -> bool:
    """Unquoted braces around a comma or two dots; `${x}` and `{}` are none."""
    plain = "".join(part.text if isinstance(part, Literal) and not part.quoted else "x" for part in word.parts)
    found = _BRACES.search(plain)
    return found is not None and (".." not in found[0] or re.search(r"\{\w+\.\.\w+", found[0]) is not None)
