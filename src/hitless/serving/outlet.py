"""Writes lines to a descriptor without ever being held up by a reader that does not read.

A log is a pipe to somebody. When he stops reading, the pipe fills, and a plain write would stop the server, its goodbye
included. Here it waits for a moment, then lines are dropped and counted, until there is room again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select

_PATIENCE_S = 0.2  # for a reader who is behind; none after that, until he has caught up
_NOWAIT = 0x8  # RWF_NOWAIT, pwritev2(2); Python has no name for it


class Outlet:
    """One process's way to a log. Lines up to PIPE_BUF stay whole, whoever else writes."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._can_tell = hasattr(os, "pwritev")  # files and terminals say that they cannot: they are written plainly
        self._clogged = False
        self._lost = 0
        self._broken_off = False

    def write(self, line: bytes) -> None:
        """A whole line, with its end. Dropped if nobody reads, or nobody is there."""
        told = b"%d lines of the log were lost: it was not being read\n" % self._lost if self._lost else b""
        with contextlib.suppress(OSError):
            self._lost = 0 if self._send(told + line) else self._lost + 1

    def _send(self, line: bytes) -> bool:
        if self._broken_off:
            line = b"\n" + line
        rest = line
        while rest:
            written = self._write_now(rest)
            if written == 0 and (self._clogged or not self._room()):
                self._clogged = True
                self._broken_off = self._broken_off or rest is not line
                return False
            rest = rest[written:] if written else rest
        self._clogged = self._broken_off = False
        return True

    def _write_now(self, data: bytes) -> int:
        """How much was taken at once."""
        if self._can_tell:
            try:
                return os.pwritev(self._descriptor, [data], -1, _NOWAIT)
            except BlockingIOError:
                return 0
            except OSError as error:
                if error.errno not in (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.ESPIPE):
                    raise
                self._can_tell = False
        return os.write(self._descriptor, data)

    def _room(self) -> bool:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        return bool(poll.poll(_PATIENCE_S * 1000))
