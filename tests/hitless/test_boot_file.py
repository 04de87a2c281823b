"""/home/run.sh under every shell: what it hands over to the interpreter, and what it says where it cannot."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from tests.hitless.shells import SHELLS, need

from hitless.building.bootfile import boot_file

# Each stands in the interpreter's place; `$4` is the package, after -P -m hitless.serving.
SAYS_WHERE = '#!/bin/sh\nprintf "%s\\n" "$$" "$PWD" "$4"\n'
ENDS_WITH_7 = "#!/bin/sh\nexit 7\n"
WAITS_FOR_SIGTERM = "#!/bin/sh\ntrap 'exit 5' TERM\necho waiting\nwhile :; do sleep 0.05; done\n"


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> Sequence[str]:
    words = SHELLS[request.param]
    need(words[0])
    return words


class Image:
    """The parts of an image that the boot file needs, in a folder of the test."""

    def __init__(self, above: Path, interpreter: str | None = SAYS_WHERE) -> None:
        self.python, self.package, self.script = above / "python", above / "package", above / "run.sh"
        self.package.mkdir()
        if interpreter is not None:
            self.python.write_text(interpreter, encoding="utf-8")
            self.python.chmod(0o755)
        text = boot_file(python=str(self.python), package=str(self.package))
        self.script.write_text(text, encoding="utf-8", newline="")

    def run(
        self, shell: Sequence[str], *, environ: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*shell, self.script], capture_output=True, text=True, env=environ or {}, cwd=cwd, timeout=60, check=False
        )


def test_the_package_is_the_working_folder(shell: Sequence[str], tmp_path: Path) -> None:
    image = Image(tmp_path)
    said = image.run(shell, cwd=Path("/")).stdout.split("\n")[1:3]
    assert said == [str(image.package)] * 2


def test_no_shell_stays_behind(shell: Sequence[str], tmp_path: Path) -> None:
    image = Image(tmp_path)
    with subprocess.Popen([*shell, image.script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{process.pid}\n"


def test_the_exit_status_is_passed_on(shell: Sequence[str], tmp_path: Path) -> None:
    done = Image(tmp_path, ENDS_WITH_7).run(shell)
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")


@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param(signal.SIGTERM, 5, id="caught"),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, id="not-to-be-caught"),
    ],
)
def test_signals_are_the_servers(shell: Sequence[str], tmp_path: Path, number: signal.Signals, status: int) -> None:
    image = Image(tmp_path, WAITS_FOR_SIGTERM)
    with subprocess.Popen([*shell, image.script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(number)
        assert process.wait(60) == status


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("{above}/another one", "{above}/another one", id="absolute"),
        pytest.param("another one", "{above}/another one", id="relative"),
        pytest.param("", "{above}/package", id="empty"),
    ],
)
def test_another_package_can_be_named(shell: Sequence[str], tmp_path: Path, given: str, expected: str) -> None:
    image = Image(tmp_path)
    (tmp_path / "another one").mkdir()
    done = image.run(shell, environ={"HITLESS_PACKAGE": given.format(above=tmp_path)}, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n")[1:3] == [expected.format(above=tmp_path)] * 2


# What is missing


def test_a_missing_interpreter_is_named(shell: Sequence[str], tmp_path: Path) -> None:
    image = Image(tmp_path, None)
    done = image.run(shell)
    sentence = f"{image.script}: there is no Python interpreter at {image.python}; build the image anew.\n"
    assert (done.returncode, done.stdout, done.stderr) == (127, "", sentence)


def test_an_interpreter_that_points_nowhere_is_missing(shell: Sequence[str], tmp_path: Path) -> None:
    """As that of a virtual environment is, when the base image has another Python than it was made for."""
    image = Image(tmp_path, None)
    image.python.symlink_to(tmp_path / "nowhere")
    done = image.run(shell)
    assert done.returncode == 127
    assert f"no Python interpreter at {image.python};" in done.stderr


def test_an_interpreter_that_is_none_is_named(shell: Sequence[str], tmp_path: Path) -> None:
    image = Image(tmp_path)
    image.python.chmod(0o644)
    done = image.run(shell)
    assert (done.returncode, done.stdout) == (126, "")
    assert str(image.python) in done.stderr


@pytest.mark.parametrize("kind", ["missing", "a-file"])
def test_a_missing_package_is_named(shell: Sequence[str], tmp_path: Path, kind: str) -> None:
    image = Image(tmp_path)
    image.package.rmdir()
    if kind == "a-file":
        image.package.touch()
    done = image.run(shell)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{image.script}: the model package {image.package} cannot be opened; " in done.stderr


# Odd surroundings


def test_nothing_is_needed_of_the_environment(shell: Sequence[str], tmp_path: Path) -> None:
    """No PATH, no HOME, and a working folder that is gone."""
    image = Image(tmp_path)
    gone = tmp_path / "gone"
    gone.mkdir()
    program = shutil.which(shell[0])
    assert program is not None
    leave = ["/bin/sh", "-c", 'cd "$1" && rmdir "$1" && shift && exec "$@"', "sh", str(gone)]
    done = subprocess.run(
        [*leave, "/usr/bin/env", "-i", program, *shell[1:], str(image.script)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.split("\n")[1:3] == [str(image.package)] * 2


def test_the_mode_of_new_files_is_left_alone(shell: Sequence[str], tmp_path: Path) -> None:
    image = Image(tmp_path, "#!/bin/sh\numask\n")
    before = os.umask(0o027)
    try:
        assert image.run(shell).stdout.strip() == "0027"
    finally:
        os.umask(before)


# Lint


@pytest.mark.parametrize("dialect", ["sh", "dash"])
def test_shellcheck_has_nothing_to_say(tmp_path: Path, dialect: str) -> None:
    """Every check but the taste for braces, SC2250; with `sh` it finds what is not POSIX."""
    need("shellcheck")
    image = Image(tmp_path)
    done = subprocess.run(
        ["shellcheck", "--norc", "--enable=all", "--exclude=SC2250", f"--shell={dialect}", image.script],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")
