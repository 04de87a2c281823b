"""The options of the command line."""

from __future__ import annotations

import pytest
from bench.serving import options


@pytest.mark.parametrize(
    ("arguments", "rounds", "seconds", "starts", "is_partial"),
    [
        pytest.param("", 5, 3, 5, False, id="everything"),
        pytest.param("--rounds 3 --seconds 2", 3, 2, 5, False, id="fewer rounds, starts made up"),
        pytest.param("--quick", 1, 1, 1, True, id="quick"),
        pytest.param("--quick --rounds 2", 2, 1, 2, True, id="quick, twice"),
        pytest.param("--servers flask", 5, 3, 5, True, id="one server"),
        pytest.param("--size large", 5, 3, 5, True, id="one size"),
        pytest.param("--concurrency 64", 5, 3, 5, True, id="one point"),
    ],
)
def test_options_and_a_partial_run_stays_out_of_the_committed_results(
    arguments: str, rounds: int, seconds: int, starts: int, is_partial: bool
) -> None:
    parsed = options.parse(arguments.split())

    assert (parsed.plan.rounds, parsed.plan.seconds, parsed.plan.starts) == (rounds, seconds, starts)
    assert (options.WORK in parsed.output.parents) is is_partial


@pytest.mark.parametrize(
    "arguments", ["--rounds 0", "--seconds -1", "--servers nginx", "--concurrency many", "--size huge"]
)
def test_wrong_options_end_with_2(arguments: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options.parse(arguments.split())
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err
