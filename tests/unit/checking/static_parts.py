"""What tests of the static part share: a subject looked at, and what a rule says of the record."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from hitless.checking.events import Stage
from hitless.checking.facts.looking import PackageFolder, RootFolder, Wishes, look
from hitless.checking.judging import judge
from hitless.checking.record import Entry, Opened, Record, read_lines, to_lines
from hitless.checking.rule import Purpose
from hitless.checking.rules.catalogue import RULES
from hitless.checking.verdict import Verdict
from hitless.images.image import Image
from hitless.spec.profiles import DEFAULT, Profile

NO_WISHES = Wishes()
STATIC = [
    rule for rule in RULES.values() if rule.id < "HL310" and set(rule.needs) <= {Stage.IMAGE, Stage.FILES, Stage.CONFIG}
]


def record_of(subject: Image | RootFolder | PackageFolder, wishes: Wishes = NO_WISHES, kind: str = "image") -> Record:
    """As it comes back from a file of lines."""
    opened = Opened("subject", kind, "1", "2026-01-01T00:00:00Z", "2024-09", "realtime", 0)
    entries: Sequence[Entry] = (opened, *look(subject, wishes))
    return read_lines(to_lines(Record(opened, tuple(entries))), "record")


def verdicts(record: Record, purpose: Purpose = Purpose.REALTIME, profile: Profile = DEFAULT) -> dict[str, Verdict]:
    report = judge(record, STATIC, profile, purpose, today=datetime.date(2026, 1, 1))
    return {one.rule.id: one.verdict for one in report.judged}


def failing(record: Record, purpose: Purpose = Purpose.REALTIME, profile: Profile = DEFAULT) -> list[str]:
    """The ids of the rules that do not conform."""
    return [name for name, one in verdicts(record, purpose, profile).items() if not one.outcome.conforms]
