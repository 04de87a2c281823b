"""A check from its beginning to its report: look at the subject, run it, judge what was recorded.

What looks and what judges is elsewhere; here is the order in which it is called.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import gc
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from hitless import __version__
from hitless.checking.events import Stage
from hitless.checking.facts.seen import ConfigSeen
from hitless.checking.judging import chosen, judge, unknown
from hitless.checking.probes.plan import PLAN
from hitless.checking.probes.record_file import RecordFile
from hitless.checking.probes.recorder import Recorder, StageLog
from hitless.checking.probes.site import Site
from hitless.checking.probes.stages import Watch, watch
from hitless.checking.record import MOST_LINE_BYTES, Kind, Opened, Record, read_lines
from hitless.checking.report import Report
from hitless.checking.rule import Purpose, Rule, Seen
from hitless.checking.rules.catalogue import RULES
from hitless.checking.rules.figures import figures
from hitless.checking.sites import looked_at
from hitless.checking.subject import is_path, kind_of
from hitless.checking.wishes import Wishes
from hitless.errors import InputError, Problem, UnavailableError
from hitless.spec.config import parse
from hitless.spec.contract import Contract
from hitless.spec.profiles import PROFILES, Profile

Plan = Sequence[tuple[tuple[Stage, ...], Watch]]


def check(subject: str, wishes: Wishes) -> Report:
    """InputError for wrong input, UnavailableError where the subject cannot be had at all; else there is a report."""
    rules = rules_for(wishes)
    kind = kind_of(subject)
    opened = Opened(
        subject=subject, kind=kind.value, version=__version__, moment=_now(), profile=wishes.profile.name,
        purpose=wishes.purpose.value, seed=wishes.seed, quick=wishes.quick,
        is_file=kind is Kind.IMAGE and is_path(subject), flags=wishes.flags,
    )  # fmt: skip
    with RecordFile(wishes.record) if wishes.record is not None else contextlib.nullcontext() as file:
        recorder = Recorder(opened, file.write if file else None)
        if file:
            file.verify()
        _look(subject, kind, wishes, _needed(rules, wishes.purpose), recorder)
        made = report(recorder.record(), rules, wishes)
        return replace(made, faults=(file.fault,)) if file and file.fault else made


def replay(file: Path, wishes: Wishes) -> Report:
    """The report that follows from a recorded check; nothing is looked at anew. Its edition and purpose are kept."""
    try:
        with file.open("rb") as lines:
            record = read_lines(iter(lambda: lines.readline(MOST_LINE_BYTES + 1), b""), str(file))
    except OSError as error:
        problem = Problem("CHK-5", f"cannot read the record: {error.strerror}", "Check the path.", file=str(file))
        raise InputError([problem]) from error
    if record.opened.purpose not in list(Purpose):
        remedy = "Give a file that `hitless check --record` wrote."
        raise InputError([Problem("CHK-1", "it does not say what it was checked for", remedy, file=str(file), line=1)])
    edition = PROFILES.get(record.opened.profile, wishes.profile)
    wishes = replace(wishes, profile=edition, purpose=Purpose(record.opened.purpose))
    return report(record, rules_for(wishes), wishes)


def report(record: Record, rules: Sequence[Rule], wishes: Wishes) -> Report:
    """By today's date: waivers end."""
    today = datetime.datetime.now(datetime.UTC).date()
    made = judge(record, rules, wishes.profile, wishes.purpose, waivers=wishes.waivers, today=today)
    binding = sum(wishes.purpose in rule.purposes for rule in RULES.values())
    told = figures(Seen(record, wishes.profile, wishes.purpose))
    return replace(made, left_out=binding - len(made.judged), figures=told)


def rules_for(wishes: Wishes) -> list[Rule]:
    """InputError for names that choose no rule."""
    problems = [
        Problem("CHK-6", f"there is no rule {name!r}", "`hitless explain` lists all rules; HL8 means all of HL8xx.")
        for name in unknown(RULES.values(), [*wishes.select, *wishes.ignore])
    ]
    if problems:
        raise InputError(problems)
    return chosen(RULES.values(), wishes.select, wishes.ignore)


def _look(subject: str, kind: Kind, wishes: Wishes, stages: set[Stage], recorder: Recorder) -> None:
    """First what does not run; then, where its config.json can be understood, what does."""
    with looked_at(subject, kind, wishes, stages, recorder) as site_of:
        wanted = [(these, function) for these, function in PLAN if stages.intersection(these)]
        if not wanted:
            return
        contract = _contract(recorder.record(), wishes.profile)
        why = "nothing was to be run" if wishes.static else "" if contract else "the config.json cannot be understood"
        if not why and contract is not None:
            why = _run(site_of(contract), recorder, wanted)
        if why:
            for stage in (stage for these, _ in wanted for stage in these):
                StageLog(recorder, stage).unseen(why)


def _run(opening: AbstractContextManager[Site], recorder: Recorder, plan: Plan) -> str:
    """Why it could not be run; empty where it was."""
    try:
        with opening as site, _unpaused():
            asyncio.run(watch(site, recorder, plan))
    except UnavailableError as error:
        return str(error)
    return ""


@contextlib.contextmanager
def _unpaused() -> Iterator[None]:
    """What is there already is not searched for garbage again: that takes a tenth of a second, on a busy machine a
    whole one, in which a request is late."""
    if gc.get_freeze_count():  # by who called us
        yield
        return
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _needed(rules: Sequence[Rule], purpose: Purpose) -> set[Stage]:
    return {stage for rule in rules if purpose in rule.purposes for stage in rule.needs}


def _contract(record: Record, profile: Profile) -> Contract | None:
    seen = record.first(ConfigSeen)
    return parse(seen.text, file=seen.where, profile=profile).contract if seen is not None else None


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
