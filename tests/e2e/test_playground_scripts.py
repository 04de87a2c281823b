"""The playground's scripts that only compute, each called in Chromium: JSON as text, curl lines, values, events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.browser import chromium

from hitless.serving import playground

if TYPE_CHECKING:
    from playwright.sync_api import Page

PURE = ("formats", "json_text", "json_fault", "curl", "inputs", "values", "events", "calling")


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page()
        for name in PURE:
            page.add_script_tag(content=(playground.FOLDER / "scripts" / f"{name}.js").read_text(encoding="utf-8"))
        yield page


def call(page: Page, expression: str, argument: Any = None) -> Any:
    return page.evaluate(f"argument => {expression}", argument)


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", '{"a": [1, 2, {"b": null}]}', ' [1e5, -0.5, true]\n', '"\\u00e9\\n"', '{"a": 12345678901234567890}'],
)  # fmt: skip
def test_good_json_has_no_fault_and_stays_itself(page: Page, text: str) -> None:
    assert call(page, "jsonFault(argument)", text) is None
    assert json.loads(call(page, "indentedJson(argument)", text)) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        pytest.param('{"a": 1,}', 1, 9, "a comma too many before }", id="comma-too-many"),
        pytest.param('{"a" 1}', 1, 6, "a colon is missing", id="no-colon"),
        pytest.param('{\n  "a": 1\n  "b": 2\n}', 3, 3, "a comma is missing", id="no-comma"),
        pytest.param("{a: 1}", 1, 2, 'here a name in "double quotes"', id="bare-name"),
        pytest.param("['a']", 1, 2, 'texts stand in "double quotes"', id="single-quotes"),
        pytest.param('{"a": tru}', 1, 7, "tru is no value", id="no-value"),
        pytest.param('["a]', 1, 2, "this text does not end", id="open-text"),
        pytest.param("[1, 2", 1, 6, "] is missing at the end", id="open-array"),
        pytest.param('{"a": 1', 1, 8, "} is missing at the end", id="open-object"),
        pytest.param("{", 1, 2, "} is missing at the end", id="only-a-brace"),
        pytest.param("[", 1, 2, "the end comes too early", id="only-a-bracket"),
        pytest.param("1 2", 1, 3, "nothing may follow", id="two-values"),
        pytest.param("[01]", 1, 3, "a comma is missing", id="leading-zero"),
        pytest.param("[1,\n\n  NaN]", 3, 3, "NaN is no value", id="nan"),
    ],
)
def test_a_fault_of_json_is_found(page: Page, text: str, line: int, column: int, message: str) -> None:
    found = call(page, "jsonFault(argument)", text)
    assert (found["line"], found["column"]) == (line, column)
    assert found["message"].startswith(message)


def test_json_is_indented_where_it_is_long_or_nested(page: Page) -> None:
    text = json.dumps({"short": [1, 2], "deep": {"a": [{"b": 1}]}, "long": ["x" * 30, "y" * 40]})
    assert call(page, "indentedJson(argument)", text) == "\n".join(
        [
            "{",
            '  "short": [1, 2],',
            '  "deep": {',
            '    "a": [',
            '      {"b": 1}',
            "    ]",
            "  },",
            '  "long": [',
            f'    "{"x" * 30}",',
            f'    "{"y" * 40}"',
            "  ]",
            "}",
        ]
    )


@pytest.mark.parametrize(
    ("path", "word"),
    [
        pytest.param("seven.jpg", "images=@seven.jpg", id="plain"),
        pytest.param("a b.jpg", "'images=@a b.jpg'", id="blank"),
        pytest.param("it's.jpg", "'images=@it'\\''s.jpg'", id="quote"),
        pytest.param("a;type=x.jpg", "'images=@\"a;type=x.jpg\"'", id="semicolon"),
        pytest.param('a,"b".jpg', '\'images=@"a,\\"b\\".jpg"\'', id="comma-and-quotes"),
    ],
)
def test_a_file_in_a_curl_line(page: Page, path: str, word: str) -> None:
    script = """curlLine({ method: "POST", url: "/", query: [], form: [["images", new File([], argument)]] }, {})"""
    assert call(page, script, path).endswith(f" -F {word}")


@pytest.mark.parametrize(
    ("answer", "headline"),
    [
        pytest.param({"mnist_result": 7}, ["7", "mnist_result"], id="one-number"),
        pytest.param({"data": {"label": "rose"}}, ["rose", "label"], id="wrapped"),
        pytest.param(True, ["true", ""], id="bare"),
        pytest.param({"predicted_label": "rose", "scores": []}, ["rose", "predicted_label"], id="beside-a-list"),
        pytest.param({"predicted_label": "rose", "id": 3}, ["rose", "predicted_label"], id="the-one-that-matters"),
        pytest.param({"a": 1, "b": 2}, None, id="two"),
        pytest.param({"text": "x" * 41}, None, id="long"),
        pytest.param([1], None, id="list"),
        pytest.param(None, None, id="null"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_the_value_that_an_answer_is_about(page: Page, answer: Any, headline: list[str] | None) -> None:
    found = call(page, "headlineOf(argument)", answer)
    assert (None if found is None else [found["text"], found["label"]]) == headline


@pytest.mark.parametrize(
    ("answer", "bars"),
    [
        pytest.param({"scores": [["a", 0.2], ["b", 0.7]]}, [["b", 0.7], ["a", 0.2]], id="pairs"),
        pytest.param({"cat": 3, "dog": 5}, [["dog", 5], ["cat", 3]], id="object-of-numbers"),
        pytest.param({"scores": [["a", 0.2]]}, None, id="only-one"),
        pytest.param({"a": -1, "b": 2}, None, id="negative"),
        pytest.param({"a": "x", "b": 2}, None, id="not-all-numbers"),
        pytest.param(7, None, id="number"),
    ],
)
def test_numbers_that_become_bars(page: Page, answer: Any, bars: list[Any] | None) -> None:
    assert call(page, "barsOf(argument)", answer) == bars


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(["data: a\n\ndata: b\ndata: c\n\n"], id="at-once"),
        pytest.param(["da", "ta: a\n", "\ndata: b\nda", "ta: c\n\n"], id="torn"),
        pytest.param(
            [": a comment\n\n", "event: x\r\ndata:a\r\n\r\n", "data: b\r\ndata: c\r\n\r\ndata: cut"], id="crlf"
        ),
    ],
)
def test_events_are_read_however_they_come(page: Page, pieces: list[str]) -> None:
    script = """{
        const found = [];
        const read = eventReader((data) => found.push(data));
        for (const piece of argument) read(new TextEncoder().encode(piece), false);
        return found;
    }"""
    assert page.evaluate(f"argument => {script}", pieces) == ["a", "b\nc"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}, True, id="deep"),
        pytest.param({"a": 1, "b": 2}, {"b": 2, "a": 1}, True, id="order-of-names"),
        pytest.param([1, 2], [2, 1], False, id="order-of-elements"),
        pytest.param({"a": 1}, {"a": 1, "b": 2}, False, id="more"),
        pytest.param([], {}, False, id="kinds"),
        pytest.param(None, {}, False, id="null"),
        pytest.param(1, 1.0, True, id="number"),
    ],
)
def test_equal_answers(page: Page, one: Any, other: Any, same: bool) -> None:
    assert call(page, "sameJson(argument[0], argument[1])", [one, other]) is same


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (25_300, "25 kB"), (2_500_000, "2.5 MB")]
)
def test_sizes(page: Page, count: int, text: str) -> None:
    assert call(page, "byteText(argument)", count) == text
