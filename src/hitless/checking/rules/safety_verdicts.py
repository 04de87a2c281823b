"""What follows from a scanner's findings: found is failed, not seen is unproven, and only the rest is passed."""

from __future__ import annotations

from hitless.checking.events import Stage
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.rule import Seen
from hitless.checking.verdict import Evidence, Verdict, failed, passed, unproven

_SHOWN = 10
_MEGA = 1_000_000


def verdict(seen: Seen, scanner: str, kind: str, expected: str) -> Verdict:
    """By one scanner's findings of one kind. `expected`: a whole sentence without its end."""
    found = [one for one in seen.all(Finding, Stage.SAFETY) if one.scanner == scanner and one.kind == kind]
    if found:
        return _failed(found, expected)
    looked = [one for one in seen.all(ScannerSeen, Stage.SAFETY) if one.name == scanner]
    if not looked:
        why = ": --quick leaves it out" if seen.record.opened.quick else ""
        return unproven(f"the scanner {scanner!r} was not asked{why}")
    for one in looked:
        if one.lacking:
            return unproven(one.lacking)
    files, size = sum(one.files for one in looked), sum(one.bytes for one in looked)
    read = f"{files:,} files looked at" + (f", {size / _MEGA:,.1f} MB read" if size else "")
    limits = [Evidence(f"by design: {one.limits}") for one in looked if one.limits]
    return passed(f"{expected[0].upper()}{expected[1:]} ({read})", *limits)


def _failed(found: list[Finding], expected: str) -> Verdict:
    first, paths = found[0], {one.path for one in found}
    more = f", and {len(paths) - 1} more" if len(paths) > 1 else ""
    evidence = [Evidence(_told(one)) for one in found[:_SHOWN]]
    if len(found) > _SHOWN:
        evidence.append(Evidence(f"… and {len(found) - _SHOWN} more findings"))
    return failed(f"/{first.path}: {first.what}{more}", *evidence, expected=expected, actual=_told(first))


def _told(one: Finding) -> str:
    layer = f", layer {one.layer}" if one.layer >= 0 else ""
    detail = f" ({one.detail}{layer})" if one.detail else f" (layer {one.layer})" if layer else ""
    return f"/{one.path}: {one.what}{detail}"
