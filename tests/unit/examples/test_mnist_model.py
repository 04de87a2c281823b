"""The model of examples/mnist on every kind of picture file: a digit for each good one, a reason for each bad one."""

from __future__ import annotations

import importlib.util
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnxruntime", reason="the example needs onnxruntime")
pytest.importorskip("numpy", reason="the example needs numpy")
Image = pytest.importorskip("PIL.Image", reason="the example reads most formats through Pillow")

PACKAGE = Path(__file__).parents[3] / "examples" / "mnist"
SEVEN = (PACKAGE / "seven.jpg").read_bytes()
FOUND = {"mnist_result": 7}


@pytest.fixture(scope="module")
def code() -> Any:
    spec = importlib.util.spec_from_file_location("mnist_model", PACKAGE / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model(code: Any) -> Any:
    return code.Model(PACKAGE)


def seven() -> Any:
    return Image.open(io.BytesIO(SEVEN))


def on_paper(side: int, sheet: tuple[int, int] | None = None, at: tuple[int, int] = (0, 0)) -> Any:
    """Dark blue on a cream sheet."""
    paper = Image.new("RGB", sheet or (side, side), (240, 235, 215))
    paper.paste((25, 40, 110), at, seven().resize((side, side), Image.Resampling.BICUBIC))
    return paper


def transparent(ink: int) -> Any:
    """A stroke of one brightness on nothing, as a drawing program or a canvas saves it."""
    picture = Image.new("LA", (280, 280), (ink, 0))
    picture.putalpha(seven().resize((280, 280)))
    return picture


def two_coloured() -> Any:
    """A palette of two: red, which the file may declare transparent, and black for the ink."""
    picture = seven().resize((280, 280)).point(lambda value: int(value > 90))
    picture.putpalette([200, 0, 0, 0, 0, 0])
    return picture


def turned() -> bytes:
    """Lying on its side, with the Exif orientation that says so (6: turn clockwise to see it)."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return file(seven().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)


def file(picture: Any, kind: str, **options: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


GOOD: dict[str, Callable[[], bytes]] = {
    "the-sample": lambda: SEVEN,
    "the-photo": lambda: (PACKAGE / "seven-photo.png").read_bytes(),
    "png-grey": lambda: file(seven(), "PNG"),
    "png-black-and-white": lambda: file(seven().point(lambda value: 255 * (value > 90)).convert("1"), "PNG"),
    "png-palette": lambda: file(seven().convert("RGB").quantize(16), "PNG"),
    "png-16-bit": lambda: file(seven().convert("I").point(lambda value: value * 257).convert("I;16"), "PNG"),
    "png-rgb": lambda: file(seven().convert("RGB"), "PNG"),
    "png-rgba-opaque": lambda: file(seven().convert("RGBA"), "PNG"),
    "png-transparent-black-ink": lambda: file(transparent(0), "PNG"),
    "png-transparent-white-ink": lambda: file(transparent(255), "PNG"),
    "gif-transparent": lambda: file(two_coloured(), "GIF", transparency=0),
    "bmp": lambda: file(seven(), "BMP"),
    "jpeg-rgb": lambda: file(seven().convert("RGB"), "JPEG", quality=95),
    "jpeg-cmyk": lambda: file(on_paper(28, (36, 36), (4, 4)).convert("CMYK"), "JPEG", quality=95),
    "jpeg-progressive": lambda: file(seven(), "JPEG", quality=95, progressive=True),
    "jpeg-turned-by-exif": turned,
    "jpeg-black-on-white-28": lambda: file(seven().point(lambda value: 255 - value), "JPEG", quality=95),
    "jpeg-14x14": lambda: file(seven().resize((14, 14)), "JPEG", quality=95),
    "jpeg-56x14-as-many-pixels": lambda: file(on_paper(14, (56, 14), (20, 0)), "JPEG", quality=95),
    "jpeg-1000x1000-on-paper": lambda: file(on_paper(1000), "JPEG"),
    "png-1000x1000-in-a-corner": lambda: file(on_paper(200, (1000, 1000), (780, 30)), "PNG"),
    "webp": lambda: file(on_paper(280), "WEBP"),
}


@pytest.mark.parametrize("name", GOOD)
def test_every_size_format_and_colour_is_read(model: Any, name: str) -> None:
    assert model.predict([GOOD[name]()]) == [FOUND]


def png_header_of(width: int, height: int) -> bytes:
    """A valid PNG header that promises so many pixels; the pixels are left out."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def jpeg_header_of(width: int, height: int) -> bytes:
    """The sample, its frame header rewritten to promise so many pixels."""
    at = SEVEN.index(b"\xff\xc0") + 5
    return SEVEN[:at] + struct.pack(">HH", height, width) + SEVEN[at + 4 :]


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not a picture"),
    "text": (b"seven", "not a picture"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n", "not a picture"),
    "jpeg-start-only": (b"\xff\xd8\xff", "cannot be read|not a picture"),
    "jpeg-truncated": (SEVEN[: len(SEVEN) // 2], "cannot be read"),
    "png-truncated": (file(on_paper(280), "PNG")[:300], "cannot be read"),
    "png-without-pixels": (png_header_of(28, 28), "cannot be read"),
    "png-100000x100000": (png_header_of(100_000, 100_000), "100000 . 100000|exceeds limit"),
    "png-9000x9000": (png_header_of(9_000, 9_000), "9000 × 9000 pixels; the limit is 64 megapixels"),
    "png-10000x10000": (png_header_of(10_000, 10_000), "10000 × 10000 pixels; the limit is 64 megapixels"),
    "jpeg-60000x60000": (jpeg_header_of(60_000, 60_000), "60000 . 60000|exceeds limit"),
    "jpeg-8001x8000": (jpeg_header_of(8_001, 8_000), "8001 × 8000 pixels; the limit is 64 megapixels"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_picture_gets_a_reason_and_the_status_422(model: Any, name: str) -> None:
    data, reason = BAD[name]
    [answer] = model.predict([data])
    with pytest.raises(ValueError, match=reason):
        raise answer
    assert answer.status == 422


def test_a_bad_picture_spoils_no_other(model: Any) -> None:
    answers = model.predict([SEVEN, b"", SEVEN, SEVEN[:300], file(on_paper(99), "PNG"), b"x", SEVEN])
    assert [answer == FOUND for answer in answers] == [True, False, True, False, True, False, True]
    assert [getattr(answer, "status", 200) for answer in answers] == [200, 422, 200, 422, 200, 422, 200]


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 28), (28, 28), (5000, 1)], ids=lambda size: "x".join(str(side) for side in size)
)
@pytest.mark.parametrize("shade", [0, 128, 255])
def test_an_empty_sheet_still_gets_a_digit(model: Any, size: tuple[int, int], shade: int) -> None:
    [answer] = model.predict([file(Image.new("L", size, shade), "PNG")])
    assert answer.keys() == {"mnist_result"}
    assert answer["mnist_result"] in range(10)


@pytest.mark.parametrize("count", [0, 1, 2, 31, 32, 33, 100])
def test_as_many_answers_as_pictures(model: Any, count: int) -> None:
    assert model.predict([SEVEN] * count) == [FOUND] * count


def test_the_batch_size_is_stated_for_the_server(code: Any) -> None:
    assert code.Model.predict.max_size == 32


def test_answers_are_plain_integers(model: Any) -> None:
    [answer] = model.predict([SEVEN])
    assert type(answer["mnist_result"]) is int


def test_what_one_call_leaves_behind_does_not_reach_the_next(model: Any) -> None:
    blank = file(Image.new("L", (28, 28)), "PNG")
    [alone] = model.predict([blank])
    model.predict([SEVEN] * 32)
    assert model.predict([b"", blank])[1] == alone


def test_without_simplejpeg_pillow_reads_the_same(code: Any, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "decode_jpeg", None)
    assert model.predict([SEVEN, GOOD["jpeg-turned-by-exif"]()]) == [FOUND, FOUND]


@pytest.mark.parametrize("shape", [(280, 280), (300, 200), (57, 400)])
def test_the_digit_is_framed_as_in_mnist(code: Any, shape: tuple[int, int]) -> None:
    grey = code.read_grey(file(on_paper(100, (280, 220), (20, 100)).resize(shape), "PNG"))
    framed = code.as_in_mnist(grey)
    rows, columns = framed.any(1).nonzero()[0], framed.any(0).nonzero()[0]
    assert framed.shape == (28, 28)
    assert max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1 == 20
    middle = [(framed.sum(axis) * range(28)).sum() / framed.sum() for axis in (0, 1)]
    assert middle == pytest.approx([13.5, 13.5], abs=1.5)
