"""A record is a file that somebody else may have written: whatever it says, it is told what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hitless.checking import record as records
from hitless.checking.check import replay
from hitless.checking.probes.record_file import RecordFile
from hitless.checking.record import Opened, read_lines, to_line
from hitless.checking.rule import Purpose
from hitless.checking.wishes import Wishes
from hitless.errors import InputError
from hitless.spec.profiles import PROFILES

WISHES = Wishes(profile=PROFILES["2024-09"], purpose=Purpose.HITLESS)
OPENED = Opened("image", "image", "0.1.0", "2026-01-01T00:00:00+00:00", "2024-09", "hitless", 1)
DEEP = b'{"event": "ended", "stage": "stop", "at_s": 0, "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(DEEP, id="nested"),
        pytest.param(b'{"event": "ended", "stage": "stop", "at_s": 1e300}', id="when"),
        pytest.param(b'{"event": "ended", "stage": "stop", "at_s": -1e300}', id="before"),
        pytest.param(b'{"event": "ended", "stage": "stop", "at_s": NaN}', id="no-number"),
        pytest.param(b'{"event": "ended", "stage": "stop", "at_s": 1e999}', id="infinite"),
        pytest.param(b'{"event": "\xff"}', id="no-text"),
        pytest.param(b'{"event": "ended", "st', id="cut"),
        pytest.param(bytes(100), id="zeros"),
    ],
)
def test_a_line_that_no_check_writes(line: bytes) -> None:
    with pytest.raises(InputError) as raised:
        read_lines([to_line(OPENED), line], "record")
    assert [(one.id, one.line) for one in raised.value.problems] == [("CHK-1", 2)]


def test_one_that_was_checked_for_nothing_known(tmp_path: Path) -> None:
    file = tmp_path / "record.ndjson"
    file.write_text(json.dumps({**json.loads(to_line(OPENED)), "purpose": "fun"}))
    with pytest.raises(InputError, match="CHK-1"):
        replay(file, WISHES)


def test_a_line_without_an_end_is_not_read_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_LINE_BYTES", 4096)
    with pytest.raises(InputError, match="longer than any"):
        read_lines([to_line(OPENED), b" " * 5000], "record")
    with pytest.raises(InputError, match="longer than any"):
        replay(Path("/dev/zero"), WISHES)


def test_more_lines_than_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_LINES", 3)
    with pytest.raises(InputError, match="longer than any"):
        read_lines([to_line(OPENED), *[b"\n"] * 9], "record")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_disk_that_is_full_is_told_and_costs_no_verdict() -> None:
    with RecordFile(Path("/dev/full")) as file:
        assert file.fault == ""
        for _ in range(2):
            file.write(to_line(OPENED))
    assert file.fault == "The record /dev/full is cut off: No space left on device."
    with pytest.raises(InputError, match=r"CHK-7.*No space left"):
        file.verify()


def test_a_record_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CHK-7"):
        RecordFile(tmp_path / "no" / "record.ndjson")
