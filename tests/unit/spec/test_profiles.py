"""The editions: the numbers of the matrix, each with its source."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from hitless.spec.clauses import CLAUSES
from hitless.spec.profiles import DEFAULT, GB, PROFILES, Profile, profile

MATRIX = {
    "2024-09": (50 * GB, "expected", "hitless", 200, 60, 90, None),
    "intl-2023": (10 * GB, "must", "required", None, None, None, None),
    "otc": (30 * GB, "must", "required", 200, 60, 90, 40),
    "2025-08": (50 * GB, "free", "hitless", 200, 60, 90, 60),
    "custom-engine": (30 * GB, "free", "optional", None, None, None, None),
}


@pytest.mark.parametrize(("name", "row"), MATRIX.items(), ids=MATRIX)
def test_editions(name: str, row: tuple[object, ...]) -> None:
    edition = profile(name)
    assert edition.name == name
    assert (
        edition.image_limit_bytes,
        edition.port_rule,
        edition.health_rule,
        edition.keep_alive_s,
        edition.linger_s,
        edition.deadline_s,
        edition.request_limit_s,
    ) == row
    assert edition.port == 8080
    assert edition.body_limit_bytes == 12 * 1024 * 1024


def test_what_only_one_edition_has() -> None:
    engine = PROFILES["custom-engine"]
    assert (engine.health_url, engine.user_id, engine.group_id, engine.protocol) == ("/health", 1000, 100, "https")
    assert [name for name, edition in PROFILES.items() if edition.asynchronous] == ["2025-08"]
    assert [name for name, edition in PROFILES.items() if edition.model_file_limit_bytes] == ["otc"]
    assert {name: edition.boot_command for name, edition in PROFILES.items()} == {
        "2024-09": ("sh", "/home/run.sh"),
        "intl-2023": ("/bin/sh", "/home/run.sh"),
        "otc": ("sh", "/home/run.sh"),
        "2025-08": ("sh", "/home/run.sh"),
        "custom-engine": None,
    }


@pytest.mark.parametrize("edition", PROFILES.values(), ids=PROFILES)
def test_everything_that_an_edition_states_has_its_source(edition: Profile) -> None:
    defaults = {"name", "title", "sources", "protocol", "probe_defaults"}
    stated = {
        field.name
        for field in fields(Profile)
        if field.name not in defaults and getattr(edition, field.name) not in (None, (), False)
    }
    assert stated <= set(edition.sources), stated - set(edition.sources)
    assert all(hasattr(edition, name) and source for name, source in edition.sources.items())


def test_the_default_edition_and_an_unknown_one() -> None:
    assert DEFAULT is profile("2024-09")
    with pytest.raises(KeyError, match="there are 2024-09, intl-2023, otc, 2025-08, custom-engine"):
        profile("2030")


def test_the_clauses_that_editions_cite_exist() -> None:
    sources = (source for edition in PROFILES.values() for source in edition.sources.values())
    cited = {match[0] for source in sources if (match := re.match(r"[A-Z]+-\d(?=;)", source))}
    assert cited == {"SIZE-1", "API-2", "HEALTH-1", "KEEP-1", "EXIT-2", "EXIT-4", "BOOT-1", "DEPS-1"}
    assert cited <= set(CLAUSES)
