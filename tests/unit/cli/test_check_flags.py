"""`hitless check`: flags that cannot be as meant are refused before anything is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitless.cli.check import check
from hitless.errors import InputError


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        ({"subject": "app:v1", "output": [Path("no/such/folder/report.html")]}, "CHK-14"),
        ({"subject": "app:v1", "output": [Path("report.pdf")]}, "CHK-13"),
        ({"subject": "app:v1", "replay": Path("record.ndjson")}, "CHK-15"),
        ({"subject": "app:v1", "pid": 4711}, "CHK-15"),
        ({"subject": "app:v1", "container": "app"}, "CHK-15"),
        ({}, "CHK-8"),
    ],
    ids=["no folder for a report", "form of a report", "subject and record", "pid", "container", "no subject"],
)
def test_refused(flags: dict[str, object], problem: str) -> None:
    with pytest.raises(InputError) as refused:
        check(**flags)  # type: ignore[arg-type]
    assert [one.id for one in refused.value.problems] == [problem]
