"""Pictures and arrays from files: formats, modes, bombs, and every way to be broken is a ValueError with a reason."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from hitless.serving.pictures import array_of_file, array_of_json, picture


def written(image: PIL.Image.Image, form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def image_of(mode: str = "RGB", size: tuple[int, int] = (4, 3)) -> PIL.Image.Image:
    return PIL.Image.new(mode, size)


def npy(array: NDArray[Any], version: tuple[int, int] | None = None) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=version)
    return stream.getvalue()


def npy_head(head: str, body: bytes = b"\0" * 16) -> bytes:
    """An .npy file with this text as its head, whatever it says."""
    padded = head.encode("latin-1") + b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + body


def png_of(width: int, height: int) -> bytes:
    """A few bytes that claim to be this large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("form", ["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
def test_formats(form: str) -> None:
    image = picture(written(image_of(), form))
    assert (image.size, image.format) == ((4, 3), form)
    assert image.getpixel((0, 0)) is not None  # it is loaded: the bytes are no longer needed


@pytest.mark.parametrize(
    ("mode", "form", "shape", "dtype"),
    [
        pytest.param("RGB", "PNG", (3, 4, 3), np.uint8, id="rgb"),
        pytest.param("L", "PNG", (3, 4), np.uint8, id="grey"),
        pytest.param("1", "PNG", (3, 4), np.uint8, id="black-and-white"),
        pytest.param("P", "PNG", (3, 4, 3), np.uint8, id="palette"),
        pytest.param("RGBA", "PNG", (3, 4, 3), np.uint8, id="rgba"),
        pytest.param("LA", "PNG", (3, 4), np.uint8, id="grey-and-alpha"),
        pytest.param("I;16", "PNG", (3, 4), np.uint16, id="grey-of-16-bits"),
        pytest.param("F", "TIFF", (3, 4), np.float32, id="floats"),
        pytest.param("CMYK", "JPEG", (3, 4, 3), np.uint8, id="cmyk"),
        pytest.param("YCbCr", "JPEG", (3, 4, 3), np.uint8, id="jpeg"),
    ],
)
def test_modes(mode: str, form: str, shape: tuple[int, ...], dtype: Any) -> None:
    array = array_of_file(written(image_of(mode), form), None)
    assert (array.shape, array.dtype) == (shape, dtype)


def test_16_bits_stay() -> None:
    values = np.array([[0, 255, 256, 65535]], dtype=np.uint16)
    data = written(PIL.Image.fromarray(values), "PNG")
    assert array_of_file(data, None).tolist() == [[0, 255, 256, 65535]]


def test_black_and_white_is_0_and_255() -> None:
    image = PIL.Image.new("1", (2, 1))
    image.putpixel((1, 0), 1)
    assert array_of_file(written(image, "PNG"), None).tolist() == [[0, 255]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "is no picture|is an empty file", id="empty"),
        pytest.param(b"hello", "is no picture", id="text"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "picture", id="nothing-but-a-signature"),
        pytest.param(written(image_of(size=(64, 64)), "JPEG")[:400], "is a broken picture", id="cut-off-jpeg"),
        pytest.param(written(image_of(size=(64, 64)), "PNG")[:60], "is a broken picture", id="cut-off-png"),
        pytest.param(png_of(8001, 8000), "8001 × 8000; at most 64,000,000 pixels", id="bomb"),
        pytest.param(png_of(12_000, 12_000), "12000 × 12000; at most|broken", id="bomb-that-pillow-warns-of"),
        pytest.param(png_of(50_000, 50_000), "picture", id="bomb-that-pillow-refuses"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n", "is no picture",
                     id="postscript-is-never-run"),
        pytest.param(written(image_of(), "PCX"), "is no picture", id="a-format-that-nobody-sends"),
    ],
)  # fmt: skip
def test_no_picture(data: bytes, words: str) -> None:
    for read in (picture, lambda data: array_of_file(data, None)):
        with pytest.raises(ValueError, match=words) as caught:
            read(data)
        assert type(caught.value) is ValueError
        assert len(str(caught.value)) < 300


