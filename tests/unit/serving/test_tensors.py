"""Values of requests as tensors: shapes, types, files, pictures; and what is said about those that do not fit."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hitless.serving.tensors import TEXT, Tensor, layout_of, to_tensor

MATRIX = Tensor("x", "float32", ("N", 2))
COLUMN = Tensor("age", "float32", ("N", 1))
ROW = Tensor("ids", "int64", ("T",))
FIXED = Tensor("x", "float32", (1, 2))
SOLID = Tensor("x", "float32", (4,))
ANY = Tensor("x", "float32", ())
WORDS = Tensor("words", TEXT, ("N", 2))


@pytest.mark.parametrize(
    ("tensor", "value", "shape", "left_out"),
    [
        pytest.param(MATRIX, [[1, 2], [3, 4]], (2, 2), False, id="several-items"),
        pytest.param(MATRIX, [1, 2], (1, 2), True, id="one-item-without-its-dimension"),
        pytest.param(COLUMN, 3.5, (1, 1), True, id="a-number-for-one-number"),
        pytest.param(COLUMN, [3.5], (1, 1), True, id="a-list-for-one-number"),
        pytest.param(COLUMN, [[3.5], [4]], (2, 1), False, id="several-numbers"),
        pytest.param(ROW, [1, 2, 3], (3,), False, id="open-length"),
        pytest.param(ROW, 7, (1,), True, id="a-number-for-an-open-length"),
        pytest.param(FIXED, [1, 2], (1, 2), True, id="fixed-batch-left-out"),
        pytest.param(FIXED, [[1, 2]], (1, 2), False, id="fixed-batch"),
        pytest.param(SOLID, [1, 2, 3, 4], (4,), False, id="no-batch-dimension"),
        pytest.param(ANY, [[[1]]], (1, 1, 1), False, id="undeclared-shape"),
        pytest.param(ANY, 1, (), False, id="scalar"),
        pytest.param(MATRIX, "[[1, 2]]", (1, 2), False, id="numbers-as-text"),
        pytest.param(WORDS, ["a", "b"], (1, 2), True, id="text"),
    ],
)
def test_shapes(tensor: Tensor, value: Any, shape: tuple[int, ...], left_out: bool) -> None:
    array, was_left_out = to_tensor(tensor, value)
    assert (array.shape, was_left_out) == (shape, left_out)
    assert array.dtype == (object if tensor.dtype == TEXT else np.dtype(tensor.dtype))


@pytest.mark.parametrize(
    ("tensor", "value", "reason"),
    [
        pytest.param(
            MATRIX, [1, 2, 3],
            "has the shape [3], but [N, 2] is expected; the first dimension may be left out: [2]", id="wrong-item",
        ),
        pytest.param(
            MATRIX, [[1], [2]],
            "has the shape [2, 1], but [N, 2] is expected; the first dimension may be left out: [2]", id="wrong-items",
        ),
        pytest.param(SOLID, [1, 2], "has the shape [2], but [4] is expected", id="wrong-fixed-shape"),
        pytest.param(Tensor("x", "float32", (None, "H", 2)), 1.0,
                     "has the shape [], but [?, H, 2] is expected; the first dimension may be left out: [H, 2]",
                     id="scalar"),
        pytest.param(Tensor("x", "float32", ("N", "W")), [[], []], "is empty", id="empty"),
        pytest.param(MATRIX, [[1, 2], [3]], "is to be nested lists of equal lengths", id="ragged"),
        pytest.param(MATRIX, ["a", "b"], "is to be numbers in nested lists", id="text-for-numbers"),
        pytest.param(MATRIX, "abc", "is to be numbers in nested lists", id="no-json"),
        pytest.param(MATRIX, [1, None], "is to be numbers in nested lists", id="null"),
        pytest.param(ROW, [1.5], "is to be whole numbers", id="fraction-for-integer"),
        pytest.param(Tensor("x", "uint8", ("N",)), [256], "is to be numbers from 0 to 255 (uint8)", id="overflow"),
        pytest.param(Tensor("x", "uint8", ("N",)), [-1], "is to be numbers from 0 to 255 (uint8)", id="negative"),
        pytest.param(MATRIX, [1e300, 0], "has numbers that are too large for float32", id="float-overflow"),
        pytest.param(Tensor("x", "bool", ("N",)), [2], "is to be true and false, or 0 and 1", id="number-for-bool"),
        pytest.param(WORDS, [1, 2], "is to be text, or nested lists of text", id="numbers-for-text"),
        pytest.param(MATRIX, b"", "is an empty file", id="empty-file"),
        pytest.param(MATRIX, b"\x89PNG", "is to be an .npy file of the shape [N, 2]; a picture does not have it",
                     id="picture-for-matrix"),
    ],
)  # fmt: skip
def test_what_does_not_fit(tensor: Tensor, value: Any, reason: str) -> None:
    with pytest.raises(ValueError) as raised:
        to_tensor(tensor, value)
    assert str(raised.value) == reason


def test_numbers_keep_their_values() -> None:
    array, _ = to_tensor(Tensor("x", "uint8", ("N", 3)), [True, 2.0, 255])
    assert array.tolist() == [[1, 2, 255]]


def npy(array: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def test_an_npy_file() -> None:
    array, left_out = to_tensor(MATRIX, npy(np.array([[1, 2], [3, 4]], np.int16)))
    assert (array.tolist(), str(array.dtype), left_out) == ([[1, 2], [3, 4]], "float32", False)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        pytest.param(np.array(["a", "b"]), "is a broken .npy file (holds <U1, no numbers)", id="text"),
        pytest.param(np.zeros((1, 2), complex), "holds complex128, no real numbers", id="complex"),
        pytest.param(np.zeros(3), "has the shape [3], but [N, 2] is expected; the first dimension may be left out: [2]",
                     id="shape"),
    ],
)  # fmt: skip
def test_an_npy_file_that_does_not_fit(array: NDArray[Any], reason: str) -> None:
    with pytest.raises(ValueError) as raised:
        to_tensor(MATRIX, npy(array))
    assert str(raised.value) == reason


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        pytest.param(("N", 3, 224, 224), "NCHW", id="colour"),
        pytest.param((1, 1, 28, 28), "NCHW", id="grey-fixed-batch"),
        pytest.param(("N", 224, 224, 3), "NHWC", id="channels-last"),
        pytest.param(("N", None, None, 3), "NHWC", id="channels-last-any-size"),
        pytest.param(("N", "C", "H", "W"), "NCHW", id="all-open"),
        pytest.param(("N", 28, 28), "NHW", id="grey"),
        pytest.param((3, 64, 64), "CHW", id="no-batch"),
        pytest.param((64, 64, 3), "HWC", id="no-batch-channels-last"),
        pytest.param((64, 64), "HW", id="one-grey-picture"),
        pytest.param((2, 3, 64, 64), None, id="fixed-batch-of-two"),
        pytest.param(("N", 784), None, id="flat"),
        pytest.param(("N", None), None, id="rows-of-any-length"),
        pytest.param(("N", 5, 64, 64), None, id="five-channels"),
        pytest.param((4,), None, id="vector"),
        pytest.param((), None, id="undeclared"),
    ],
)
def test_which_dimension_is_what_of_a_picture(shape: tuple[int | str | None, ...], layout: str | None) -> None:
    assert layout_of(shape) == layout


def picture(mode: str = "RGB", size: tuple[int, int] = (4, 2), colour: Any = (255, 0, 51)) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, size, colour).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("shape", "dtype", "result", "first"),
    [
        pytest.param(("N", 3, 2, 4), "uint8", (1, 3, 2, 4), [255, 0, 51], id="as-it-is"),
        pytest.param(("N", 3, 2, 4), "float32", (1, 3, 2, 4), [1.0, 0.0, 0.2], id="scaled"),
        pytest.param(("N", 3, 8, 6), "uint8", (1, 3, 8, 6), [255, 0, 51], id="resized"),
        pytest.param(("N", 3, None, None), "uint8", (1, 3, 2, 4), [255, 0, 51], id="any-size"),
        pytest.param(("N", 1, 2, 4), "uint8", (1, 1, 2, 4), [82], id="grey"),
        pytest.param(("N", 2, 4), "uint8", (1, 2, 4), [82], id="grey-without-channels"),
    ],
)
def test_pictures(shape: tuple[int | str | None, ...], dtype: str, result: tuple[int, ...], first: list[float]) -> None:
    array, left_out = to_tensor(Tensor("x", dtype, shape), picture())
    assert (array.shape, array.dtype, left_out) == (result, np.dtype(dtype), True)
    pixel = array[0, :, 0, 0] if array.ndim == 4 else array[0, :1, 0]
    assert pixel.tolist() == pytest.approx(first, abs=1e-6)


def test_a_picture_with_its_channels_last() -> None:
    array, left_out = to_tensor(Tensor("x", "float64", (2, 4, 3)), picture())
    assert (array.shape, left_out) == ((2, 4, 3), False)
    assert array[1, 3].tolist() == [1.0, 0.0, 0.2]


def test_a_grey_picture_of_16_bits_keeps_its_brightness() -> None:
    stream = io.BytesIO()
    Image.fromarray(np.full((2, 4), 32_896, np.uint16)).save(stream, "PNG")
    array, _ = to_tensor(Tensor("x", "uint8", ("N", 2, 4)), stream.getvalue())
    assert np.unique(array).tolist() == [128]


def test_a_picture_for_small_signed_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match=r"do not fit into int8; send an \.npy file"):
        to_tensor(Tensor("x", "int8", ("N", 1, 2, 4)), picture())
