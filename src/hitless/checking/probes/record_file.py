"""The file of a record, written line by line while the subject is watched: a disk that is full disturbs no stage."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from hitless.errors import InputError, Problem


class RecordFile:
    """For the length of a block. `verify`: InputError (CHK-7) where it cannot be written. `fault`: why it is cut off:
    lines come from threads and callbacks in which nobody would hear of it, and the verdict does not need the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._error: OSError | None = None
        try:
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            self._error = error
            self.verify()

    def __enter__(self) -> RecordFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    @property
    def fault(self) -> str:
        """Empty where all that was written is there."""
        return f"The record {self._path} is cut off: {self._error.strerror}." if self._error is not None else ""

    def write(self, line: bytes) -> None:
        """By one thread at a time. Nothing follows a line that was cut off."""
        rest = memoryview(line)
        try:
            while rest and self._error is None:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError as error:
            self._error = error

    def verify(self) -> None:
        if self._error is not None:
            message = f"the record cannot be written: {self._error.strerror}"
            raise InputError([Problem("CHK-7", message, "Check the path.", file=str(self._path))]) from self._error
