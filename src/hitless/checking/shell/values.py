"""What words are worth, as far as can be told without running anything: constants, defaults. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hitless.checking.shell.flow import Step
from hitless.checking.shell.tree import Literal, Parameter, Part, Word

_DEFAULTS = frozenset({":-", "-", ":=", "="})
_MOST = 10_000
_MOST_DEPTH = 8


@dataclass(frozen=True)
class Values:
    """`words`: each variable that is given one value only. `several`: those with more, whose value is not known."""

    words: Mapping[str, Word] = field(default_factory=dict)
    several: frozenset[str] = frozenset()

    def of(self, word: Word, depth: int = 0) -> str | None:
        """None where it depends on the environment, the arguments, or a command."""
        pieces = [self._part(part, depth) for part in word.parts]
        known = [piece for piece in pieces if piece is not None]
        return "".join(known)[:_MOST] if len(known) == len(pieces) else None

    def _part(self, part: Part, depth: int) -> str | None:
        if isinstance(part, Literal):
            return part.text
        if not isinstance(part, Parameter) or depth >= _MOST_DEPTH:
            return None
        if part.name in self.words and part.operator in ("", *_DEFAULTS):
            return self.of(self.words[part.name], depth + 1)
        if part.operator in _DEFAULTS and part.argument is not None and part.name not in self.several:
            return self.of(part.argument, depth + 1)
        return None

    def is_set(self, name: str) -> bool:
        return name in self.words or name in self.several


def values_of(steps: Iterable[Step]) -> Values:
    """Assignments that stay: of commands without a name, and of export and readonly."""
    words: dict[str, Word] = {}
    several: set[str] = set()
    for step in steps:
        for name, value in _set_by(step):
            own = any(isinstance(part, Parameter) and part.name == name for part in value.parts)
            if own and name not in words:
                words[name] = value  # x=${x:-default}
            elif name in words or step.looped:
                several.add(name)
            else:
                words[name] = value
    return Values({name: word for name, word in words.items() if name not in several}, frozenset(several))


def _set_by(step: Step) -> Iterator[tuple[str, Word]]:
    if not step.command.words:
        yield from ((one.name, one.value) for one in step.command.assignments)
    elif step.name in ("export", "readonly", "local"):
        for word in step.command.words[1:]:
            if (found := _assigned(word)) is not None:
                yield found


def _assigned(word: Word) -> tuple[str, Word] | None:
    first = word.parts[0]
    if not isinstance(first, Literal) or "=" not in first.text:
        return None
    name, _, rest = first.text.partition("=")
    return name, Word((*([Literal(rest, first.quoted)] if rest else []), *word.parts[1:]), word.source, word.line)
