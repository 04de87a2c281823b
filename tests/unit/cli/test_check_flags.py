"""`hitless check`: flags that cannot be as meant are refused before anything is looked at."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from hitless.cli.check import check
from hitless.errors import InputError

APPLICATION = typer.Typer()
APPLICATION.command()(check)


@pytest.mark.parametrize(
    ("words", "problem", "named"),
    [
        ("app:v1 -o no/such/folder/report.html", "CHK-14", "no/such/folder"),
        ("app:v1 -o report.pdf", "CHK-13", "report.pdf"),
        ("app:v1 --replay record.ndjson", "CHK-15", "app:v1"),
        ("--replay record.ndjson --for hitless --seed 3 -F a=b", "CHK-15", "--for, --form and --seed"),
        ("--replay record.ndjson --quick", "CHK-15", "--quick"),
        ("app:v1 --pid 4711", "CHK-15", "--pid"),
        ("app:v1 --container app", "CHK-15", "--container"),
        ("", "CHK-8", "--replay"),
    ],
)
def test_refused(words: str, problem: str, named: str) -> None:
    refused = CliRunner().invoke(APPLICATION, words.split()).exception
    assert isinstance(refused, InputError)
    assert [one.id for one in refused.problems] == [problem]
    assert named in str(refused)
