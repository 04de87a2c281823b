"""Where everything that is seen goes, from all stages at once: kept in memory, and written as it comes if wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hitless.checking.events import Ended, Event, Stage, Unseen
from hitless.checking.record import Entry, Record, to_line
from hitless.checking.record import Opened as _Opened

MOST_ENTRIES = 500_000  # a load of an hour; who logs more than that is cut off, and it is noted


class Recorder:
    """`write` gets each line of the record's file at once, so that a check that is cut off leaves what it saw."""

    def __init__(self, opened: _Opened, write: Callable[[bytes], object] | None = None) -> None:
        self._entries: list[Entry] = []
        self._write = write
        self._lock = threading.Lock()
        self.add(opened)

    def add(self, entry: Entry) -> None:
        """From any thread."""
        with self._lock:
            if len(self._entries) >= MOST_ENTRIES:
                return
            self._entries.append(entry)
            if self._write is not None:
                self._write(to_line(entry))

    def record(self) -> Record:
        with self._lock:
            first = self._entries[0]
            assert isinstance(first, _Opened)  # noqa: S101
            return Record(first, tuple(self._entries))


class StageLog:
    """What one stage records, and its clock, which starts with it."""

    def __init__(self, recorder: Recorder, stage: Stage) -> None:
        self.stage = stage
        self._recorder = recorder
        self._began = time.monotonic()

    def now(self) -> float:
        """Seconds since the stage began."""
        return round(time.monotonic() - self._began, 4)

    def add(self, event: Event) -> None:
        self._recorder.add(event)

    def ended(self, *, incomplete: str = "") -> None:
        """It was looked at, and to its end unless the reason is given."""
        self.add(Ended(stage=self.stage, at_s=self.now(), complete=not incomplete, why=incomplete))

    def unseen(self, why: str) -> None:
        self._recorder.add(Unseen(stage=self.stage, why=why))
