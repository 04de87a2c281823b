"""A short run of the fuzzer, and what its long runs have found. The long one is `make fuzz`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.fuzz import judge
from tests.fuzz.campaign import Campaign, Input
from tests.fuzz.differences import KNOWN, WE_REFUSE, Known, is_known
from tests.fuzz.treatment import Answers, Leaving, Treatment

_EXPECT = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"


@pytest.fixture
def campaign() -> Iterator[Campaign]:
    made = Campaign(seed=1)
    yield made
    made.close()


def test_a_short_run_finds_nothing(campaign: Campaign) -> None:
    tally = campaign.run(inputs=20_000)
    assert not tally.findings, tally.findings
    assert tally.inputs == 20_000
    assert tally.judged > tally.inputs / 2
    assert tally.agreed > tally.inputs / 4
    assert len(tally.corpus) > 500, "new outcomes are kept"


@pytest.mark.parametrize(
    ("data", "treatment"),
    [
        pytest.param(_EXPECT + b"GE\r\n", Treatment(), id="100-after-a-refused-chunk"),
        pytest.param(_EXPECT, Treatment(answers=Answers.LATER, leaving=Leaving.END), id="end-instead-of-a-body"),
    ],
)
def test_what_was_found(campaign: Campaign, data: bytes, treatment: Treatment) -> None:
    assert campaign.fault_of(Input(data, treatment)) == ""


@pytest.mark.parametrize("known", KNOWN, ids=[f"{known.who}: {known.reason[:30]}" for known in KNOWN])
def test_known_differences_are_real(campaign: Campaign, monkeypatch: pytest.MonkeyPatch, known: Known) -> None:
    """An entry of the list that is no longer true goes."""
    given = Input(known.example, Treatment())
    assert campaign.fault_of(given) == ""
    monkeypatch.setattr(judge, "is_known", lambda who, refusal: False)
    fault = campaign.fault_of(given)
    who, _, refusal = fault.partition(": ")
    assert who == known.who
    assert is_known(who, refusal)


def test_a_fault_is_found_and_shrunk(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge is judged: a difference that is not on the list is told, with few bytes."""
    monkeypatch.setattr(judge, "is_known", lambda who, refusal: who != WE_REFUSE)
    (finding, *_) = campaign.run(inputs=2000).findings
    assert finding.fault.startswith(WE_REFUSE)
    assert len(finding.input.data) < 120
    assert finding.input.treatment == Treatment()
