"""The plugin in a pytest of its own: what is broken or not proven is no pass, who does not ask sees nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.unit.checking import sample_records as samples

from hitless.checking.events import Unseen
from hitless.checking.record import Entry, to_lines
from hitless.checking.rules.catalogue import RULES

pytest_plugins = ["pytester"]
PLUGIN = "hitless.checking.pytest_plugin"


@pytest.fixture(autouse=True)
def _isolated(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider -p no:xdist\n")


def recorded(folder: Path, *entries: Entry) -> Path:
    file = folder / "record.ndjson"
    file.write_bytes(b"".join(to_lines(samples.record(*entries))))
    return file


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    loaded = () if pytester_knows() else ("-p", PLUGIN)
    return pytester.runpytest_inprocess(*loaded, *arguments)


def pytester_knows() -> bool:
    """The installed project brings the plugin itself; a checkout that was installed before it had one does not."""
    from importlib.metadata import entry_points

    return any(one.value == PLUGIN for one in entry_points(group="pytest11"))


def test_without_a_subject_a_test_that_asks_fails(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(hitless_subject): pass")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*give --hitless-subject*"])


def test_a_fault_of_the_input_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(hitless_subject): pass")
    run(pytester, "--hitless-record", "nowhere").stdout.fnmatch_lines(["*cannot read the record*"])
    run(pytester, "--hitless-record", "x", "--hitless-profile", "1999").stdout.fnmatch_lines(["*no edition '1999'*"])


def test_a_rule_that_is_broken_fails_with_what_is_needed(pytester: pytest.Pytester) -> None:
    file = recorded(pytester.path, *samples.drain(drops=True))
    pytester.makepyfile("def test_lost(hitless_subject): hitless_subject.rule('HL802').assert_conforms()")
    result = run(pytester, "--hitless-record", str(file))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*HL802*", "*EXIT-2*", "*expected*", "*fix:*"])


def test_what_must_hold_and_was_not_seen_is_no_pass(pytester: pytest.Pytester) -> None:
    from hitless.checking.events import Stage

    file = recorded(pytester.path, Unseen(stage=Stage.STOP, why="no engine"))
    pytester.makepyfile("def test_lost(hitless_subject): hitless_subject.rule('HL802').assert_conforms()")
    result = run(pytester, "--hitless-record", str(file))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*HL802 is not decided, and must hold: no engine*"])


def test_a_waived_failure_is_skipped_with_its_reason(pytester: pytest.Pytester) -> None:
    file = recorded(pytester.path, *samples.drain(drops=True))
    pytester.path.joinpath("waivers.toml").write_text('[[waiver]]\nrule="HL802"\nreason="known"\nexpires=9999-12-31\n')
    pytester.makepyfile("def test_lost(hitless_subject): hitless_subject.rule('HL802').assert_conforms()")
    result = run(pytester, "--hitless-record", str(file), "--hitless-waivers", "waivers.toml", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*waived until 9999-12-31: known*"])


def test_a_test_for_each_rule_by_the_settings_of_a_project(pytester: pytest.Pytester) -> None:
    recorded(pytester.path)
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider -p no:xdist\nhitless_record = record.ndjson\n")
    pytester.makepyfile("def test_rule(hitless_rule): assert hitless_rule.judged.rule.id")
    result = run(pytester, "-v")
    bound = [rule.id for rule in RULES.values() if "hitless" in {str(purpose) for purpose in rule.purposes}]
    result.assert_outcomes(passed=len(bound))
    result.stdout.fnmatch_lines([f"*test_rule?{bound[0]}?*"])


def test_the_conclusion_is_one_test(pytester: pytest.Pytester) -> None:
    recorded(pytester.path)
    pytester.makepyfile("def test_it(hitless_subject): hitless_subject.assert_conforms()")
    result = run(pytester, "--hitless-record", "record.ndjson")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*is not decided (2024-09, for hitless)*"])


def test_who_does_not_ask_loads_nothing(pytester: pytest.Pytester) -> None:
    """The plugin is imported by every pytest where hitless is installed."""
    pytester.makepyfile(
        f"""
        import subprocess, sys

        def test_it():
            code = "import sys, {PLUGIN}; print(*sys.modules)"
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            loaded = set(done.stdout.split())
            assert not loaded & {{"rich", "msgspec", "yara_x", "uvloop", "httpx", "hitless.checking.rules"}}
        """
    )
    assert sys.executable
    run(pytester).assert_outcomes(passed=1)
