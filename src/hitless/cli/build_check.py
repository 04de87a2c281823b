"""The end of a build: the rules of the check that need only look, judged on the image before it goes anywhere.

Layers that were packed or read before are known by their listings and not read again; `hitless check` believes nothing
of that, and reads every byte.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hitless.errors import InputError

if TYPE_CHECKING:
    from hitless.building.assemble import Made
    from hitless.building.builder import Built, Order
    from hitless.building.listings import ListingCache
    from hitless.checking.report import Report
    from hitless.spec.profiles import Profile

_MOST_FETCHED = 8_000_000  # bytes of layers that a registry has, to look into them


def edition(name: str) -> Profile:
    """InputError for one that is unknown."""
    from hitless.checking.wishes import unknown_edition
    from hitless.spec.profiles import PROFILES

    if name not in PROFILES:
        raise InputError([unknown_edition(name)])
    return PROFILES[name]


def checked(order: Order, built: Built, subject: str, profile: Profile) -> bool:
    """Show what is so, and say whether nothing that must hold is broken. What is not decided here, `hitless check`
    decides. `subject`: where the image is to go."""
    from hitless.checking.report import Conclusion

    report = judged(order, built, subject, profile)
    show(report)
    return report.conclusion is not Conclusion.DOES_NOT


def judged(order: Order, built: Built, subject: str, profile: Profile) -> Report:
    """What an image says of itself, its files and its config.json, by all rules that ask for no more."""
    import datetime

    from hitless import __version__
    from hitless.building.listings import ListingCache
    from hitless.checking.facts.looking import Wishes, look
    from hitless.checking.judging import judge
    from hitless.checking.record import Opened, Record
    from hitless.checking.rule import Purpose
    from hitless.checking.rules.static import STATIC

    now = datetime.datetime.now(datetime.UTC)
    purpose = Purpose.BATCH if order.recipe.batch else Purpose.HITLESS
    known = ListingCache(order.cache)
    why = _unopened(built.made, known)
    wishes = Wishes(config=order.folder / "config.json" if why else None, listings=known, unopened=why)
    opened = Opened(
        subject=subject, kind="image", version=__version__, moment=now.isoformat(timespec="seconds"),
        profile=profile.name, purpose=purpose.value, seed=0,
    )  # fmt: skip
    record = Record(opened, (opened, *look(built.image, wishes)))
    return judge(record, STATIC.values(), profile, purpose, today=now.date())


def _unopened(made: Sequence[Made], known: ListingCache) -> str:
    """Why the layers are not looked into: what a registry has is not fetched for that."""
    away = [one for one in made if one.origin == "registry" and known.find(one.layer.diff_id) is None]
    if sum(one.layer.descriptor.size for one in away) <= _MOST_FETCHED:
        return ""
    return f"layers that the registry has were not fetched: {', '.join(one.name for one in away)}"


def show(report: Report) -> None:
    """A line; then each failure that is no mere advice, in full, as `hitless check` shows it."""
    from hitless.checking.reports import telling
    from hitless.checking.rule import Level
    from hitless.checking.verdict import Outcome

    counts = report.counts
    told = [one for one in report.judged if one.counts_against and one.level is not Level.INFO]
    parts = [f"{counts[Outcome.PASSED]} rules passed", f"{len(told)} failed" if told else ""]
    parts += [f"{count} not decided" if (count := counts[Outcome.UNPROVEN] + counts[Outcome.ERROR]) else ""]
    print(f"checked: {', '.join(filter(None, parts))}; not scanned for safety and not run: `hitless check` does both")
    for reason, rules in telling.reasons(report.judged).items():
        print(f"not decided: {telling.first([one.rule.id for one in rules])}: {reason}")
    if told:
        from hitless.checking.reports.text import failure

        for one in told:
            print(f"\n{failure(report, one)}", end="")
        print()


def refuse(output: Path | None, tag: str) -> None:
    """Say on standard error that the image goes nowhere, after all that was said on the other."""
    sys.stdout.flush()
    places = [*([str(output)] if output is not None else []), *([tag] if tag else [])]
    print(
        f"hitless: the image does not conform, and was not written to {' or '.join(places)}; --no-check writes it",
        file=sys.stderr,
    )
