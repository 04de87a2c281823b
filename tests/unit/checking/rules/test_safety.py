"""The rules of safety: found fails, not looked at is unproven, and only the rest passes."""

from __future__ import annotations

import pytest

from hitless.checking.events import Stage
from hitless.checking.facts.seen import Finding, ImageSeen, ScannerSeen
from hitless.checking.record import Entry, Opened, Record
from hitless.checking.rule import Purpose, Rule, Seen
from hitless.checking.rules import safety, secrecy
from hitless.checking.verdict import Outcome
from hitless.spec.profiles import PROFILES

RULES = [value for module in (safety, secrecy) for value in vars(module).values() if isinstance(value, Rule)]
BY_KIND = {
    "HL401": ("signatures", "signature"), "HL402": ("pickles", "pickle"), "HL403": ("pickles", "pickle-unknown"),
    "HL404": ("clamav", "virus"), "HL405": ("signatures", "lambda"), "HL406": ("signatures", "suspicious"),
    "HL410": ("modes", "setuid"), "HL411": ("modes", "writable"), "HL412": ("devices", "device"),
    "HL413": ("executables", "executable"), "HL421": ("secrets", "secret"), "HL423": ("secrets", "checkout"),
}  # fmt: skip
SCANNERS = sorted({scanner for scanner, _ in BY_KIND.values()})


def seen(*entries: Entry) -> Seen:
    opened = Opened("x", "image", "0", "2026-01-01T00:00:00Z", "p", "realtime", 1)
    return Seen(Record(opened, (opened, *entries)), next(iter(PROFILES.values())), Purpose.REALTIME)


def looked(name: str, lacking: str = "") -> ScannerSeen:
    return ScannerSeen(stage=Stage.SAFETY, name=name, lacking=lacking, files=3, bytes=10, limits="none of it")


def finding(scanner: str, kind: str) -> Finding:
    return Finding(stage=Stage.SAFETY, scanner=scanner, kind=kind, path="a/b", what="is bad", detail="there", layer=2)


def environment(values: dict[str, str]) -> ImageSeen:
    return ImageSeen(
        stage=Stage.IMAGE, digest="", media_type="", platform="", transferred=0, unpacked=0, effective=0, layers=(),
        entrypoint=(), command=(), environment=values, user="", working_dir="", stop_signal="", ports=(), labels={},
    )  # fmt: skip


def outcomes(subject: Seen) -> dict[str, Outcome]:
    return {rule.id: rule.judge(subject).outcome for rule in RULES if rule.id in BY_KIND}


def test_every_rule_of_a_scanner_is_in_the_table() -> None:
    assert {rule.id for rule in RULES} == {*BY_KIND, "HL422"}


def test_all_pass_where_all_looked_and_found_nothing() -> None:
    assert set(outcomes(seen(*map(looked, SCANNERS))).values()) == {Outcome.PASSED}


def test_none_passes_where_no_scanner_was_asked() -> None:
    assert set(outcomes(seen()).values()) == {Outcome.UNPROVEN}


@pytest.mark.parametrize("scanner", SCANNERS)
def test_a_scanner_that_lacks_something_leaves_its_rules_unproven(scanner: str) -> None:
    entries = [looked(name, "it is not installed" if name == scanner else "") for name in SCANNERS]
    for rule, outcome in outcomes(seen(*entries)).items():
        assert outcome is (Outcome.UNPROVEN if BY_KIND[rule][0] == scanner else Outcome.PASSED)


@pytest.mark.parametrize("identifier", BY_KIND)
def test_a_finding_fails_exactly_its_rule_whatever_was_lacking(identifier: str) -> None:
    scanner, kind = BY_KIND[identifier]
    entries = [looked(name, "half of it" if name == scanner else "") for name in SCANNERS]
    found = outcomes(seen(*entries, finding(scanner, kind)))
    assert [rule for rule, outcome in found.items() if outcome is Outcome.FAILED] == [identifier]


def test_a_failure_shows_the_file_the_place_and_the_layer() -> None:
    verdict = safety.pickles_import_nothing_dangerous.judge(seen(*[finding("pickles", "pickle")] * 14))
    assert verdict.message == "/a/b: is bad"
    assert verdict.evidence[0].what == "/a/b: is bad (there, layer 2)"
    assert verdict.evidence[-1].what == "… and 4 more findings"


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ({"DB_PASSWORD": "hunter2"}, Outcome.FAILED),
        ({"DB_PASSWORD": "masked: a value under a name for secrets, 7 characters"}, Outcome.FAILED),
        ({"PATH": "/usr/bin", "LANG": "C.UTF-8"}, Outcome.PASSED),
        ({}, Outcome.PASSED),
    ],
)
def test_secrets_of_the_environment(values: dict[str, str], outcome: Outcome) -> None:
    verdict = secrecy.environment_holds_no_secrets.judge(seen(environment(values)))
    assert verdict.outcome is outcome
    assert "hunter2" not in str(verdict)
