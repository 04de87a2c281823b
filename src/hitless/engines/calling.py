"""Runs one command of an engine to its end, or to the end of its time. Knows nothing of what the commands mean."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hitless.errors import UnavailableError

LONGEST_S = 600.0


@dataclass(frozen=True)
class Answer:
    code: int
    output: str
    errors: str

    @property
    def ok(self) -> bool:
        return self.code == 0


def call(command: Sequence[str], within_s: float = LONGEST_S, *, together: bool = False) -> Answer | None:
    """None if it took longer: then it has been killed. `together`: errors among the output, in their order.

    In a session of its own: a Ctrl-C at the terminal is ours, and does not cut off what we clean up. UnavailableError
    where there is no such program.
    """
    errors = subprocess.STDOUT if together else subprocess.PIPE
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, errors="replace",
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise UnavailableError(f"{command[0]} cannot be started: {error.strerror}") from error
    with process:
        try:
            output, said = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
    return Answer(process.returncode, output, said or "")


def begun(command: Sequence[str], environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """One that goes on by itself and is read as it speaks, in a session of its own. UnavailableError as above."""
    try:
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise UnavailableError(f"{command[0]} cannot be started: {error.strerror}") from error


def end(process: subprocess.Popen[bytes], within_s: float = 5.0) -> None:
    """It should end by itself about now; all of it is killed if it does not."""
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
