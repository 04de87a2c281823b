"""Bytes that the other end has not taken."""

from __future__ import annotations

import socket
import sys

import pytest

from hitless.serving.sendqueue import unacknowledged


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
def test_what_was_sent_is_counted_until_it_is_taken() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert unacknowledged(ours) == 0
        ours.send(b"some bytes")
        assert unacknowledged(ours) > 0
        theirs.recv(100)
        assert unacknowledged(ours) == 0


def test_what_cannot_be_known_is_nothing() -> None:
    closed = socket.socket()
    closed.close()
    assert unacknowledged(closed) == 0
    assert unacknowledged(None) == 0
