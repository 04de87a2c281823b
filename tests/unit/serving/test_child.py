"""How a worker ended, in words; and what it said, as its supervisor reads it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator

import msgspec
import pytest

from hitless.serving.child import Child, how_it_ended
from hitless.serving.worker import Report


def exited(code: int) -> int:
    return code << 8


@pytest.mark.parametrize(
    ("status", "words"),
    [
        pytest.param(exited(0), "it ended with exit code 0", id="by-itself"),
        pytest.param(exited(70), "it ended with exit code 70", id="exit-code"),
        pytest.param(signal.SIGKILL, "it was ended by SIGKILL (out of memory, if nobody sent it)", id="sigkill"),
        pytest.param(signal.SIGSEGV, "it was ended by SIGSEGV (a crash in native code)", id="sigsegv"),
        pytest.param(signal.SIGSEGV | 0x80, "it was ended by SIGSEGV (a crash in native code)", id="core-dumped"),
        pytest.param(signal.SIGTERM, "it was ended by SIGTERM", id="sigterm"),
        pytest.param(signal.SIGRTMIN + 1, f"it was ended by signal {signal.SIGRTMIN + 1}", id="nameless-signal"),
    ],
)
def test_how_it_ended(status: int, words: str) -> None:
    assert how_it_ended(int(status)) == words


class Ends:
    """A child without a process: both ends of its socket pair and of its stderr."""

    def __init__(self) -> None:
        ours, self.control = socket.socketpair()
        ours.setblocking(False)
        read, self.stderr = os.pipe()
        os.set_blocking(read, False)
        self.child = Child(0, ours, read, 1.5)

    def tell(self, *reports: Report) -> bytes:
        return b"".join(msgspec.json.encode(report) + b"\n" for report in reports)

    def end(self) -> None:
        """The process has ended: its ends are closed."""
        self.control.close()
        if self.stderr >= 0:
            os.close(self.stderr)
        self.stderr = -1


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.child.close()
    made.end()


def test_a_new_child(ends: Ends) -> None:
    child = ends.child
    assert (child.started_at, child.loaded_at, child.retired, child.mute) == (1.5, None, False, False)
    assert (child.reports(), child.words(), list(child.last_words)) == ([], [], [])


def test_reports_arrive_whole_however_they_are_cut(ends: Ends) -> None:
    data = ends.tell(Report(loaded_s=1.5), Report(failed="line\nline"))
    ends.control.send(data[:10])
    assert ends.child.reports() == []
    ends.control.send(data[10:-1])
    assert ends.child.reports() == [Report(loaded_s=1.5)]
    ends.control.send(data[-1:])
    assert ends.child.reports() == [Report(failed="line\nline")]


def test_reports_of_one_that_has_closed(ends: Ends) -> None:
    ends.control.send(ends.tell(Report(loaded_s=1.0)))
    ends.control.close()
    assert ends.child.reports() == [Report(loaded_s=1.0)]
    assert ends.child.reports() == []
    ends.child.order(b"D")  # nobody hears it: no error


def test_orders(ends: Ends) -> None:
    ends.child.order(b"L")
    ends.child.order(b"D")
    assert ends.control.recv(10) == b"LD"


def test_words_line_by_line(ends: Ends) -> None:
    os.write(ends.stderr, b"one\ntwo\nthr")
    assert ends.child.words() == ["one", "two"]
    os.write(ends.stderr, b"ee \xff\n")
    assert ends.child.words() == ["three \ufffd"]
    assert list(ends.child.last_words) == ["one", "two", "three \ufffd"]


def test_only_the_last_words_are_kept(ends: Ends) -> None:
    os.write(ends.stderr, b"".join(b"%d\n" % number for number in range(50)))
    assert len(ends.child.words()) == 50
    assert list(ends.child.last_words) == [str(number) for number in range(30, 50)]


def test_a_line_that_does_not_end_is_cut(ends: Ends) -> None:
    for _ in range(17):
        os.write(ends.stderr, b"x" * 4096)
        words = ends.child.words()
    assert words == ["x" * 17 * 4096]


def test_mute_when_its_stderr_is_closed(ends: Ends) -> None:
    ends.end()
    assert ends.child.words() == []
    assert ends.child.mute


def test_last_words_without_a_line_break(ends: Ends) -> None:
    os.write(ends.stderr, b"Killed")
    ends.end()
    assert ends.child.words() == ["Killed"]
