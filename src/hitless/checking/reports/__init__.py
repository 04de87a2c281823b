"""A report as text, by the name of its format. Each is a function of the report alone, in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hitless.checking.report import Report


def _text(report: Report) -> str:
    from hitless.checking.reports.text import render

    return render(report)


def _json(report: Report) -> str:
    from hitless.checking.reports.json_report import render

    return render(report)


def _junit(report: Report) -> str:
    from hitless.checking.reports.junit import render

    return render(report)


def _sarif(report: Report) -> str:
    from hitless.checking.reports.sarif import render

    return render(report)


def _html(report: Report) -> str:
    from hitless.checking.reports.page import render

    return render(report)


def _markdown(report: Report) -> str:
    from hitless.checking.reports.markdown import render

    return render(report)


def _badge(report: Report) -> str:
    from hitless.checking.reports.badge import render

    return render(report)


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": _text, "json": _json, "junit": _junit, "sarif": _sarif, "html": _html, "md": _markdown, "badge": _badge,
}  # fmt: skip
