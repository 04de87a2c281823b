"""The grammar of POSIX sh (XCU 2.10): text → Script. Pure and bounded; any text gives a Script, never an exception."""

from __future__ import annotations

from hitless.checking.shell.bash import BashReader
from hitless.checking.shell.characters import MOST_CHARACTERS, Refused
from hitless.checking.shell.commands import NAME
from hitless.checking.shell.tree import (
    Case,
    Command,
    Fault,
    For,
    Group,
    If,
    Loop,
    Pipeline,
    Script,
    Statement,
    Word,
)

_RESERVED = frozenset(
    ("!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until", "while")
)


def parse(text: str) -> Script:
    """Reads a whole script. A text that is too long, or too deep, is a fault as well."""
    if len(text) > MOST_CHARACTERS:
        return Script((), (Fault(f"the script has more than {MOST_CHARACTERS} characters", 1),))
    reader = _Grammar(text)
    faults: tuple[Fault, ...] = ()
    statements: list[Statement] = []
    try:
        reader.read_into(statements)
    except Refused as refused:
        faults = (refused.fault,)
    bashisms = tuple(sorted(reader.bashisms, key=lambda one: one.line))
    return Script(tuple(statements), faults, bashisms, tuple(reader.documents), text.count("\n") + 1)


class _Grammar(BashReader):
    """Recursive descent; each method reads what it is named after, and refuses what cannot go on."""

    def inner(self, text: str, line: int) -> _Grammar:
        reader = _Grammar(text, line, self.depth)
        reader.share(self)
        return reader

    def statements_to(self, end: str) -> tuple[Statement, ...]:
        statements: list[Statement] = []
        self.read_into(statements, end)
        if end:
            self.position += 1
        return tuple(statements)

    def read_into(self, statements: list[Statement], end: str = "") -> None:
        """Statements up to the end, which is not read."""
        while True:
            self.line_break()
            if not self.peek() and not end:
                return
            if end and self.looking_at(end):
                return
            statements.append(self._statement())
            if end and self.looking_at(end):
                return
            self._separated()

    def _separated(self) -> None:
        """After a statement: what ended it was read; else only a newline or the end can follow."""
        if self.text[self.position - 1 : self.position] in (";", "&") or self.peek() in ("", "\n"):
            return
        raise self.unexpected()

    # lists

    def _compound_list(self, *ends: str) -> tuple[Statement, ...]:
        """One statement at least, up to one of the reserved words, which is not read."""
        statements: list[Statement] = []
        while True:
            self.line_break()
            if statements and self.at_word(ends):
                return tuple(statements)
            statements.append(self._statement())
            self._separated()

    def _statement(self) -> Statement:
        line = self.line
        pipelines = [("", self._pipeline())]
        while True:
            operator = next((one for one in ("&&", "||") if self.looking_at(one)), "")
            if not operator:
                break
            self.position += 2
            self.line_break()
            pipelines.append((operator, self._pipeline()))
        background = False
        if not self.looking_at(";;"):
            background = self.accept("&")
            if background and self.looking_at(">"):
                self.note("&> for both streams, which sh reads as `&` and `>`", "write > file 2>&1")
            if not background:
                self.accept(";")
        return Statement(tuple(pipelines), background, line)

    def _pipeline(self) -> Pipeline:
        self.skip_blanks()
        line = self.line
        negated = self.take_word("!")
        commands = [self._command()]
        while self.looking_at("|") and not self.looking_at("||"):
            self.position += 1
            if self.accept("&"):
                self.note("|& for both streams", "write 2>&1 |", syntax=True)
            self.line_break()
            commands.append(self._command())
        return Pipeline(tuple(commands), negated, line)

    # commands

    def _command(self) -> Command:
        self.skip_blanks()
        self.enter()
        command = self.compound() or self.simple()
        self.leave()
        self.skip_blanks()
        return command

    def compound(self) -> Command | None:
        if self.looking_at("(("):
            return self.arithmetic_command()
        if self.looking_at("("):
            return self.subshell()
        word = self._reserved()
        match word:
            case None:
                return None
            case "{":
                return self._braces()
            case "if":
                return self._if()
            case "while" | "until":
                return self._loop(word)
            case "for" | "select":
                return self._for(word)
            case "case":
                return self._case()
            case "function":
                return self.bash_function()
            case "[[":
                return self.bash_test_or_simple()
        raise self.unexpected()

    def _reserved(self) -> str | None:
        """The word that is next, not read, if it is a reserved one or opens a construct of bash; else None."""
        word = self.keyword()
        return word if word in _RESERVED or self.opens_of_bash(word) else None

    def _need_word(self, word: str) -> None:
        self.line_break()
        if not self.take_word(word):
            raise self.refuse(f"{self._shown()} stands where {word!r} is expected")

    def subshell(self) -> Group:
        line = self.line
        self.position += 1
        body = self.statements_to(")")
        if not body:
            raise self.refuse("a subshell has no command", line)
        return Group(body, True, self.redirects(), line)

    def _braces(self) -> Group:
        line = self.line
        self.position += 1
        body = self._compound_list("}")
        self._need_word("}")
        return Group(body, False, self.redirects(), line)

    def _if(self) -> If:
        line, branches, word = self.line, [], "if"
        while self.take_word(word):
            condition = self._compound_list("then")
            self._need_word("then")
            branches.append((condition, self._compound_list("elif", "else", "fi")))
            word = "elif"
        otherwise = self._compound_list("fi") if self.take_word("else") else ()
        self._need_word("fi")
        return If(tuple(branches), otherwise, self.redirects(), line)

    def _loop(self, word: str) -> Loop:
        line = self.line
        self.take_word(word)
        condition = self._compound_list("do")
        body = self._do_group()
        return Loop(condition, body, word == "until", self.redirects(), line)

    def _do_group(self) -> tuple[Statement, ...]:
        self._need_word("do")
        body = self._compound_list("done")
        self._need_word("done")
        return body

    def _for(self, keyword: str) -> For:
        line = self.line
        self.take_word(keyword)
        if keyword == "select":
            self.note("select", "read an answer in a loop", line=line, syntax=True)
        if self.looking_at("(("):
            return self._arithmetic_for(line)
        word = self.word()
        name = word.source if word is not None else ""
        if not NAME.match(name):
            raise self.refuse("the variable of `for` is no name", line)
        self.line_break()
        words: list[Word] | None = None
        if self.take_word("in"):
            words = []
            while (word := self.next_word()) is not None:
                words.append(word)
            if not self.accept(";") and self.peek() != "\n":
                raise self.unexpected()
        else:
            self.accept(";")
        body = self._do_group()
        return For(name, None if words is None else tuple(words), body, self.redirects(), line)

    def _arithmetic_for(self, line: int) -> For:
        self.note("for ((…))", "count in a while loop", line=line, syntax=True)
        if self.arithmetic(line) is None:
            raise self.unexpected()
        self.skip_blanks()
        self.accept(";")
        return For("", None, self._do_group(), self.redirects(), line)

    def _case(self) -> Case:
        line = self.line
        self.take_word("case")
        subject = self.next_word()
        if subject is None:
            raise self.unexpected()
        self._need_word("in")
        items = []
        self.line_break()
        while not self.take_word("esac"):
            items.append(self._case_item())
            self.line_break()
        return Case(subject, tuple(items), self.redirects(), line)

    def _case_item(self) -> tuple[tuple[Word, ...], tuple[Statement, ...]]:
        self.accept("(")
        patterns = []
        while True:
            pattern = self.next_word()
            if pattern is None:
                raise self.unexpected()
            patterns.append(pattern)
            self.skip_blanks()
            if not self.accept("|"):
                break
        if not self.accept(")"):
            raise self.unexpected()
        return tuple(patterns), self._case_body()

    def _case_body(self) -> tuple[Statement, ...]:
        body: list[Statement] = []
        while True:
            self.line_break()
            if self.accept(";;"):
                if self.accept("&"):
                    self.note(";;& in case", "write the patterns into one", syntax=True)
                return tuple(body)
            if self.at_word(("esac",)):
                return tuple(body)
            body.append(self._statement())
            if self.text.startswith("&", self.position) and self.text[self.position - 1] == ";":
                self.position += 1
                self.note(";& in case", "repeat the commands", syntax=True)
                return tuple(body)
            if not self.looking_at(";;"):
                self._separated()
