"""What a command line runs, as far as its words tell: the scripts behind interpreters and wrappers. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})
_BEFORE_PROGRAM = frozenset({"exec", "nohup", "setsid", "env", "--", "then", "do", "else"})
_OPERATORS = frozenset("();<>|&")
_MOST_SCRIPTS = 8
_LONGEST = 4096  # characters of a word
_DEEPEST = 3  # sh -c "sh -c …"


def name_of(word: str) -> str:
    """`/usr/bin/sh` → `sh`."""
    return word.rpartition("/")[2]


def scripts_of(command: Sequence[str]) -> tuple[str, ...]:
    """The words that may name scripts, in order, the first few. What a shell does in between is not followed.

    ["tini", "--", "/start"] → /start; ["sh", "-c", "cd /app && exec bash run"] → run.
    """
    words = (word for word in _candidates(command, _DEEPEST) if len(word) <= _LONGEST and "\0" not in word)
    return tuple(dict.fromkeys(words))[:_MOST_SCRIPTS]


def _candidates(words: Sequence[str], depth: int) -> Iterator[str]:
    begins, after_shell, is_text = True, False, False
    for word in words:
        if is_text:
            if depth:
                yield from _candidates(_words(word), depth - 1)
            is_text = after_shell = begins = False
        elif after_shell and word[:1] in "-+":
            is_text = word[:1] == "-" and word[1:2] != "-" and word.endswith("c")
        elif after_shell:
            yield word
            after_shell = begins = False
        elif name_of(word) in SHELLS:
            after_shell, begins = True, False
        else:
            if word.endswith(".sh") or (begins and "/" in word):
                yield word
            begins = word in _BEFORE_PROGRAM or set(word) <= _OPERATORS


def _words(text: str) -> list[str]:
    """Of a shell's lines, about: what is quoted stays together, operators are words of their own."""
    lexer = shlex.shlex(text[:_LONGEST].replace("\n", ";"), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:  # a quote that is not closed
        return text.split()
