"""Files → numpy arrays and Pillow images, within limits. Imports numpy and Pillow only when called.

Raises ValueError for what cannot be read and for decompression bombs: the size is judged before anything is decoded.
"""

from __future__ import annotations

import io
import math
from typing import Any

_MOST_PIXELS = 64_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")  # not all that Pillow knows: EPS would run Ghostscript
_NPY = b"\x93NUMPY"


def picture(data: bytes) -> Any:
    """A loaded `PIL.Image.Image`."""
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
        if image.width * image.height > _MOST_PIXELS:
            raise ValueError(
                f"is a picture of {image.width} × {image.height}; at most {_MOST_PIXELS:,} pixels are read"
            )
        image.load()
    except UnidentifiedImageError:
        raise ValueError(f"is no picture that can be read ({', '.join(_FORMATS)})") from None
    except ValueError:
        raise
    except Exception as error:  # what decoders raise on broken files is an open set
        raise ValueError(f"is a broken picture ({error})") from None
    return image


def array_of_file(data: bytes, dtype: Any) -> Any:
    """An array from an .npy file, or from a picture: height × width [× channels] of uint8 (uint16: 16 bits)."""
    import numpy as np

    if data.startswith(_NPY):
        return _cast(_npy(data), dtype)
    if not data:
        raise ValueError("is an empty file")
    return _cast(np.asarray(_plain(picture(data))), dtype)


def array_of_json(value: Any, dtype: Any) -> Any:
    """An array from nested lists of numbers."""
    import numpy as np

    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError("is to be nested lists of equal lengths") from None
    if array.dtype.kind not in "biuf":
        raise ValueError("is to be numbers in nested lists")
    if dtype is not None and np.issubdtype(dtype, np.integer) and not _holds(array, np.iinfo(dtype)):
        raise ValueError(f"has values that {np.dtype(dtype)} cannot hold")
    return _cast(array, dtype)


def _holds(array: Any, limits: Any) -> bool:
    """Whether whole numbers of a kind can hold an array's values: neither fractions nor overflows."""
    if array.size == 0 or array.dtype.kind == "b":
        return True
    whole = array.dtype.kind in "iu" or bool((array == array.round()).all())
    return whole and limits.min <= array.min() and array.max() <= limits.max


def _npy(data: bytes) -> Any:
    import numpy as np

    try:
        stream = io.BytesIO(data)
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
        if dtype.kind not in "biufc":
            raise ValueError(f"holds {dtype}, no numbers")
        if math.prod(shape) * dtype.itemsize > len(data):
            raise ValueError("is cut off")
        return np.load(io.BytesIO(data), allow_pickle=False)
    except Exception as error:  # what the reader raises on broken headers is an open set
        raise ValueError(f"is a broken .npy file ({str(error)[:80]})") from None


def _cast(array: Any, dtype: Any) -> Any:
    return array if dtype is None else array.astype(dtype, copy=False)


def _plain(image: Any) -> Any:
    """Palettes, alpha and the rarer modes → grey or RGB; more than 8 bits a pixel stay as they are."""
    if image.mode in ("L", "RGB", "I", "F") or image.mode.startswith("I;16"):
        return image
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")
