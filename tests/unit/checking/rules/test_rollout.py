"""Rules of a rollout, alone and beside the stages that explain what it lost, on hand-made records."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from tests.unit.checking.rules.dynamic_records import failing, idle, stop, upgrade, verdicts

from hitless.checking.events import Ended, Exchange
from hitless.checking.record import Record
from hitless.checking.verdict import Outcome
from hitless.spec.profiles import PROFILES


def lost(from_s: float, to_s: float) -> Callable[[Exchange], Exchange]:
    def change(one: Exchange) -> Exchange:
        hit = from_s <= one.at_s < to_s
        return msgspec.structs.replace(one, status=502, body=b"old lost it (reset)") if hit else one

    return change


def test_nothing_lost() -> None:
    found = verdicts(upgrade())
    assert found["HL901"].outcome is Outcome.PASSED
    assert found["HL901"].message == "0 of 268 requests failed, 95 % upper bound 1.1 %"


def test_a_loss_that_nothing_explains() -> None:
    verdict = verdicts(upgrade(lost(12, 13), others=[stop(), idle()]))["HL901"]
    assert verdict.outcome is Outcome.FAILED
    assert verdict.actual == "4 status 502"
    assert any("old lost it (reset)" in line.what for line in verdict.evidence)


def test_a_loss_that_the_stop_explains() -> None:
    record = upgrade(lost(12, 13), others=[stop(exit_s=1.0, until_s=1)])
    assert failing(record) == ["HL802"]
    assert "HL802" in verdicts(record)["HL901"].message


def test_a_loss_that_idle_connections_explain() -> None:
    record = upgrade(lost(12, 13), others=[idle(closes_at=5.0), stop()])
    assert failing(record) == ["HL701"]
    assert "HL701" in verdicts(record)["HL901"].message


def test_a_loss_before_the_upgrade_proves_nothing() -> None:
    assert verdicts(upgrade(lost(3, 4)))["HL901"].outcome is Outcome.UNPROVEN


def test_a_loss_of_a_new_instance_that_is_not_ready() -> None:
    assert failing(upgrade(lost(8.5, 9))) == ["HL901"]


def test_an_upgrade_that_was_cut_off() -> None:
    whole = upgrade()
    cut = Record(whole.opened, tuple(one for one in whole.entries if not isinstance(one, Ended)))
    assert verdicts(cut)["HL901"].outcome is Outcome.UNPROVEN


def test_leaving_before_the_routes_are_changed_where_that_is_accepted() -> None:
    record = upgrade(lost(12, 13), left_s=11.0)
    assert verdicts(record, PROFILES["otc"])["HL901"].outcome is Outcome.UNPROVEN
    assert failing(record) == ["HL901"]


def test_an_edition_without_times_asks_for_nothing() -> None:
    found = verdicts(upgrade(lost(12, 13)), PROFILES["intl-2023"])
    assert {verdict.outcome for verdict in found.values()} == {Outcome.NOT_APPLICABLE}


def test_a_balancer_that_learns_of_it_too_late_proves_nothing() -> None:
    verdict = verdicts(upgrade(lost(71, 72), told_s=72))["HL901"]
    assert verdict.outcome is Outcome.UNPROVEN
    assert "this machine was busy" in verdict.message
