"""How modules are named, opened and sized: they say something, begin with their own rules, and have one job."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "hitless"
FILES = [file for file in sorted(SOURCE.rglob("*.py")) if "templates" not in file.parts]
MOST_LINES = 400
SAYS_NOTHING = frozenset({"utils", "util", "common", "helpers", "helper", "misc", "manager", "managers"})
NAMED_AS_IN_PYTHON = frozenset(sys.stdlib_module_names) - {"__main__"}
OWNED = re.compile(r"TO" + r"DO\(\S+\)")
UNOWNED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def name_of(file: Path) -> str:
    return str(file.relative_to(SOURCE))


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_module_begins_with_its_rules(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if not text:
        assert file.name == "__init__.py"
        return
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring is not None, "begin with a docstring that says what the file decides or does"
    assert len(docstring.splitlines()[0]) > 15


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_names_of_modules_say_something(file: Path) -> None:
    names = {part.removesuffix(".py") for part in file.relative_to(SOURCE).parts}
    assert not names & SAYS_NOTHING
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*|__init__|__main__", name) for name in names)


def test_no_module_at_the_top_is_named_like_one_of_python() -> None:
    """Inside a package such a name shadows nothing; run from within the folder, these would."""
    top = {file.stem for file in SOURCE.glob("*.py")} | {folder.name for folder in SOURCE.iterdir() if folder.is_dir()}
    assert not top & NAMED_AS_IN_PYTHON


def test_files_are_small() -> None:
    lengths = {name_of(file): len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    large = [f"{name}: {lines} lines" for name, lines in lengths.items() if lines > MOST_LINES]
    assert not large, "split them by job: " + ", ".join(large)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_what_is_to_be_done_has_an_owner(file: Path) -> None:
    comments = [
        (token.start[0], token.string)
        for token in tokenize.generate_tokens(io.StringIO(file.read_text(encoding="utf-8")).readline)
        if token.type == tokenize.COMMENT
    ]
    orphans = [f"line {line}: {text}" for line, text in comments if UNOWNED.search(OWNED.sub("", text))]
    assert not orphans, "\n".join(orphans)
