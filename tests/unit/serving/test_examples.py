"""Example requests of a package: the bodies are read back by the form parser; bad entries are all named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hitless.errors import InputError
from hitless.serving.examples import Example, examples_of, form_body
from hitless.serving.multipart import Part, boundary_of, parse_multipart


def parts_of(content_type: str, body: bytes) -> list[Part]:
    return parse_multipart(body, boundary_of(content_type))


def field(name: str, value: str) -> Part:
    return Part(name, value.encode(), None, None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "seven.jpg").write_bytes(b"\xff\xd8\r\n--x")
    (tmp_path / "data.unknown-kind").write_bytes(b"")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_bytes(b"a")
    return tmp_path


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param({}, Example("POST", "/", "", None, b"", None), id="nothing"),
        pytest.param({"url": "/x", "method": "get"}, Example("GET", "/x", "", None, b"", None), id="url-and-method"),
        pytest.param({"query": "a=1"}, Example("POST", "/", "a=1", None, b"", None), id="query"),
        pytest.param({"json": {"a": [1]}}, Example("POST", "/", "", "application/json", b'{"a":[1]}', None), id="json"),
        pytest.param({"json": []}, Example("POST", "/", "", "application/json", b"[]", None), id="empty-json"),
        pytest.param({"json": 5, "answer": {"b": 2}}, Example("POST", "/", "", "application/json", b"5", {"b": 2}),
                     id="answer"),
    ],
)  # fmt: skip
def test_examples(folder: Path, entry: dict[str, Any], expected: Example) -> None:
    assert examples_of(folder, {"example": [entry]}) == [expected]


@pytest.mark.parametrize(
    ("form", "parts"),
    [
        pytest.param({"images": "@seven.jpg"}, [Part("images", b"\xff\xd8\r\n--x", "seven.jpg", "image/jpeg")],
                     id="file"),
        pytest.param({"x": "@sub/a.txt"}, [Part("x", b"a", "a.txt", "text/plain")], id="file-in-a-folder"),
        pytest.param({"x": "@data.unknown-kind"},
                     [Part("x", b"", "data.unknown-kind", "application/octet-stream")], id="file-of-an-unknown-kind"),
        pytest.param({"a": "text", "b": ""}, [field("a", "text"), field("b", "")], id="texts"),
        pytest.param({"n": 5, "f": 1.5, "t": True}, [field("n", "5"), field("f", "1.5"), field("t", "true")],
                     id="json"),
        pytest.param({"l": [1, 2], "o": {"a": 1}}, [field("l", "[1,2]"), field("o", '{"a":1}')], id="lists-and-tables"),
        pytest.param({"ü": "ä\r\nö"}, [field("ü", "ä\r\nö")], id="not-ascii"),
        pytest.param({}, [], id="empty"),
    ],
)  # fmt: skip
def test_forms(folder: Path, form: dict[str, Any], parts: list[Part]) -> None:
    [example] = examples_of(folder, {"example": [{"form": form}]})
    assert example.content_type is not None
    assert parts_of(example.content_type, example.body) == parts


def test_names_with_quotes_and_line_breaks_come_back(tmp_path: Path) -> None:
    file = tmp_path / 'a "b".txt'
    file.write_bytes(b"1")
    content_type, body = form_body([('x"y\r\nz', "1"), ("f", file)])
    assert parts_of(content_type, body) == [field('x"y\r\nz', "1"), Part("f", b"1", 'a "b".txt', "text/plain")]


def test_no_examples(folder: Path) -> None:
    assert examples_of(folder, {}) == []
    assert examples_of(folder, {"example": []}) == []


def test_the_example_of_the_specification(mnist_example: Path) -> None:
    settings = {"example": [{"url": "/", "form": {"images": "@seven.jpg"}, "answer": {"mnist_result": 7}}]}
    [example] = examples_of(mnist_example, settings)
    assert example.answer == {"mnist_result": 7}
    [part] = parts_of(str(example.content_type), example.body)
    assert part.value == (mnist_example / "seven.jpg").read_bytes()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        pytest.param({"form": {"x": "@missing.jpg"}}, "missing.jpg", id="no-such-file"),
        pytest.param({"form": {"x": "@sub"}}, "sub", id="a-folder"),
        pytest.param({"urL": "/"}, "keys that no example has: urL", id="unknown-key"),
        pytest.param({"form": {}, "json": {}}, "has both form and json", id="form-and-json"),
        pytest.param("/", "is no table", id="no-table"),
        pytest.param({"form": "x"}, "form is no table", id="form-of-text"),
        pytest.param({"form": [1]}, "form is no table", id="form-of-a-list"),
        pytest.param({"query": {"a": 1}}, "query is no text", id="query-of-a-table"),
        pytest.param({"url": 5}, "url is no text", id="url-of-a-number"),
        pytest.param({"method": True}, "method is no text", id="method-of-a-boolean"),
    ],
)
def test_bad_entries(folder: Path, entry: Any, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        examples_of(folder, {"example": [{}, entry]}, "pkg/hitless.toml")
    [problem] = caught.value.problems
    assert (problem.id, problem.file, problem.path) == ("PKG-6", "pkg/hitless.toml", "example[1]")


def test_all_bad_entries_at_once(folder: Path) -> None:
    with pytest.raises(InputError) as caught:
        examples_of(folder, {"example": [{"x": 1}, {}, {"form": {"a": "@b"}}]})
    assert [problem.path for problem in caught.value.problems] == ["example[0]", "example[2]"]


def test_one_table_instead_of_an_array_of_tables(folder: Path) -> None:
    with pytest.raises(InputError, match=r"Write \[\[example\]\]"):
        examples_of(folder, {"example": {"url": "/"}})


def test_json_of_an_example_is_json(folder: Path) -> None:
    [example] = examples_of(folder, {"example": [{"json": {"ü": 1.5}}]})
    assert json.loads(example.body) == {"ü": 1.5}
