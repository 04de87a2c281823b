"""The report as JUnit XML: one case per rule, so that a CI shows the rules as it shows tests."""

from __future__ import annotations

from xml.etree import ElementTree

from hitless.checking.report import Judged, Report
from hitless.checking.reports import telling
from hitless.checking.rule import Level
from hitless.checking.verdict import Outcome

Element = ElementTree.Element


def render(report: Report) -> str:
    suites = Element("testsuites", name="hitless check")
    suite = ElementTree.SubElement(suites, "testsuite", name=telling.in_one_line(report.record.opened.subject))
    _properties(suite, report)
    cases = [_case(suite, report, one) for one in report.judged]
    for element in (suites, suite):
        element.set("tests", str(len(cases)))
        for kind, name in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            element.set(kind, str(sum(case.find(name) is not None for case in cases)))
        element.set("time", "0")
    suite.set("timestamp", telling.in_one_line(report.record.opened.moment))
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _properties(suite: Element, report: Report) -> None:
    properties = ElementTree.SubElement(suite, "properties")
    facts = {
        "conclusion": str(report.conclusion),
        "because": telling.because(report),
        "profile": report.profile.name,
        "purpose": str(report.purpose),
        "version": telling.in_one_line(report.record.opened.version),
    }
    facts |= {f"note.{number}": note for number, note in enumerate(telling.notes(report), 1)}
    facts |= {f"measured.{name}": telling.in_one_line(told) for name, told in report.figures.items()}
    facts |= {f"waiver.{number}": line for number, line in enumerate(telling.waiver_lines(report), 1)}
    for name, value in facts.items():
        ElementTree.SubElement(properties, "property", name=name, value=value)


def _case(suite: Element, report: Report, one: Judged) -> Element:
    name = f"{one.rule.id} {telling.in_one_line(one.rule.title)}"
    case = ElementTree.SubElement(suite, "testcase", classname=f"hitless.{one.rule.clause}", name=name, time="0")
    kind = _kind(one)
    if kind:
        message = telling.in_one_line(one.verdict.message)
        if one.waiver is not None:
            reason = telling.in_one_line(one.waiver.reason)
            message = f"waived until {one.waiver.expires}: {reason} ({message})"
        element = ElementTree.SubElement(case, kind, message=message)
        if kind != "skipped":
            element.set("type", f"{one.level} {telling.word(one)}")
        if one.counts_against:
            element.text = _body(report, one)
    return case


def _kind(one: Judged) -> str:
    """What a CI counts it as. A demand that is not proven is not a pass, and a wish that is not proven no alarm."""
    match one.verdict.outcome:
        case Outcome.FAILED:
            return "skipped" if one.waiver is not None else "failure"
        case Outcome.ERROR:
            return "error"
        case Outcome.UNPROVEN:
            return "error" if one.level is Level.MUST else "skipped"
        case Outcome.NOT_APPLICABLE:
            return "skipped"
        case Outcome.PASSED:
            return ""


def _body(report: Report, one: Judged) -> str:
    clause = telling.clause_of(one, report.profile)
    shown, more = telling.evidence_of(one)
    lines = [
        f"clause {clause.id} ({one.level}): {clause.text}",
        f"expected: {telling.cut(one.verdict.expected)}",
        f"actual: {telling.cut(one.verdict.actual)}",
        *(f"seen [{telling.when(piece)}]: {piece.what}" for piece in shown),
        *([f"… and {more:,} more, in the record"] if more else []),
        f"fix:\n{telling.printable(one.rule.fix)}",
        f"see it again: {telling.again(report, one)}",
    ]
    return "\n".join(lines)
