"""The command as a whole: help, version, wrong flags, closed pipes; never a traceback for what a user does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.e2e.command_line import PROGRAM, environment, hitless

from hitless import __version__


def test_version() -> None:
    assert hitless("--version").stdout == f"hitless {__version__}\n"


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_verb_with_examples(flag: str) -> None:
    done = hitless(flag)
    assert done.returncode == 0
    for words in ("init ", "serve ", "predict ", "config ", "Examples:", "hitless init my-model", "--version"):
        assert words in done.stdout


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        pytest.param("init", "hitless init my-model --template image", id="init"),
        pytest.param("predict", "hitless predict my-model -F images=@7.jpg", id="predict"),
        pytest.param("config", "check", id="config"),
        pytest.param("serve", "hitless serve --reload", id="serve-has-its-own"),
    ],
)
def test_help_of_a_verb(verb: str, words: str) -> None:
    done = hitless(verb, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert words in done.stdout


def test_every_line_of_the_help_fits_on_a_terminal() -> None:
    """An example that is wrapped cannot be read."""
    for verb in ((), ("init",), ("predict",)):
        lines = hitless(*verb, "--help", COLUMNS="80").stdout.splitlines()
        examples = [line for line in lines if line.startswith("   hitless ")]
        assert examples
        after = [lines[lines.index(line) + 1].strip() for line in examples]
        assert all(line == "" or line.startswith("hitless ") for line in after)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["no-such-verb"], id="verb"),
        pytest.param(["--no-such-flag"], id="flag"),
        pytest.param(["init"], id="argument-missing"),
        pytest.param(["init", "x", "--template", "y"], id="no-template"),
        pytest.param(["predict", "--no-such-flag"], id="flag-of-predict"),
        pytest.param(["serve", "--no-such-flag"], id="flag-of-serve"),
        pytest.param(["serve", "no-such-folder"], id="folder-of-serve"),
        pytest.param(["config", "check", "no-such-file"], id="file-of-config"),
    ],
)
def test_wrong_input(arguments: list[str], tmp_path: Path) -> None:
    done = hitless(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_serving_loads_no_library_of_the_command_line(tmp_path: Path) -> None:
    """What a server does not load costs it no memory and no time to start."""
    program = (
        "import sys\nfrom hitless.cli import main\n"
        "sys.argv[1:] = ['serve', '--explain', '.']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'typer', 'rich', 'httpx'} & set(sys.modules)))"
    )
    hitless("init", tmp_path / "mine")
    done = subprocess.run([PROGRAM[0], "-c", program], cwd=tmp_path / "mine", env=environment(),
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--help"], id="help"),
        pytest.param(["--version"], id="version"),
        pytest.param(["serve", "--explain", "mine"], id="serve"),
        pytest.param(["predict", "mine"], id="predict"),
        pytest.param(["config", "show", "mine/config.json"], id="config"),
    ],
)
def test_a_reader_that_goes_away(tmp_path: Path, arguments: list[str]) -> None:
    """`hitless … | head` ends without a word."""
    hitless("init", tmp_path / "mine")
    with subprocess.Popen(
        [*PROGRAM, *arguments], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) in (1, 141)  # 1: typer and rich end like this


def test_an_encoding_without_arrows(tmp_path: Path) -> None:
    done = hitless("init", ".", cwd=tmp_path)
    assert done.returncode == 0
    done = hitless("init", ".", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert "\\u2192 Choose another name" in done.stderr
