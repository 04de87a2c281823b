"""Whatever a subject says, every report stays well-formed, and nothing of it is taken for more than text."""

from __future__ import annotations

import datetime
import json
from html.parser import HTMLParser
from xml.etree import ElementTree

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.checking.sample_records import TODAY, made, record

from hitless.checking.events import Begun, Exchange, Exited, Failure, Noted, Signalled, Stage
from hitless.checking.judging import judge
from hitless.checking.record import Entry, Opened
from hitless.checking.report import Report
from hitless.checking.reports import FORMATS
from hitless.checking.rule import Level, Purpose
from hitless.checking.verdict import Evidence, Outcome, Verdict
from hitless.checking.waivers import Waiver
from hitless.spec.profiles import DEFAULT

MARKUP = (
    "<", ">", "&", '"', "'", "`", "```", "]]>", "<!--", "-->", "</script>", "</title>", "</style>", "<details>", "|",
    "@a", "[a](b)", "{", "\\", "#", "\r", "\n", "\x00", "\x1b[2J", "\ud800", "\ufffe", "\u202e", "\u2028",
)  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(MARKUP), st.text(max_size=6)), max_size=8).map("".join)
seconds = st.floats(0, 400, allow_nan=False)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    stage = draw(st.sampled_from([Stage.STOP, Stage.ROLLOUT, Stage.KEEP_ALIVE]))
    at_s, name = draw(seconds), draw(texts)
    match draw(st.integers(0, 4)):
        case 0:
            return Signalled(stage=stage, at_s=at_s, instance=name, number=draw(st.sampled_from([9, 15])))
        case 1:
            return Exited(stage=stage, at_s=at_s, instance=name, code=draw(st.integers(0, 255)))
        case 2:
            return Noted(stage=stage, at_s=at_s, what=draw(texts))
        case 3:
            return Begun(
                stage=stage, at_s=at_s, instance=name, where=draw(texts), address=name, own=False, confined=False
            )
        case _:
            failure = draw(st.one_of(st.none(), st.sampled_from(list(Failure))))
            return Exchange(
                stage=stage, at_s=at_s, until_s=at_s + draw(seconds), purpose=draw(texts), instance=name,
                connection=draw(st.integers(0, 3)), nth=draw(st.integers(1, 3)), method=draw(texts), path=draw(texts),
                status=0 if failure else draw(st.sampled_from([200, 404, 503])), failure=failure, detail=draw(texts),
                headers=((draw(texts), draw(texts)),),
            )  # fmt: skip


@st.composite
def reports(draw: st.DrawFn) -> Report:
    def verdict() -> Verdict:
        pieces = draw(st.lists(st.builds(Evidence, texts, st.one_of(st.none(), st.floats()), texts), max_size=2))
        return Verdict(
            draw(st.sampled_from(list(Outcome))), draw(texts), draw(texts), draw(texts), tuple(pieces), draw(texts)
        )  # fmt: skip

    opened = Opened(draw(texts), draw(texts), draw(texts), draw(texts), "2024-09", "hitless", 1)
    rules = [
        made(
            f"HL80{number}",
            "EXIT-2",
            verdict(),
            level=draw(st.sampled_from(list(Level))),
            title=draw(st.just("It does")),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    days = st.sampled_from([datetime.date(2026, 1, 1), datetime.date(2027, 1, 1)])
    waivers = [Waiver(f"HL80{number}", draw(texts), draw(days)) for number in range(draw(st.integers(0, 2)))]
    found = record(*draw(st.lists(entries(), max_size=8)), opened=opened)
    return judge(found, rules, DEFAULT, Purpose.HITLESS, waivers=waivers, today=TODAY)


class Names(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "img", "iframe", "object", "link")
        assert not [name for name, _ in attributes if name.startswith("on")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_every_report_is_well_formed(report: Report) -> None:
    written = {name: render(report) for name, render in FORMATS.items()}
    for text in written.values():
        text.encode()
        assert all(char.isprintable() or char in "\n\t" for char in text)
    for name in ("json", "sarif"):
        json.loads(written[name], parse_constant=lambda constant: (_ for _ in ()).throw(ValueError(constant)))
    for name in ("junit", "badge"):
        ElementTree.fromstring(written[name])
    page = Names()
    page.feed(written["html"])
    page.close()
    assert page.open == []
    assert [case.get("name", "")[:5] for case in ElementTree.fromstring(written["junit"]).iter("testcase")] == [
        one.rule.id for one in report.judged
    ]
