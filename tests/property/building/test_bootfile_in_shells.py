"""Whatever the paths and arguments: every shell starts that interpreter, in that folder, with these arguments."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.hitless.shells import SHELLS, need

from hitless.building.bootfile import boot_file

# Stands in the interpreter's place and says what it was given.
INTERPRETER = """#!/bin/sh
printf '%s\\0' "$0" "$PWD" "$@"
"""

_letters = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/")
_shell_letters = st.sampled_from(" '\"$`\\!*?[]{}()<>|&;#~=%^@:-ab")
names = (
    st.text(_letters | _shell_letters, min_size=1, max_size=40)
    .filter(lambda name: name not in (".", ".."))
    .filter(lambda name: len(name.encode()) <= 255)
)
arguments = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20), max_size=4
)
locales = st.sampled_from(["C", "C.UTF-8"])


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=60)
@example("it's", 'a "b" c', ["", "two words", "a\nb\n", "$HOME", "-n"], "C")
@example("$(exit 9)`exit 9`", "~*?[a-z]", ["*", "~", "\\"], "C.UTF-8")
@example("-e", "- -", ["--", "-"], "C")
@example("\\n\\c%s%n", "@PACKAGE@ \\", ["%s"], "C")
@example("模型 é\u2028\u0301", "\u00a0\U0001f600", ["é\x81\x01\x7f"], "C")
@given(names, names, arguments, locales)
def test_paths_and_arguments_arrive_unchanged(
    shell: str, python: str, package: str, arguments: list[str], locale: str
) -> None:
    need(SHELLS[shell][0])
    with tempfile.TemporaryDirectory() as made:
        above = Path(made).resolve()
        interpreter, folder, script = above / "bin" / python, above / "packages" / package, above / "run.sh"
        interpreter.parent.mkdir()
        folder.mkdir(parents=True)
        interpreter.write_text(INTERPRETER, encoding="utf-8")
        interpreter.chmod(0o755)
        script.write_text(boot_file(python=str(interpreter), package=str(folder)), encoding="utf-8", newline="")
        done = subprocess.run(
            [*SHELLS[shell], script, *arguments],
            capture_output=True, env={"LC_ALL": locale}, cwd="/", timeout=60, check=False,
        )  # fmt: skip
    said = done.stdout.split(b"\0")[:-1]
    expected = [str(interpreter), str(folder), "-P", "-m", "hitless.serving", str(folder), *arguments]
    assert (done.returncode, done.stderr) == (0, b"")
    assert said == [os.fsencode(word) for word in expected]


@given(names, st.sampled_from([chr(code) for code in (*range(32), *range(127, 160))]), names)
def test_no_control_character_gets_in(before: str, control: str, after: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        boot_file(package=f"/{before}{control}{after}")
