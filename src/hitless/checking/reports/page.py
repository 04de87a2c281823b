"""The report as one page that needs nothing else, no script and no network: conclusion, pictures, rules.

Every text goes through `_text`; the page also forbids itself to load or run anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from hitless.checking.report import Conclusion, Judged, Report
from hitless.checking.reports import telling, timeline
from hitless.checking.reports.timeline_svg import draw, draw_idle, legend, told
from hitless.checking.rulebook import by_part, flowing
from hitless.checking.verdict import Outcome

_STYLE = Path(__file__).parent / "page.css"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_HEALTH = " A health check that fails after SIGTERM is as it should be: it sends clients elsewhere."
_SENTENCES = {
    Conclusion.CONFORMS: "It conforms.",
    Conclusion.DOES_NOT: "It does not conform.",
    Conclusion.UNDECIDED: "It is not decided whether it conforms.",
}


def render(report: Report) -> str:
    title = _text(telling.headline(report))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n<main>\n"
        + "".join(_parts(report))
        + "</main>\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return escape(telling.printable(text))


def _parts(report: Report) -> Iterator[str]:
    yield _conclusion(report)
    yield from _figures(report)
    yield from _pictures(report)
    yield from _failures(report)
    yield from _waivers(report)
    yield from _undecided(report)
    yield from _table(report)
    yield _foot(report)


def _conclusion(report: Report) -> str:
    notes = "".join(f"<p>{_text(note)}</p>\n" for note in telling.notes(report))
    return (
        f"<h1>{_text(telling.in_one_line(report.record.opened.subject))}</h1>\n"
        f'<div class="conclusion {_class(str(report.conclusion))}">\n'
        f'<p class="verdict">{_SENTENCES[report.conclusion]}</p>\n<p>{_text(telling.because(report))}</p>\n'
        f"<p>{_text(telling.counted(report))}.</p>\n{notes}</div>\n"
        f'<p class="quiet">Judged by the {_text(report.profile.title)}, for {report.purpose}.</p>\n'
    )


def _class(name: str) -> str:
    return name.replace(" ", "-")


def _figures(report: Report) -> Iterator[str]:
    if report.figures:
        rows = "".join(
            f"<div><dt>{_text(name)}</dt><dd>{_text(told)}</dd></div>\n" for name, told in report.figures.items()
        )
        yield f'<dl class="figures">\n{rows}</dl>\n'


def _pictures(report: Report) -> Iterator[str]:
    stop = timeline.of_stop(report.record, report.profile)
    if stop is not None:
        yield _timeline("How it leaves: requests around SIGTERM", stop)
    rollout = timeline.of_rollout(report.record)
    if rollout is not None:
        yield _timeline("A rolling upgrade under load", rollout)
    idle = timeline.idle_connections(report.record, report.profile.keep_alive_s)
    if idle:
        title = "How long idle connections stay good"
        yield f"<h2>{title}</h2>\n<figure>{draw_idle(idle, report.profile.keep_alive_s, title)}</figure>\n"


def _timeline(title: str, one: timeline.Timeline) -> str:
    keys = "".join(f"<li>{picture}{words}</li>" for picture, words in legend())
    lanes = "".join(f"<br>{_text(lane.name)}: {told(lane)}" for lane in one.lanes)
    return (
        f'<h2>{title}</h2>\n<figure>{draw(one, title)}<ul class="legend">{keys}</ul>'
        "<figcaption>A stroke is a request, as long as it took; its colour and shape say how it ended."
        f"{_HEALTH if any(lane.name == timeline.HEALTH for lane in one.lanes) else ''}{lanes}</figcaption></figure>\n"
    )


def _failures(report: Report) -> Iterator[str]:
    failures = [one for one in report.worst_first() if one.counts_against]
    if failures:
        rows = "".join(
            f'<li><a href="#{one.rule.id}">{one.rule.id}</a> ({one.level}) {_text(one.rule.title)}: '
            f"{_text(telling.in_one_line(one.verdict.message))}</li>\n"
            for one in failures
        )
        yield f"<h2>What is broken</h2>\n<ul>\n{rows}</ul>\n"


def _waivers(report: Report) -> Iterator[str]:
    waived = [
        f"{one.rule.id}: accepted until {one.waiver.expires}: {telling.in_one_line(one.waiver.reason)}"
        for one in report.worst_first()
        if one.waiver is not None
    ]
    if lines := [*waived, *telling.waiver_lines(report)]:
        yield "<h2>Waivers</h2>\n<ul>\n" + "".join(f"<li>{_text(line)}</li>\n" for line in lines) + "</ul>\n"


def _undecided(report: Report) -> Iterator[str]:
    groups = telling.reasons(report.worst_first())
    if groups:
        rows = "".join(
            f"<li>{telling.first([one.rule.id for one in members])}: {_text(telling.cut(reason))}</li>\n"
            for reason, members in groups.items()
        )
        yield f"<h2>What is not decided, and why</h2>\n<ul>\n{rows}</ul>\n"


def _table(report: Report) -> Iterator[str]:
    yield (
        '<h2>All rules</h2>\n<table>\n<thead><tr><th scope="col">Outcome</th><th scope="col">Rule</th>'
        '<th scope="col" class="wide">Level</th><th scope="col" class="wide">Clause</th>'
        '<th scope="col">A conforming subject</th></tr></thead>\n'
    )
    judged = {one.rule.id: one for one in report.judged}
    for part, rules in by_part(one.rule for one in report.judged).items():
        yield f'<tbody>\n<tr><th scope="rowgroup" colspan="5" class="part">{part}</th></tr>\n'
        yield from (_row(report, judged[rule.id]) for rule in rules)
        yield "</tbody>\n"
    yield "</table>\n"


def _row(report: Report, one: Judged) -> str:
    opened = " open" if one.counts_against else ""
    name = telling.word(one)
    return (
        f'<tr class="{_class(name)}" id="{one.rule.id}"><td class="outcome">{name}</td><td>{one.rule.id}</td>'
        f'<td class="wide">{one.level}</td><td class="wide">{one.rule.clause}</td>'
        f"<td><details{opened}><summary>{_text(one.rule.title)}</summary>\n"
        f"{_details(report, one)}</details></td></tr>\n"
    )


def _details(report: Report, one: Judged) -> str:
    verdict, clause = one.verdict, telling.clause_of(one, report.profile)
    source = f" ({clause.source})" if clause.source else ""
    parts = [
        f"<p>{_text(telling.cut(verdict.message))}</p>\n",
        f"<dl><dt>Clause</dt><dd>{_text(f'{clause.id}: {clause.text}{source}')}</dd>\n",
        f"<dt>Expected</dt><dd>{_text(telling.cut(verdict.expected))}</dd>\n" if verdict.expected else "",
        f"<dt>Actual</dt><dd>{_text(telling.cut(verdict.actual))}</dd>\n" if verdict.actual else "",
        _evidence(one),
        f"<dt>Why</dt><dd>{_text(flowing(one.rule.why))}</dd></dl>\n" if one.rule.why else "</dl>\n",
    ]
    if verdict.outcome is Outcome.FAILED:
        parts.append(f"<h3>Fix</h3>\n<pre>{_text(one.rule.fix)}</pre>\n")
        parts.append(f"<h3>See it again</h3>\n<pre>{_text(telling.again(report, one))}</pre>\n")
    return "".join(parts)


def _evidence(one: Judged) -> str:
    shown, more = telling.evidence_of(one)
    if not shown:
        return ""
    blocks = "".join(
        f'<dd><span class="quiet">{_text(telling.when(piece))}</span><pre>{_text(piece.what)}</pre></dd>'
        for piece in shown
    )
    return f"<dt>Seen</dt>{blocks}" + (f"<dd>… and {more:,} more, in the record</dd>\n" if more else "\n")


def _foot(report: Report) -> str:
    opened = report.record.opened
    quick = ", quick" if opened.quick else ""
    told_by = f"hitless {opened.version}, {opened.moment}, {opened.kind}, seed {opened.seed}{quick}"
    return f'<p class="quiet">{_text(told_by)}</p>\n'
