"""The JSON reader: what it reads, which faults it names, and where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hitless.spec.jsontext import MAX_CHARACTERS, MAX_DEPTH, read_json

VALID = {
    "object": '{"a": 1, "b": [true, false, null], "c": {"d": "x"}}',
    "blank everywhere": ' \t\r\n{ "a" : [ 1 , 2 ] } \n',
    "empty containers": '{"a": {}, "b": []}',
    "numbers": "[0, -0.5, 1e3, 12.25E-2, 123456789012345678901234567890]",
    "escapes": r'["\" \\ \/ \b \f \n \r \t \u00e9 \ud83d\ude00"]',
    "not ASCII": '["手写数字 – é"]',
    "a text alone": '"x"',
    "a number alone": "-1.5",
}


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_valid_text_is_read_as_the_standard_library_reads_it(text: str) -> None:
    document = read_json(text)
    assert document.faults == ()
    assert document.parsed
    assert document.value == json.loads(text)


FAULTY: dict[str, tuple[str, list[tuple[str, int, int]], Any]] = {
    "empty": ("", [("CFG-105", 1, 1)], None),
    "blank": (" \n ", [("CFG-105", 2, 2)], None),
    "comma at the end of an object": ('{"a": 1,}', [("CFG-106", 1, 8)], {"a": 1}),
    "comma at the end of a list": ('["a",\n]', [("CFG-106", 1, 5)], ["a"]),
    "comma at the beginning": ("[, 1]", [("CFG-106", 1, 2)], [1]),
    "comma alone": ("[,]", [("CFG-106", 1, 2)], []),
    "two commas": ("[1,, 2]", [("CFG-106", 1, 4)], [1, 2]),
    "no comma, next line": ('{"a": 1\n "b": 2}', [("CFG-106", 1, 8)], {"a": 1, "b": 2}),
    "no comma in a list": ("[1 2]", [("CFG-106", 1, 3)], [1, 2]),
    "line comment": ('{"a": 1} // done', [("CFG-107", 1, 10)], {"a": 1}),
    "hash comment": ('{"a": 1 # one\n}', [("CFG-107", 1, 9)], {"a": 1}),
    "block comment": ('/* a\n b */ {"a": 1}', [("CFG-107", 1, 1)], {"a": 1}),
    "comment without end": ('{"a": 1} /* b', [("CFG-107", 1, 10)], {"a": 1}),
    "comment right behind a value": ('{"a": 1//b\n}', [("CFG-107", 1, 8)], {"a": 1}),
    "Python's words": (
        "[True, False, None]",
        [("CFG-108", 1, 2), ("CFG-108", 1, 8), ("CFG-108", 1, 15)],
        [True, False, None],
    ),
    "no numbers": (
        "[NaN, Infinity, -Infinity]",
        [("CFG-108", 1, 2), ("CFG-108", 1, 7), ("CFG-108", 1, 17)],
        [None, None, None],
    ),
    "a word without quotes": ('{"a": post}', [("CFG-108", 1, 7)], {"a": "post"}),
    "single quotes, named once": ("{'a': 'b'}", [("CFG-109", 1, 2)], {"a": "b"}),
    "single quotes and a bare key": ("{'a': 1, b: 'c'}", [("CFG-109", 1, 2), ("CFG-109", 1, 10)], {"a": 1, "b": "c"}),
    "curly quotes": ("{“a”: 1}", [("CFG-109", 1, 2)], {"a": 1}),
    "key without quotes": ("{a: 1}", [("CFG-109", 1, 2)], {"a": 1}),
    "bad escape": (r'["C:\models"]', [("CFG-110", 1, 5)], ["C:models"]),
    "short unicode escape": (r'["\u12"]', [("CFG-110", 1, 3)], ["u12"]),
    "tab in a text": ('["a\tb"]', [("CFG-110", 1, 4)], ["a\tb"]),
    "control character in a text": ('["a\x01b"]', [("CFG-110", 1, 4)], ["a\x01b"]),
    "first half of a character": (r'["\ud800"]', [("CFG-110", 1, 3)], ["\ufffd"]),
    "second half of a character": (r'["\udc00"]', [("CFG-110", 1, 3)], ["\ufffd"]),
    "half of a character, raw": ('["\ud800"]', [("CFG-110", 1, 3)], ["\ufffd"]),
    "leading zero": ("[08080]", [("CFG-111", 1, 2)], [8080]),
    "leading plus": ("[+1]", [("CFG-111", 1, 2)], [0]),
    "no digit before the point": ("[.5]", [("CFG-111", 1, 2)], [0]),
    "no digit behind the point": ("[5.]", [("CFG-111", 1, 2)], [0]),
    "hexadecimal": ("[0x1F90]", [("CFG-111", 1, 2)], [0]),
    "beyond a float": ("[1e999]", [("CFG-111", 1, 2)], [0]),
    "digits without end": ("[" + "9" * 5000 + "]", [("CFG-111", 1, 2)], [0]),
    "key twice": ('{"a": 1,\n "a": 2}', [("CFG-112", 2, 2)], {"a": 2}),
    "key twice, written otherwise": (r'{"a": 1, "\u0061": 2}', [("CFG-112", 1, 10)], {"a": 2}),
    "too deep": ("[" * 100_000, [("CFG-113", 1, MAX_DEPTH + 1)], None),
    "object never closed": ('{"a": {"b": 1', [("CFG-105", 1, 7)], {"a": {"b": 1}}),
    "wrong closing bracket": ('{"a": [1, 2}, "b": 3}', [("CFG-105", 1, 12), ("CFG-105", 1, 13)], {"a": [1, 2]}),
    "bracket of a list on an object": ('{"a": [{"b": 1]}', [("CFG-105", 1, 15)], {"a": [{"b": 1}]}),
    "text behind the end": ('{"a": 1} {"b": 2}', [("CFG-105", 1, 10)], {"a": 1}),
    "no value": ('{"a": , "b": 2}', [("CFG-105", 1, 7)], {"a": None, "b": 2}),
    "no value at the end": ('{"a":}', [("CFG-105", 1, 6)], {"a": None}),
    "no colon": ('{"a" 1}', [("CFG-105", 1, 6)], {"a": 1}),
    "text never closed": ('{"a": "b,\n "c": 1}', [("CFG-105", 1, 7)], {"a": "b", "c": 1}),
    "text over two lines": ('{"a": "one\ntwo", "b": 1}', [("CFG-110", 1, 7)], {"a": "one\ntwo", "b": 1}),
    "text over three lines": ('["a\n b\n c"]', [("CFG-110", 1, 2)], ["a\n b\n c"]),
    "last text never closed": ('{"a": "b\n}', [("CFG-105", 1, 7)], {"a": "b"}),
    "YAML": ("model_type: Image\n", [("CFG-105", 1, 1)], None),
    "colon in a list": ("[1: 2]", [("CFG-105", 1, 3)], None),
    "bracket for a key": ('{["a"]: 1}', [("CFG-105", 1, 2)], None),
    "wide signs": ('{"a"： 1，"b": 2}', [("CFG-115", 1, 5), ("CFG-115", 1, 8)], {"a": 1, "b": 2}),
    "no-break space": ('{"a":\u00a01}', [("CFG-115", 1, 6)], {"a": 1}),
    "zero-width space": ('{\u200b"a": 1}', [("CFG-115", 1, 2)], {"a": 1}),
}


@pytest.mark.parametrize(("text", "faults", "value"), FAULTY.values(), ids=FAULTY)
def test_every_fault_is_named_at_its_place_and_reading_goes_on(
    text: str, faults: list[tuple[str, int, int]], value: Any
) -> None:
    document = read_json(text)
    assert [(fault.kind.id, *document.line_column(fault.offset)) for fault in document.faults] == faults
    assert document.value == value
    assert all(fault.message and fault.remedy.endswith(".") for fault in document.faults)


def test_all_faults_of_a_text_are_found_at_once() -> None:
    text = '{\'a\': True, // one\n "b": [1 2,],\n "b": .5}'
    assert [fault.kind.id for fault in read_json(text).faults] == [
        "CFG-109", "CFG-108", "CFG-107", "CFG-106", "CFG-106", "CFG-112", "CFG-111",
    ]  # fmt: skip


GROUPS = {
    "quotes": ("['a', 'b', 'c']", "' is no quote of JSON (and 2 more like this)"),
    "keys": ("{a: 1, b: 2}", "the key a has no quotes (and 1 more like this)"),
    "comments": ("[1, // one\n 2 // two\n]", "JSON has no comments (and 1 more like this)"),
    "blanks": (
        "[\u00a01,\u00a02]",
        "an invisible character that JSON does not allow: U+00A0 NO-BREAK SPACE (and 1 more like this)",
    ),
    "alone": ("['a']", "' is no quote of JSON"),
}


@pytest.mark.parametrize(("text", "message"), GROUPS.values(), ids=GROUPS)
def test_what_is_wrong_all_over_a_file_is_named_once_with_its_number(text: str, message: str) -> None:
    assert [fault.message for fault in read_json(text).faults] == [message]


def test_reading_gives_up_after_fifty_faults() -> None:
    document = read_json("[" + "x," * 1000 + "]")
    assert len(document.faults) == 50
    assert not document.parsed


def test_a_text_of_more_than_a_mebibyte_is_not_read() -> None:
    document = read_json(" " * MAX_CHARACTERS + "{}")
    assert [fault.kind.id for fault in document.faults] == ["CFG-102"]
    assert not document.parsed


PLACES = [
    ((), False, (1, 1)),
    (("a",), True, (2, 3)),
    (("a",), False, (2, 8)),
    (("a", 1), False, (3, 5)),
    (("a", 1, "手"), True, (3, 6)),
    (("a", 1, "手"), False, (3, 12)),
    (("a", 1, "missing"), False, (3, 5)),
    (("a", 1, "missing", "deeper"), True, (3, 5)),
    (("missing",), True, (1, 1)),
]


@pytest.mark.parametrize(("path", "of_key", "place"), PLACES, ids=[f"{path}-{of_key}" for path, of_key, _ in PLACES])
def test_every_part_knows_its_line_and_column(
    path: tuple[str | int, ...], of_key: bool, place: tuple[int, int]
) -> None:
    """Columns count characters, and a part that is missing lies where the part around it lies."""
    document = read_json('{\n  "a": [0,\n    {"手":  1}]}')
    assert document.line_column(document.offset(path, of_key=of_key)) == place


def test_lines_end_as_on_windows_too() -> None:
    document = read_json('{\r\n"a":\r\n1}')
    assert document.line_column(document.offset(("a",))) == (3, 1)
