"""Names the handwritten digit in a picture: the model of the package, a plain class.

Rules of this file: a 28×28 grey JPEG, white on black as MNIST has it, is decoded straight into the batch; every other
picture goes through Pillow, which is imported when the first of them comes. A picture that cannot be read spoils
nothing but its own answer.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # else it sends events, and keeps an id of the machine below HOME

import numpy as np
import onnxruntime
from numpy.typing import NDArray

try:
    from simplejpeg import decode_jpeg
except ImportError:  # Pillow reads everything, but needs ten times as long for a small JPEG
    decode_jpeg = None

if TYPE_CHECKING:
    from PIL.Image import Image

Grey = NDArray[np.uint8]

BATCH = 32
SIDE = 28  # pixels of the square that the network reads
DIGIT_SIDE = 20  # of them, so many for the longer side of the digit: http://yann.lecun.com/exdb/mnist/
WORKING_SIDE = 4 * SIDE  # a larger picture is reduced to this, or a little more, before the digit is looked for
LIMIT_MEGAPIXELS = 64
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP")
NOISE = 48  # of 255: what stands out less from the background is not ink


class PictureError(ValueError):
    """A picture that cannot be read; it is answered with this status, and its text as the reason."""

    status = 422


class Model:
    """Handwritten digits. One call at a time: the batch is kept from call to call."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the server has a worker for each core already
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(path / "model.onnx", options, ["CPUExecutionProvider"])
        self._batch: Grey = np.zeros((BATCH, SIDE, SIDE), np.uint8)

    def predict(self, images: Sequence[bytes]) -> list[dict[str, int] | PictureError]:
        """The digit in each picture file, in order; in the place of a bad one, what is wrong with it."""
        count = len(images)
        if count > len(self._batch):
            self._batch = np.zeros((count, SIDE, SIDE), np.uint8)
        bad: dict[int, PictureError] = {}
        for place, data in enumerate(images):
            try:
                read_picture(data, self._batch[place])
            except PictureError as error:
                bad[place] = error
        [digits] = self._session.run(["digits"], {"images": self._batch[:count]})
        answers: list[dict[str, int] | PictureError] = [{"mnist_result": digit} for digit in digits.tolist()]
        for place, reason in bad.items():
            answers[place] = reason
        return answers

    predict.max_size = BATCH


def read_picture(data: bytes, target: Grey) -> None:
    """Fills `target`, uint8 [28, 28], white on black, from a picture file; raises PictureError."""
    if decode_jpeg is not None and data.find(b"Exif", 0, 64) < 0:
        try:  # a picture larger than the target is refused by its header, before it is decoded
            if decode_jpeg(data, "GRAY", buffer=target).shape == (SIDE, SIDE, 1) and target.item(0) < 128:
                return
        except ValueError:
            pass
    target[:] = as_in_mnist(read_grey(data))


def read_grey(data: bytes) -> Grey:
    """Any picture file as uint8 [height, width], reduced to about the working size; raises PictureError."""
    from PIL import Image, ImageOps, UnidentifiedImageError, WebPImagePlugin  # noqa: F401  (spares loading all formats)

    try:
        with warnings.catch_warnings(action="ignore"):
            picture: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
            refuse_huge(*picture.size)
            picture.draft("L", (WORKING_SIDE, WORKING_SIDE))
            return grey(ImageOps.exif_transpose(picture))
    except PictureError:
        raise
    except UnidentifiedImageError:
        raise PictureError(f"this is not a picture in one of the formats {', '.join(FORMATS)}") from None
    except Exception as error:  # what decoders raise on broken files is an open set
        raise PictureError(f"the picture cannot be read: {error}") from error


def refuse_huge(width: int, height: int) -> None:
    if width * height > LIMIT_MEGAPIXELS * 1_000_000:
        raise PictureError(f"the picture has {width} × {height} pixels; the limit is {LIMIT_MEGAPIXELS} megapixels")


def grey(picture: Image) -> Grey:
    """Brightness; what is transparent becomes the background that the visible rest stands out from."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):  # more than 8 bits a pixel
        deep = np.asarray(picture, np.float32)
        return np.asarray(deep * (255 / max(deep.max(), 1)), np.uint8)
    picture = picture.convert("RGBA" if picture.has_transparency_data else "L")
    factor = max(picture.size) // WORKING_SIDE
    if factor > 1:
        picture = picture.reduce(factor)
    if picture.mode == "L":
        return np.asarray(picture)
    light, opacity = (np.asarray(band, np.float32) / 255 for band in picture.convert("LA").split())
    visible = light * opacity
    background = 1.0 if visible.sum() < opacity.sum() / 2 else 0.0
    return np.asarray(255 * (visible + background * (1 - opacity)), np.uint8)


def as_in_mnist(picture: Grey) -> Grey:
    """White on black, the digit's longer side 20 pixels, its centre of mass in the middle of 28×28."""
    from PIL import Image

    background = np.median(np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]]))
    if background > 127:
        picture, background = 255 - picture, 255 - background
    if picture.shape == (SIDE, SIDE):
        return picture
    ink = np.maximum(picture.astype(np.float32) - background, 0)
    if ink.max() < NOISE:
        return np.zeros((SIDE, SIDE), np.uint8)
    ink *= 255 / ink.max()
    ink[ink < NOISE] = 0
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    digit = Image.fromarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint8))
    scale = DIGIT_SIDE / max(digit.size)
    width, height = (max(1, round(side * scale)) for side in digit.size)
    return centred(np.asarray(digit.resize((width, height), Image.Resampling.BOX)))


def centred(digit: Grey) -> Grey:
    """On black 28×28, the centre of mass as near to the middle as keeps the whole digit inside."""
    ground = np.zeros((SIDE, SIDE), np.uint8)
    height, width = digit.shape
    middle_row, middle_column = (np.indices(digit.shape) * digit).sum((1, 2)) / digit.sum()
    top = min(max(round((SIDE - 1) / 2 - middle_row), 0), SIDE - height)
    left = min(max(round((SIDE - 1) / 2 - middle_column), 0), SIDE - width)
    ground[top : top + height, left : left + width] = digit
    return ground
