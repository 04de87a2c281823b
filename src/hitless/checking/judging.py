"""Record × rules → report. Pure: the same record gives the same report, today's date included."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from hitless.checking.record import Record
from hitless.checking.report import Judged, Report
from hitless.checking.rule import NotSeenError, Purpose, Rule, Seen
from hitless.checking.verdict import Outcome, Verdict, unproven
from hitless.checking.waivers import Waiver
from hitless.spec.profiles import Profile


def judge(
    record: Record,
    rules: Iterable[Rule],
    profile: Profile,
    purpose: Purpose,
    *,
    waivers: Sequence[Waiver] = (),
    today: datetime.date,
) -> Report:
    """Rules that do not bind this purpose are left out; one that raises is an error of ours, told as such."""
    seen = Seen(record, profile, purpose)
    valid = {waiver.rule: waiver for waiver in waivers if not waiver.is_expired(today)}
    judged = tuple(_judged(one, seen, valid) for one in rules if purpose in one.purposes)
    kept = {one.rule.id for one in judged if one.verdict.outcome.conforms}
    return Report(
        record,
        profile,
        purpose,
        judged,
        expired=tuple(waiver for waiver in waivers if waiver.is_expired(today)),
        unused=tuple(waiver for waiver in valid.values() if waiver.rule in kept),
    )


def _judged(rule: Rule, seen: Seen, waivers: dict[str, Waiver]) -> Judged:
    verdict = _verdict(rule, seen)
    waiver = waivers.get(rule.id) if verdict.outcome is Outcome.FAILED else None
    return Judged(rule, rule.level_in(seen.profile), verdict, waiver)


def _verdict(rule: Rule, seen: Seen) -> Verdict:
    for stage in rule.needs:
        if why := seen.record.missing(stage):
            return unproven(why)
    try:
        return rule.judge(seen)
    except NotSeenError as error:
        return unproven(str(error))
    except Exception as error:  # told to the user as what it is, and never as a pass
        return Verdict(Outcome.ERROR, f"the rule itself broke: {type(error).__name__}: {error}")


def chosen(rules: Iterable[Rule], select: Sequence[str], ignore: Sequence[str]) -> list[Rule]:
    """By ids, or beginnings of ids (`HL8`); none selected means all."""
    return [one for one in rules if (not select or _matches(one.id, select)) and not _matches(one.id, ignore)]


def unknown(rules: Iterable[Rule], names: Iterable[str]) -> list[str]:
    """Those names that choose nothing."""
    ids = [one.id for one in rules]
    return [name for name in names if not any(_matches(identifier, [name]) for identifier in ids)]


def _matches(identifier: str, names: Sequence[str]) -> bool:
    return any(identifier.startswith(name) for name in names)
