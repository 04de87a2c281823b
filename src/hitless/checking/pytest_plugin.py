"""Checks of an image as tests: the fixtures `hitless_subject` and `hitless_rule` for pytest.

pytest loads this file wherever hitless is installed, so it imports nothing until a test asks for a fixture.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hitless.checking.report import Judged, Report
    from hitless.checking.verdict import Outcome
    from hitless.checking.wishes import Wishes

_OPTIONS = {  # as `hitless check` has them; each is an option of pytest and a setting of its ini file
    "subject": "what is checked: an image, a layout, an archive, a package, a URL",
    "record": "judge what `hitless check --record` wrote, and run nothing",
    "for": "realtime, hitless or batch",
    "profile": "the edition of the specification",
    "config": "its config.json, instead of the image's",
    "engine": "docker, podman, runc, bubblewrap",
    "waivers": "a file of failures that are accepted",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hitless", "conformance of an inference image (hitless check)")
    for name, what in _OPTIONS.items():
        group.addoption(f"--hitless-{name}", dest=f"hitless_{name}", metavar=name.upper(), default=None, help=what)
        parser.addini(f"hitless_{name}", what, default="")
    group.addoption("--hitless-quick", dest="hitless_quick", action="store_true", help="30 s: the rest is unproven")
    parser.addini("hitless_quick", "30 s: the rest is unproven", type="bool", default=False)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `hitless_rule` is a test for each rule of the purpose; one that fails without a subject."""
    if "hitless_rule" in metafunc.fixturenames:
        from hitless.checking.rules.catalogue import RULES

        purpose = _option(metafunc.config, "for") or "hitless"
        ids = [one.id for one in RULES.values() if purpose in {str(bound) for bound in one.purposes}]
        is_asked = _option(metafunc.config, "subject") or _option(metafunc.config, "record")
        metafunc.parametrize("hitless_rule", ids if is_asked else ["no subject"], indirect=True)


@dataclass(frozen=True)
class CheckedRule:
    """One rule of a report."""

    report: Report
    judged: Judged

    @property
    def outcome(self) -> Outcome:
        return self.judged.verdict.outcome

    def assert_conforms(self) -> None:
        """AssertionError where the rule is broken, or must hold and is not proven. A waived failure, and advice that
        is not proven, skip the test."""
        __tracebackhide__ = True
        from hitless.checking.rule import Level

        one, message = self.judged, self.judged.verdict.message
        if one.waiver is not None:
            pytest.skip(f"{one.rule.id} is waived until {one.waiver.expires}: {one.waiver.reason}")
        if one.counts_against:
            from hitless.checking.reports.text import failure

            raise AssertionError(failure(self.report, one))
        if one.is_open and one.level is not Level.MUST:
            pytest.skip(f"{one.rule.id} is not decided: {message}")
        if one.is_open:
            raise AssertionError(f"{one.rule.id} is not decided, and must hold: {message}")


@dataclass(frozen=True)
class Subject:
    """What was checked, once a session."""

    report: Report

    def rule(self, identifier: str) -> CheckedRule:
        """KeyError where the report has no such rule: it is unknown, or not asked for."""
        for one in self.report.judged:
            if one.rule.id == identifier:
                return CheckedRule(self.report, one)
        raise KeyError(f"the report has no rule {identifier!r} (it is {self.report.purpose})")

    def assert_conforms(self) -> None:
        """AssertionError with the whole report, unless the conclusion is that it conforms."""
        __tracebackhide__ = True
        from hitless.checking.report import Conclusion
        from hitless.checking.reports.text import render

        if self.report.conclusion is not Conclusion.CONFORMS:
            raise AssertionError("\n" + render(self.report))


@pytest.fixture(scope="session")
def hitless_subject(pytestconfig: pytest.Config) -> Subject:
    """The subject of --hitless-subject, checked; or the record of --hitless-record, judged."""
    subject, record = _option(pytestconfig, "subject"), _option(pytestconfig, "record")
    if not subject and not record:
        pytest.fail("there is nothing to check: give --hitless-subject, or set hitless_subject", pytrace=False)
    from hitless.checking.check import check, replay
    from hitless.errors import HitlessError

    try:
        wishes = _wishes(pytestconfig)
        report = replay(Path(record), wishes) if record else check(subject, wishes)
    except (HitlessError, ValueError) as error:
        pytest.fail(f"the check could not be made: {error}", pytrace=False)
    return Subject(report)


@pytest.fixture
def hitless_rule(request: pytest.FixtureRequest, hitless_subject: Subject) -> CheckedRule:
    """One rule; the test that asks for it runs once for each."""
    try:
        return hitless_subject.rule(request.param)
    except KeyError:
        pytest.skip(f"{request.param} is not among the rules of this report")


def _option(config: pytest.Config, name: str) -> str:
    """The command line's, else the ini file's; empty where neither has it."""
    given = config.getoption(f"hitless_{name}")
    return str(config.getini(f"hitless_{name}") if given is None else given)


def _wishes(config: pytest.Config) -> Wishes:
    """ValueError for a purpose or an edition that there is not."""
    from hitless.checking.rule import Purpose
    from hitless.checking.rules.catalogue import RULES
    from hitless.checking.waivers import read_waivers
    from hitless.checking.wishes import Wishes
    from hitless.spec.profiles import DEFAULT, PROFILES

    name, waivers, contract = (_option(config, key) for key in ("profile", "waivers", "config"))
    if name and name not in PROFILES:
        raise ValueError(f"there is no edition {name!r}: choose one of {', '.join(PROFILES)}")
    return Wishes(
        profile=PROFILES[name] if name else DEFAULT,
        purpose=Purpose(_option(config, "for") or Purpose.HITLESS),
        config=Path(contract) if contract else None,
        quick=bool(config.getoption("hitless_quick") or config.getini("hitless_quick")),
        engine=_option(config, "engine"),
        waivers=read_waivers(Path(waivers), RULES) if waivers else (),
    )
