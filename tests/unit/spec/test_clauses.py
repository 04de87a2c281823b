"""The clauses of the specification, by their permanent ids."""

from __future__ import annotations

from hitless.spec.clauses import CLAUSES, NeededFor


def test_clauses() -> None:
    assert list(CLAUSES) == [
        "SAFE-1", "SIZE-1", "API-1", "API-2", "API-3", "HEALTH-1", "HEALTH-2", "LOG-1", "BOOT-1", "DEPS-1", "KEEP-1",
        "EXIT-1", "EXIT-2", "EXIT-3", "EXIT-4", "HITLESS-1",
    ]  # fmt: skip
    assert all(clause.id == key and clause.text.endswith(".") for key, clause in CLAUSES.items())
    assert {key for key, clause in CLAUSES.items() if clause.needed_for is NeededFor.HITLESS} == {
        "HEALTH-1", "KEEP-1", "EXIT-1", "EXIT-2", "EXIT-3", "EXIT-4", "HITLESS-1",
    }  # fmt: skip
    assert {key for key, clause in CLAUSES.items() if clause.needed_for is NeededFor.BATCH} == {"BOOT-1", "DEPS-1"}
