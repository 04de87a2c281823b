"""The page and the Markdown: well-formed, complete, and of hostile texts only the text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from tests.unit.checking import sample_records as samples

from hitless.checking.report import Report
from hitless.checking.reports import markdown, page
from hitless.checking.verdict import Evidence, failed

REPORTS = {
    "broken": samples.report(), "kept": samples.conforming(), "open": samples.undecided(), "hostile": samples.hostile()
}  # fmt: skip
each = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
VOID = frozenset({"meta", "br"})
ALLOWED = frozenset({
    "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "div", "p", "span", "a", "ul", "li",
    "figure", "figcaption", "svg", "g", "path", "rect", "line", "text", "table", "thead", "tbody", "tr", "th", "td",
    "details", "summary", "dl", "dt", "dd", "pre", "br",
})  # fmt: skip


class Elements(HTMLParser):
    """Names, attributes and nesting of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Elements:
    elements = Elements()
    elements.feed(text)
    elements.close()
    assert elements.open == []
    return elements


@each
def test_the_page_holds_our_elements_only(report: Report) -> None:
    read_page = read(page.render(report))
    assert set(read_page.names) <= ALLOWED
    assert not [name for name, _ in read_page.attributes if name.startswith("on")]


@each
def test_the_page_needs_nothing_else(report: Report) -> None:
    text = page.render(report)
    read_page = read(text)
    assert all(
        value is not None and value.startswith("#") for name, value in read_page.attributes if name in ("href", "src")
    )
    assert "@import" not in text
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_ids_are_distinct_and_links_lead_somewhere() -> None:
    read_page = read(page.render(samples.report()))
    ids = [value for name, value in read_page.attributes if name == "id"]
    assert len(ids) == len(set(ids)) == len(samples.report().judged)
    assert {value[1:] for name, value in read_page.attributes if name == "href" and value} <= set(ids)


def test_hostile_texts_are_shown_as_they_are() -> None:
    assert (
        '"><script>alert(1)</script><img src=x onerror=alert(2)>\\x1b[2J\\x00'
        in read(page.render(samples.hostile())).text
    )


def test_the_conclusion_comes_first() -> None:
    text = read(page.render(samples.report())).text
    assert text.index("It does not conform.") < text.index("How it leaves") < text.index("All rules")


def test_the_page_has_failures_reasons_and_waivers() -> None:
    text = read(page.render(samples.report())).text
    for part in (
        "every request is answered for 60 s after SIGTERM", "stop, 8.10 s", "trap 'kill -TERM $pid' TERM",
        "docker kill -s TERM a", "HL701: only 30 s were looked at", "HL501: accepted until 2027-01-31",
        "HL803: the waiver ended", "There is no config.json",
    ):  # fmt: skip
        assert part in text


def test_only_what_is_broken_is_unfolded() -> None:
    text = page.render(samples.report())
    assert text.count("<details open>") == 1
    assert text.count("<details") == len(samples.report().judged)


def test_a_subject_that_was_not_run_has_no_pictures() -> None:
    from hitless.checking.judging import judge
    from hitless.checking.rule import Purpose
    from hitless.spec.profiles import DEFAULT

    report = judge(samples.record(), samples.rules(), DEFAULT, Purpose.HITLESS, today=samples.TODAY)
    assert "<svg" not in page.render(report)


# Markdown


def rendered(report: Report) -> str:
    text: str = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(markdown.render(report))
    return text


@each
def test_markdown_makes_no_elements_of_the_subject(report: Report) -> None:
    read_page = read(rendered(report))
    assert set(read_page.names) <= {"h2", "p", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "pre",
                               "code", "ul", "li", "strong"}  # fmt: skip


def test_markdown_has_the_failures() -> None:
    text = read(rendered(samples.report())).text
    for part in ("does not conform", "855 of 975 requests failed.", "trap 'kill -TERM $pid' TERM", "HL701: only 30 s"):
        assert part in text


def test_nobody_is_called_by_a_comment() -> None:
    outside = re.sub(r"(`{3,}).*?\1", "", markdown.render(samples.hostile()), flags=re.DOTALL)
    assert not re.search(r"(?<!\\)@", outside)


def test_markdown_fits_into_a_comment() -> None:
    pieces = [Evidence("x" * 5000, 1.0, "stop") for _ in range(100)]
    rules = [
        samples.made(f"HL8{number:02}", "EXIT-2", failed("m" * 5000, *pieces, expected="e", actual="a"))
        for number in range(60)
    ]
    text = markdown.render(samples.report(only=rules, waivers=()))
    assert len(text) < 65_536
    assert "parts are left out here" in text
