"""Reading and writing whole files: every problem at once, nothing lost, no input that raises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.spec.samples import (
    CUSTOM_IMAGE,
    FORM,
    IMAGE_WITH_HEALTH,
    MINIMAL,
    OBJECT_DETECTION,
    PREDICTIVE_ANALYSIS,
    found,
    laid,
)

from hitless.errors import InputError, Severity
from hitless.spec import config
from hitless.spec.config import MAX_BYTES, load, parse, read, write
from hitless.spec.contract import JSON, MULTIPART, Api, Contract, Payload
from hitless.spec.findings import MAX_PROBLEMS, json_path
from hitless.spec.health import Probe


def test_the_image_with_health_is_read_whole() -> None:
    reply = {"type": "object", "properties": {"mnist_result": {"type": "integer"}}}
    assert parse(json.dumps(IMAGE_WITH_HEALTH)).contract == Contract(
        model_algorithm="image_classification",
        model_type="Image",
        apis=(Api("/", "POST", "http", Payload(MULTIPART, FORM), Payload(JSON, reply)),),
        health=Probe("HTTP", "http", "/health", None, 12, 30, 5, 12),
        port=8080,
        protocol="http",
    )


BROKEN = """\
{
  "model_algorithm": "手写",
  "model_type": "Imgae",
  "apis": [
    {"url": "greet", "methode": "post"},
    {
      "url": "/b",
      "request": {"Content-type": "application/json",
                  "data": {"type": "object", "properties": {"x": {"type": "float"}}}}
    }
  ],
  "health": {"url": "/health", "period_seconds": "5s"},
  "port": 0
}
"""


def test_all_problems_of_a_file_are_found_at_once_and_in_order() -> None:
    result = parse(BROKEN, file="config.json")
    assert [(p.id, p.file, p.line, p.column, p.path, str(p.severity)) for p in result.problems] == [
        ("CFG-301", "config.json", 2, 22, "$.model_algorithm", "error"),
        ("CFG-303", "config.json", 3, 17, "$.model_type", "error"),
        ("CFG-402", "config.json", 5, 13, "$.apis[0].url", "error"),
        ("CFG-202", "config.json", 5, 22, "$.apis[0].methode", "warning"),
        ("CFG-503", "config.json", 9, 75, "$.apis[1].request.data.properties.x.type", "error"),
        ("CFG-609", "config.json", 12, 50, "$.health.period_seconds", "error"),
        ("CFG-309", "config.json", 13, 11, "$.port", "error"),
    ]
    assert result.contract is None
    assert result.text == BROKEN
    assert [problem.id for problem in result.warnings] == ["CFG-202"]
    assert len(result.errors) == 6


def test_faults_of_the_json_and_of_its_meaning_are_found_together() -> None:
    assert [problem.id for problem in parse("{'model_algorithm': '3d', \"model_type\": True,}").problems] == [
        "CFG-401",
        "CFG-109",
        "CFG-301",
        "CFG-108",
        "CFG-201",
        "CFG-106",
    ]


def test_with_a_bracket_astray_the_meaning_is_not_judged() -> None:
    text = '{"model_algorithm": "a", "apis": [{"url": "/", "model_type": "Image"]}'
    assert [problem.id for problem in parse(text).problems] == ["CFG-105"]


RENAMED = {
    "mandatory": ({"model_type": ..., "modle_type": "Image"}, "CFG-205", 'Rename "modle_type" to "model_type".'),
    "apis": ({"apis": ..., "api": []}, "CFG-401", 'Rename "api" to "apis".'),
    "health": ({"health": ..., "heatlh": {}}, "CFG-601", 'Rename "heatlh" to "health".'),
    "nothing alike": ({"health": ..., "weight": 1}, "CFG-601", 'Add "health": {"check_method"'),
}


@pytest.mark.parametrize(("change", "problem_id", "remedy"), RENAMED.values(), ids=RENAMED)
def test_where_a_key_is_missing_one_that_looks_like_it_is_named(
    change: dict[str, Any], problem_id: str, remedy: str
) -> None:
    remedies = {problem.id: problem.remedy for problem in parse(laid(**change)).problems}
    assert remedies[problem_id].startswith(remedy)


NO_OBJECTS = {"list": "[]", "text": '"x"', "number": "1", "null": "null", "true": "true"}


@pytest.mark.parametrize("text", NO_OBJECTS.values(), ids=NO_OBJECTS)
def test_what_is_json_but_no_object(text: str) -> None:
    assert found(parse(text)) == [("CFG-201", "error", "$")]


def test_the_number_of_problems_is_bounded() -> None:
    result = parse(laid(**{f"key{number}": 1 for number in range(1000)}))
    assert len(result.problems) == MAX_PROBLEMS + 1
    assert [problem.id for problem in result.errors] == ["CFG-114"]


def test_problems_show_the_text_of_users_short_and_without_terminal_control() -> None:
    hostile = "\x1b[31m" + "a" * 100_000
    key = "k" * 100_000 + "\x1b"
    result = parse(laid(model_type=hostile, apis=[{"url": hostile, key: 1}]))
    for problem in result.problems:
        shown = f"{problem.message}{problem.remedy}{problem.path}"
        assert len(shown) < 500
        assert "\x1b" not in shown


# Files


def write_file(folder: Path, data: bytes) -> Path:
    path = folder / "config.json"
    path.write_bytes(data)
    return path


def test_read_names_the_file_in_every_problem(tmp_path: Path) -> None:
    path = write_file(tmp_path, BROKEN.encode())
    assert {problem.file for problem in read(path).problems} == {str(path)}
    assert read(str(path)).problems == read(path).problems


def test_load_gives_the_contract(tmp_path: Path) -> None:
    assert load(write_file(tmp_path, laid().encode())) == parse(laid()).contract


def test_load_raises_every_problem_at_once(tmp_path: Path) -> None:
    path = write_file(tmp_path, BROKEN.encode())
    with pytest.raises(InputError) as caught:
        load(path)
    assert caught.value.problems == read(path).problems
    assert caught.value.exit_code == 2
    assert f"{path}:5:13 $.apis[0].url: error CFG-402" in str(caught.value)


def test_load_is_tolerant_unless_told_otherwise(tmp_path: Path) -> None:
    path = write_file(tmp_path, json.dumps(CUSTOM_IMAGE).encode())
    assert load(path).apis[0].url == "/"
    with pytest.raises(InputError):
        load(path, strict=True)


UNREADABLE = {
    "missing": ("absent.json", "No such file", "config new"),
    "folder": (".", "it is a folder", "config.json"),
    "below a file": ("config.json/x", "Not a directory", "path"),
    "name with a NUL": ("a\0b", "null byte", "path"),
    "name too long": ("a" * 5000, "too long", "path"),
}


@pytest.mark.parametrize(("name", "reason", "remedy"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path, name: str, reason: str, remedy: str) -> None:
    write_file(tmp_path, b"{}")
    path = f"{tmp_path}/{name}"
    result = read(path)
    assert [(p.id, p.file, p.line, p.severity) for p in result.problems] == [("CFG-101", path, None, Severity.ERROR)]
    assert reason in result.problems[0].message
    assert remedy in result.problems[0].remedy
    assert result.contract is None


LARGE = {
    "50 MB of blanks": b" " * 50_000_000,
    "an archive": b"\x1f\x8b\x08" + bytes(range(256)) * 20_000,
    "four-byte characters": "😀".encode() * (MAX_BYTES // 4 + 1),
}


@pytest.mark.parametrize("data", LARGE.values(), ids=LARGE)
def test_a_file_that_is_too_large(tmp_path: Path, data: bytes) -> None:
    result = read(write_file(tmp_path, data))
    assert [(problem.id, problem.line, problem.column) for problem in result.problems] == [("CFG-102", 1, 1)]
    assert parse(data).problems[0].id == "CFG-102"


# Writing


@pytest.mark.parametrize(
    "sample",
    [OBJECT_DETECTION, CUSTOM_IMAGE, PREDICTIVE_ANALYSIS, IMAGE_WITH_HEALTH, MINIMAL],
    ids=["detection", "classification", "prediction", "health", "minimal"],
)
def test_what_was_read_is_written_without_loss_or_problem(sample: dict[str, Any]) -> None:
    contract = parse(json.dumps(sample)).contract
    assert contract is not None
    again = parse(write(contract), strict=True)
    assert again.contract == contract
    assert again.errors == ()


def test_a_file_that_was_written_as_the_pages_do_comes_back_as_it_was() -> None:
    assert json.loads(write(load_sample(IMAGE_WITH_HEALTH))) == IMAGE_WITH_HEALTH


def load_sample(sample: dict[str, Any]) -> Contract:
    contract = parse(json.dumps(sample)).contract
    assert contract is not None
    return contract


LEVELS: dict[str, dict[str, Any]] = {
    "top": {"x": {"y": [1]}},
    "top, null": {"x": None},
    "metrics": {"metrics": {"f1": 1, "x": [1]}},
    "api": {"apis": [{"url": "/", "x": 1}]},
    "request": {"apis": [{"request": {"x": 1}}]},
    "response": {"apis": [{"response": {"x": 1}}]},
    "schema": {"apis": [{"request": {"data": {"type": "object", "x": 1, "properties": {"a": {"x": 1}}}}}]},
    "health": {"health": {"url": "/health", "x": 1}},
    "startup_health": {"startup_health": {"url": "/health", "x": 1}},
    "dependency": {"model_type": "PyTorch", "dependencies": [{"installer": "pip", "packages": [], "x": 1}]},
    "package": {
        "model_type": "PyTorch",
        "dependencies": [{"installer": "pip", "packages": [{"package_name": "a", "x": 1}]}],
    },
}


@pytest.mark.parametrize("change", LEVELS.values(), ids=LEVELS)
def test_an_unknown_key_is_kept_at_every_level(change: dict[str, Any]) -> None:
    contract = parse(laid(**change)).contract
    assert contract is not None
    written = json.loads(write(contract))
    assert contains(written, change | {}), written
    assert parse(write(contract)).contract == contract


def contains(whole: Any, part: Any) -> bool:
    """Whether every key and element of `part` is in `whole`, with its value."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and contains(whole[key], part[key]) for key in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(contains, whole, part))
    return bool(whole == part)


def test_short_values_are_written_on_one_line() -> None:
    assert '"data": {"type": "object", "properties": {"images": {"type": "file"}}}\n' in write(
        load_sample(CUSTOM_IMAGE)
    )


def test_what_json_cannot_hold_is_not_written() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        write(Contract("a", "Image", extra={"x": float("nan")}))


PATHS: list[tuple[tuple[str | int, ...], str]] = [
    ((), "$"),
    (("apis", 0, "url"), "$.apis[0].url"),
    (("apis", 12, "request", "Content-type"), "$.apis[12].request['Content-type']"),
    (("a'b\\",), "$['a\\'b\\\\']"),
    (("手写",), "$['手写']"),
    (("",), "$['']"),
    (("a\nb",), "$['a\\u000ab']"),
]


@pytest.mark.parametrize(("path", "text"), PATHS, ids=[text for _, text in PATHS])
def test_json_path(path: tuple[str | int, ...], text: str) -> None:
    assert json_path(path) == text


def test_the_names_that_others_use_are_there() -> None:
    assert all(callable(getattr(config, name)) for name in ("parse", "read", "load", "write", "Reading"))
