"""How commands end: message and exit code for whatever they return or raise."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from hitless.cli.ending import INTERRUPTED, OUR_FAULT, end
from hitless.errors import HitlessError, InputError, Problem, UnavailableError


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def command() -> NoReturn:
        raise error

    return command


BAD_URL = Problem("CFG-1", "no path", "Write a slash.", "config.json", 3, 5, "$.apis[0].url")
NO_FILE = Problem("PKG-1", "no folder", "Give one.")


@pytest.mark.parametrize(
    ("command", "code", "errors"),
    [
        pytest.param(lambda: None, 0, "", id="nothing"),
        pytest.param(lambda: 1, 1, "", id="the-answer-is-no"),
        pytest.param(raising(SystemExit()), 0, "", id="exit"),
        pytest.param(raising(SystemExit(3)), 3, "", id="exit-with-a-code"),
        pytest.param(raising(SystemExit("words")), 1, "words\n", id="exit-with-words"),
        pytest.param(raising(KeyboardInterrupt()), INTERRUPTED, "", id="interrupted"),
        pytest.param(raising(UnavailableError("no server")), 3, "hitless: no server\n", id="unavailable"),
        pytest.param(raising(HitlessError("what?")), 70, "hitless: what?\n", id="another-of-ours"),
        pytest.param(
            raising(InputError([BAD_URL, NO_FILE])), 2,
            "error CFG-1  config.json:3:5  $.apis[0].url\n  no path\n  → Write a slash.\n\n"
            "error PKG-1\n  no folder\n  → Give one.\n\n",
            id="input",
        ),
    ],
)  # fmt: skip
def test_endings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: Any, code: int,
    errors: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert end(command) == code
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", errors)


def test_the_line_that_a_problem_points_at_is_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"url": "x"}')
    assert end(raising(InputError([Problem("CFG-1", "no path", "Write a slash.", str(file), 1, 9)]))) == 2
    assert '  1 │ {"url": "x"}\n    │         ^^^\n' in capsys.readouterr().err


def test_a_mistake_of_ours_says_how_to_report_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["hitless", "predict", "my model"])
    assert end(raising(ZeroDivisionError("division by zero"))) == OUR_FAULT
    errors = capsys.readouterr().err
    assert "Traceback (most recent call last)" in errors
    assert "ZeroDivisionError: division by zero" in errors
    assert "report it to the project" in errors
    assert "hitless predict 'my model'\n" in errors