# .npy


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.arange(6, dtype=np.float32).reshape(2, 3), id="float32"),
        pytest.param(np.asfortranarray(np.arange(6).reshape(2, 3)), id="fortran-order"),
        pytest.param(np.array(5, dtype=np.int8), id="no-dimensions"),
        pytest.param(np.zeros((0, 3)), id="empty"),
        pytest.param(np.array([True, False]), id="booleans"),
        pytest.param(np.array([1, 2], dtype=">u2"), id="big-endian"),
        pytest.param(np.array([1j]), id="complex"),
    ],
)
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)], ids=str)
def test_npy(array: NDArray[Any], version: tuple[int, int]) -> None:
    got = array_of_file(npy(array, version), None)
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array)


def test_the_annotation_says_the_dtype() -> None:
    assert array_of_file(npy(np.array([1, 2])), np.float32).dtype == np.float32
    assert array_of_file(written(image_of("L"), "PNG"), np.float32).dtype == np.float32


def pickled() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x93NUMPY", id="signature-only"),
        pytest.param(b"\x93NUMPY\x01\x00\xff", id="cut-off-in-the-length"),
        pytest.param(npy(np.arange(100))[:-1], id="cut-off-in-the-data"),
        pytest.param(pickled(), id="pickle-is-never-read"),
        pytest.param(npy_head("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"), id="objects"),
        pytest.param(npy_head("{'descr': '<U1', 'fortran_order': False, 'shape': (4,), }"), id="texts"),
        pytest.param(npy_head("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }"), id="records"),
        pytest.param(npy_head("{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000000,), }"),
                     id="bomb-of-nothing"),
        pytest.param(npy_head("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }"), id="bomb"),
        pytest.param(npy_head("{'descr': '<f4', 'fortran_order': False, 'shape': (-4,), }"), id="negative-shape"),
        pytest.param(npy_head("{'descr': '<f4', 'fortran_order': False, 'shape': (True,), }"), id="boolean-shape"),
        pytest.param(npy_head("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), } ("), id="open-bracket"),
        pytest.param(npy_head("{1: 2, 'a': 3}"), id="keys-of-two-kinds"),
        pytest.param(npy_head("{}"), id="no-keys"),
        pytest.param(npy_head("(" * 9000), id="deep"),
        pytest.param(npy_head("{'descr': None, 'fortran_order': False, 'shape': (4,), }"), id="no-descr"),
        pytest.param(npy_head("\0{"), id="nul"),
        pytest.param(b"\x93NUMPY\x09\x00" + npy_head("{}")[8:], id="unknown-version"),
    ],
)  # fmt: skip
def test_broken_npy(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"is a broken \.npy file") as caught:
        array_of_file(data, None)
    assert type(caught.value) is ValueError
    assert len(str(caught.value)) < 200


# JSON


@pytest.mark.parametrize(
    ("value", "shape", "dtype"),
    [
        pytest.param([[1, 2], [3, 4]], (2, 2), np.int64, id="integers"),
        pytest.param([1, 2.5], (2,), np.float64, id="floats"),
        pytest.param([True, False], (2,), np.bool_, id="booleans"),
        pytest.param(5, (), np.int64, id="number"),
        pytest.param([], (0,), np.float64, id="empty"),
        pytest.param([[], []], (2, 0), np.float64, id="empty-rows"),
        pytest.param([2**63], (1,), np.uint64, id="large"),
    ],
)
def test_array_of_json(value: Any, shape: tuple[int, ...], dtype: Any) -> None:
    array = array_of_json(value, None)
    assert (array.shape, array.dtype) == (shape, dtype)
    assert array_of_json(value, np.float32).dtype == np.float32


def test_a_deep_list_is_an_error_of_the_client() -> None:
    value: Any = 1
    for _ in range(200):
        value = [value]
    with pytest.raises(ValueError, match="is to be"):
        array_of_json(value, None)
