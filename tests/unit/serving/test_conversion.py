"""An annotation × the parts of a form or a query, or a JSON value: what comes out, and what is said of a misfit."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import io
import json
import typing
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, TypedDict, TypeVar

import msgspec
import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from hitless.serving.conversion import Converter, converter_for
from hitless.serving.multipart import Part
from hitless.serving.request import Request, Upload

T = TypeVar("T")
RAW = b"\x00\xff raw"
CODED = base64.b64encode(RAW).decode()


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0


class Place(TypedDict):
    name: str
    points: list[Point]


class Pair(NamedTuple):
    a: int
    b: int


class Colour(enum.Enum):
    RED = "red"


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    a: int


class Opaque:
    """What no request can hold."""


def text(value: str) -> Part:
    return Part("x", value.encode(), None, None)


def file(value: bytes, name: str = "a.bin", kind: str | None = "image/png") -> Part:
    return Part("x", value, name, kind)


def converter(hint: Any, schema: Mapping[str, Any] | None = None) -> Converter:
    return converter_for(hint, schema)


def png() -> bytes:
    stream = io.BytesIO()
    PIL.Image.new("L", (3, 2), 7).save(stream, "PNG")
    return stream.getvalue()


def npy(array: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


# JSON values

JSON_TABLE = [
    (str, "hü", "hü"),
    (int, 5, 5),
    (int, 2**70, 2**70),
    (float, 5, 5.0),
    (float, 1.5, 1.5),
    (bool, True, True),
    (list, [1, "a"], [1, "a"]),
    (list[int], [1, 2], [1, 2]),
    (tuple[int, str], [1, "a"], (1, "a")),
    (set[int], [1, 1], {1}),
    (Sequence[float], [1, 2.5], [1.0, 2.5]),
    (dict, {"a": 1}, {"a": 1}),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (dict[int, str], {"1": "a"}, {1: "a"}),
    (object, [1], [1]),
    (Mapping[str, int], {"a": 1}, {"a": 1}),
    (typing.Optional[int], None, None),  # noqa: UP045
    (int | None, 5, 5),
    (str | None, None, None),
    (bytes | None, None, None),
    (int | str, "a", "a"),
    (int | str, 1, 1),
    (Literal["a", "b"], "b", "b"),
    (Colour, "red", Colour.RED),
    (datetime.date, "2024-09-01", datetime.date(2024, 9, 1)),
    (datetime.datetime, "2024-09-01T12:00:00", datetime.datetime(2024, 9, 1, 12)),  # noqa: DTZ001
    (uuid.UUID, "00000000-0000-0000-0000-000000000001", uuid.UUID(int=1)),
    (decimal.Decimal, "1.10", decimal.Decimal("1.10")),
    (Point, {"x": 1}, Point(1.0, 0.0)),
    (list[Point], [{"x": 1, "y": 2}], [Point(1.0, 2.0)]),
    (Place, {"name": "a", "points": [{"x": 1}]}, {"name": "a", "points": [Point(1.0)]}),
    (Pair, [1, 2], Pair(1, 2)),
    (Strict, {"a": 1}, Strict(1)),
    (Any, {"a": [None]}, {"a": [None]}),
    (T, {"a": 1}, {"a": 1}),
    (None, 5, 5),
    (Annotated[int, "a note"], 5, 5),
    (bytes, CODED, RAW),
    (Upload, CODED, Upload(RAW, None, None)),
    (list[bytes], [CODED, CODED], [RAW, RAW]),
    (list[bytes], [], []),
]


@pytest.mark.parametrize(("hint", "value", "expected"), JSON_TABLE, ids=lambda value: str(value)[:40])
def test_from_json(hint: Any, value: Any, expected: Any) -> None:
    got = converter(hint).from_json(value)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("hint", "value", "words"),
    [
        pytest.param(str, 5, "Expected `str`, got `int`", id="number-for-text"),
        pytest.param(int, "5", "Expected `int`, got `str`", id="text-for-number"),
        pytest.param(int, 5.5, "Expected `int`, got `float`", id="fraction-for-whole"),
        pytest.param(int, True, "Expected `int`, got `bool`", id="boolean-is-no-number"),
        pytest.param(bool, 1, "Expected `bool`, got `int`", id="number-is-no-boolean"),
        pytest.param(int, None, "Expected `int`, got `null`", id="null-for-number"),
        pytest.param(list[int], [1, "a"], r"Expected `int`, got `str` - at `\$\[1\]`", id="place-in-a-list"),
        pytest.param(Point, {}, "missing required field `x`", id="missing-field"),
        pytest.param(Place, {"name": "a", "points": [{"x": "b"}]}, r"at `\$.points\[0\].x`", id="place-in-depth"),
        pytest.param(Strict, {"a": 1, "b": 2}, "unknown field `b`", id="unknown-field"),
        pytest.param(Literal["a"], "c", "Invalid enum value 'c'", id="literal"),
        pytest.param(datetime.date, "soon", "Invalid", id="no-date"),
        pytest.param(bytes, "no base64!", "base64", id="no-base64"),
        pytest.param(bytes, "é", "base64", id="base64-is-ascii"),
        pytest.param(bytes, 5, "base64", id="number-for-a-file"),
        pytest.param(bytes, None, "base64", id="null-for-a-file"),
        pytest.param(Upload, ["a"], "base64", id="list-for-a-file"),
        pytest.param(list[bytes], CODED, "is to be an array", id="one-file-for-a-list"),
        pytest.param(np.ndarray, "abc", "numbers in nested lists", id="text-for-an-array"),
        pytest.param(np.ndarray, [[1], [1, 2]], "equal lengths", id="ragged-array"),
        pytest.param(np.ndarray, None, "numbers in nested lists", id="null-for-an-array"),
        pytest.param(np.ndarray, {"a": 1}, "numbers in nested lists", id="object-for-an-array"),
        pytest.param(np.ndarray, [2**80], "numbers in nested lists", id="more-than-64-bits"),
        pytest.param(PIL.Image.Image, base64.b64encode(b"x").decode(), "no picture", id="no-picture"),
    ],
)
def test_json_that_does_not_fit(hint: Any, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        converter(hint).from_json(value)
    assert type(caught.value) is ValueError  # what the client is told is a sentence of ours


def test_constraints_of_an_annotation_are_checked() -> None:
    with pytest.raises(ValueError, match="Expected `int` >= 1"):
        converter(Annotated[int, msgspec.Meta(gt=0)]).from_json(0)


# Texts of a form or a query

TEXT_TABLE = [
    (str, "hü", "hü"),
    (str, "5", "5"),
    (str, "", ""),
    (str, " a ", " a "),
    (str | None, "a", "a"),
    (int, "5", 5),
    (int, " -5 ", -5),
    (int | None, "5", 5),
    (float, "1e3", 1000.0),
    (float, "2", 2.0),
    (bool, "true", True),
    (bool, "False", False),
    (bool, "1", True),
    (list[int], "[1, 2]", [1, 2]),
    (dict, '{"a": 1}', {"a": 1}),
    (Point, '{"x": 1}', Point(1.0)),
    (int | str, "a", "a"),
    (int | str, "1", 1),
    (Literal["a", "b"], "a", "a"),
    (Literal["1", "2"], "1", "1"),
    (Literal[1, 2], "2", 2),
    (Colour, "red", Colour.RED),
    (datetime.date, "2024-09-01", datetime.date(2024, 9, 1)),
    (uuid.UUID, "00000000-0000-0000-0000-000000000001", uuid.UUID(int=1)),
    (decimal.Decimal, "1.10", decimal.Decimal("1.10")),
    (Any, "5", "5"),
    (Any, "text", "text"),
]


@pytest.mark.parametrize(("hint", "value", "expected"), TEXT_TABLE, ids=lambda value: str(value)[:40])
def test_from_text(hint: Any, value: str, expected: Any) -> None:
    got = converter(hint).from_parts([text(value)])
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("hint", "value", "words"),
    [
        pytest.param(int, "five", "int", id="no-number"),
        pytest.param(int, "5.5", "int", id="fraction"),
        pytest.param(int, "", "int", id="empty"),
        pytest.param(float, "much", "float", id="no-float"),
        pytest.param(bool, "perhaps", "bool", id="no-boolean"),
        pytest.param(Literal["a"], "c", "Invalid enum value", id="literal"),
        pytest.param(datetime.date, "soon", "Invalid", id="no-date"),
        pytest.param(dict, "{", "object", id="broken-json"),
        pytest.param(np.ndarray, "[[1], [1, 2]]", "equal lengths", id="ragged-array"),
    ],
)
def test_text_that_does_not_fit(hint: Any, value: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        converter(hint).from_parts([text(value)])
    assert type(caught.value) is ValueError


def test_what_is_wrong_inside_is_said_not_that_it_is_text() -> None:
    with pytest.raises(ValueError, match=r"Expected `float`, got `str` - at `\$.x`"):
        converter(Point).from_parts([text('{"x": "a"}')])


def test_text_that_is_not_utf_8() -> None:
    for hint in (str, int, Any, dict):
        with pytest.raises(ValueError, match="is not UTF-8 text"):
            converter(hint).from_parts([Part("x", b"\xff", None, None)])


def test_deep_json_in_a_text_is_no_recursion_error() -> None:
    for hint in (list, dict, Point):
        with pytest.raises(ValueError, match=r"is no JSON value|Expected"):
            converter(hint).from_parts([text("[" * 100_000)])


# Repeated fields

REPEATED = [
    pytest.param(list[str], ["a", "b"], ["a", "b"], id="texts"),
    pytest.param(list[str], ["a"], ["a"], id="one-text"),
    pytest.param(list[int], ["1", "2"], [1, 2], id="numbers"),
    pytest.param(list[int], ["1"], [1], id="one-number"),
    pytest.param(list[int], ["[1, 2]"], [1, 2], id="json-array"),
    pytest.param(list[str], ['["a"]'], ["a"], id="json-array-of-texts"),
    pytest.param(tuple[int, ...], ["1", "2"], (1, 2), id="tuple"),
    pytest.param(set[str], ["a", "a"], {"a"}, id="set"),
    pytest.param(Sequence[float], ["1.5"], [1.5], id="sequence"),
    pytest.param(list[str], ["1", "2"], ["1", "2"], id="digits-as-texts"),
    pytest.param(list[str] | None, ["a", "b"], ["a", "b"], id="optional"),
    pytest.param(str, ["a", "b"], "a", id="the-first-where-one-is-wanted"),
    pytest.param(list[Point], ['{"x": 1}', '{"x": 2}'], [Point(1.0), Point(2.0)], id="objects"),
]  # fmt: skip


@pytest.mark.parametrize(("hint", "values", "expected"), REPEATED)
def test_repeated_fields_of_a_form(hint: Any, values: list[str], expected: Any) -> None:
    assert converter(hint).from_parts([text(value) for value in values]) == expected


# Files


@pytest.mark.parametrize(
    ("hint", "parts", "expected"),
    [
        pytest.param(bytes, [file(RAW)], RAW, id="bytes"),
        pytest.param(bytes, [text("abc")], b"abc", id="bytes-of-a-text-field"),
        pytest.param(bytes, [file(RAW), file(b"2")], RAW, id="the-first-of-two"),
        pytest.param(bytes | None, [file(RAW)], RAW, id="optional-bytes"),
        pytest.param(Annotated[bytes, "a note"], [file(RAW)], RAW, id="annotated-bytes"),
        pytest.param(Upload, [file(RAW, "ü.png")], Upload(RAW, "ü.png", "image/png"), id="upload"),
        pytest.param(Upload, [file(b"", "", None)], Upload(b"", "", None), id="empty-file-input"),
        pytest.param(list[bytes], [file(RAW)], [RAW], id="list-of-one"),
        pytest.param(list[bytes], [file(RAW), file(b"2")], [RAW, b"2"], id="list-of-two"),
        pytest.param(list[Upload], [file(RAW)], [Upload(RAW, "a.bin", "image/png")], id="list-of-uploads"),
        pytest.param(Any, [file(RAW)], RAW, id="file-without-annotation"),
        pytest.param(str, [file("hü".encode())], "hü", id="text-file"),
        pytest.param(dict, [file(b'{"a": 1}')], {"a": 1}, id="json-file"),
    ],
)
def test_files(hint: Any, parts: list[Part], expected: Any) -> None:
    assert converter(hint).from_parts(parts) == expected


@pytest.mark.parametrize(
    "hint",
    [
        pytest.param(typing.List[bytes], id="of-typing"),  # noqa: UP006
        pytest.param(list[bytes] | None, id="optional"),
        pytest.param(Sequence[bytes], id="sequence"),
        pytest.param(tuple[bytes, ...], id="tuple"),
        pytest.param(list[Annotated[bytes, "a note"]], id="annotated"),
    ],
)
def test_other_ways_to_write_a_list_of_files(hint: Any) -> None:
    assert list(converter(hint).from_parts([file(RAW), file(b"2")])) == [RAW, b"2"]


def test_only_plain_bytes_take_the_quick_path() -> None:
    hints = {hint: converter(hint).raw_file for hint in (bytes, Upload, str, Any, list[bytes], np.ndarray)}
    assert hints == {bytes: True, Upload: False, str: False, Any: False, list[bytes]: False, np.ndarray: False}


# Arrays and pictures


@pytest.mark.parametrize(
    ("hint", "dtype"),
    [
        pytest.param(np.ndarray, np.float64, id="ndarray"),
        pytest.param(NDArray[np.float32], np.float32, id="ndarray-of-float32"),
        pytest.param(NDArray[Any], np.float64, id="ndarray-of-any"),
        pytest.param(np.ndarray[Any, np.dtype[np.float16]], np.float16, id="any-shape"),
        pytest.param(np.ndarray[tuple[int, int], np.dtype[np.float32]], np.float32, id="shape-and-dtype"),
        pytest.param(np.ndarray[tuple[int, int], Any], np.float64, id="shape-only"),
        pytest.param(NDArray[np.float32] | None, np.float32, id="optional"),
    ],
)
def test_arrays(hint: Any, dtype: Any) -> None:
    values = [[0.5, 1], [2, 3]]
    made = converter(hint)
    found = [
        made.from_json(values),
        made.from_parts([text(json.dumps(values))]),
        made.from_parts([file(npy(np.array(values)))]),
    ]
    for array in found:
        assert isinstance(array, np.ndarray)
        assert array.dtype == dtype
        np.testing.assert_array_equal(array, values)


def test_an_array_from_a_picture_has_its_pixels() -> None:
    array = converter(np.ndarray).from_parts([file(png())])
    assert (array.shape, array.dtype, array.max()) == ((2, 3), np.uint8, 7)


def test_an_array_in_a_text_field_is_json() -> None:
    array = converter(NDArray[np.float32]).from_parts([text("[1, 2]")])
    assert array.tolist() == [1.0, 2.0]


def test_a_list_of_arrays() -> None:
    arrays = converter(list[NDArray[np.uint8]]).from_parts([file(png()), file(npy(np.array([1, 2])))])
    assert [array.tolist() for array in arrays] == [[[7, 7, 7], [7, 7, 7]], [1, 2]]
    assert [array.tolist() for array in converter(list[np.ndarray]).from_json([[1], [2, 3]])] == [[1], [2, 3]]


@pytest.mark.parametrize("values", [[300], [-1], [1.5]], ids=str)
def test_numbers_that_the_dtype_cannot_hold_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="uint8"):
        converter(NDArray[np.uint8]).from_json(values)


def test_pictures() -> None:
    made = converter(PIL.Image.Image)
    for image in (
        made.from_parts([file(png())]),
        made.from_json(base64.b64encode(png()).decode()),
    ):
        assert isinstance(image, PIL.Image.Image)
        assert (image.size, image.mode) == ((3, 2), "L")
    assert converter(PIL.Image.Image | None).from_json(None) is None


# Without an annotation, the contract's schema says it

SCHEMAS = [
    pytest.param(None, [text("5")], "5", id="nothing-said"),
    pytest.param({"type": "string"}, [text("5")], "5", id="string"),
    pytest.param({"type": "integer"}, [text("5")], 5, id="integer"),
    pytest.param({"type": "number"}, [text("1.5")], 1.5, id="number"),
    pytest.param({"type": "boolean"}, [text("true")], True, id="boolean"),
    pytest.param({"type": "object"}, [text('{"a": 1}')], {"a": 1}, id="object"),
    pytest.param({"type": "array"}, [text("[1, 2]")], [1, 2], id="array"),
    pytest.param({"type": "file"}, [file(RAW)], RAW, id="file"),
    pytest.param({"type": "integer"}, [file(RAW)], RAW, id="a-file-is-bytes-whatever-is-said"),
    pytest.param({"type": ["integer", "null"]}, [text("null")], None, id="two-types"),
    pytest.param({"type": "array", "items": {"type": "file"}}, [file(b"1"), file(b"2")], [b"1", b"2"], id="files"),
    pytest.param({"type": "array", "items": [{"type": "file"}]}, [file(b"1")], [b"1"], id="house-dialect"),
    pytest.param({"type": "array", "items": {"type": "integer"}}, [text("1"), text("2")], [1, 2], id="integers"),
    pytest.param({"type": "array", "items": {"type": "string"}}, [text("a")], ["a"], id="one-of-strings"),
    pytest.param({"type": "array", "items": {"type": "string"}}, [text('["a"]')], ["a"], id="strings-as-json"),
]


@pytest.mark.parametrize(("schema", "parts", "expected"), SCHEMAS)
def test_by_the_schema(schema: Mapping[str, Any] | None, parts: list[Part], expected: Any) -> None:
    got = converter(Any, schema).from_parts(parts)
    assert got == expected
    assert type(got) is type(expected)


def test_an_annotation_goes_before_the_schema() -> None:
    assert converter(str, {"type": "integer"}).from_parts([text("5")]) == "5"


def test_a_file_by_the_schema_is_base64_in_json() -> None:
    assert converter(Any, {"type": "file"}).from_json(CODED) == RAW
    assert converter(Any, {"type": "file"}).raw_file


# The request, and what cannot be


def test_the_request_is_no_field() -> None:
    for hint in (Request, Request | None):
        made = converter(hint)
        assert made.is_request
        with pytest.raises(ValueError, match="is the whole request"):
            made.from_json({})


@pytest.mark.parametrize(
    "hint",
    [
        pytest.param(Opaque, id="a-class-of-somebody"),
        pytest.param(PIL.Image, id="the-module-instead-of-the-class"),
        pytest.param(list | tuple, id="a-union-that-no-value-decides"),
        pytest.param(typing.Callable[[int], int], id="callable"),
        pytest.param(list[Opaque], id="inside-a-list"),
        pytest.param(dict[str, list[Opaque | None]], id="in-depth"),
    ],
)
def test_annotations_that_cannot_be_made_are_named_at_start(hint: Any) -> None:
    with pytest.raises(TypeError):
        converter(hint)


def test_a_bare_list_of_typing() -> None:
    assert converter(typing.List).from_json([1]) == [1]  # noqa: UP006
