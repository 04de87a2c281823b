"""A value of a request → the tensor of one of a network's inputs: JSON, an .npy file or a picture.

Pure. Imports numpy and Pillow when called. Raises ValueError with what the value should have been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from hitless.serving import pictures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

_NPY = b"\x93NUMPY"
TEXT = "text"
DTYPES = {
    "tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16", "tensor(bool)": "bool",
    "tensor(int8)": "int8", "tensor(int16)": "int16", "tensor(int32)": "int32", "tensor(int64)": "int64",
    "tensor(uint8)": "uint8", "tensor(uint16)": "uint16", "tensor(uint32)": "uint32", "tensor(uint64)": "uint64",
    "tensor(string)": TEXT,
}  # fmt: skip
_MODES = {1: "L", 3: "RGB"}
_LAYOUTS = ("NCHW", "NHWC", "NHW", "CHW", "HWC", "HW")


@dataclass(frozen=True)
class Tensor:
    """An input or output as the network declares it: numpy's name of the type (or `text`, or none that is known), and
    its shape, where a symbol or None stands for any size. An empty shape is a scalar, or not declared at all."""

    name: str
    dtype: str | None
    shape: tuple[int | str | None, ...]

    @property
    def open_first(self) -> bool:
        """A request may leave out the first dimension: it then is 1."""
        return bool(self.shape) and (not isinstance(self.shape[0], int) or self.shape[0] == 1)

    @property
    def item_shape(self) -> tuple[int | str | None, ...]:
        """The shape of one item, where the first dimension counts items."""
        return self.shape[1:]

    def __str__(self) -> str:
        kind = f"{self.dtype} {shown(self.shape)}" if self.shape else self.dtype
        return f"{self.name!r} {kind if self.dtype is not None else '(not numbers)'}"


def shown(shape: Sequence[int | str | None]) -> str:
    """`[N, 28, 28]`; `?` for a size without a name."""
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def to_tensor(tensor: Tensor, value: Any) -> tuple[NDArray[Any], bool]:
    """The array, in the tensor's type and with all of its dimensions, and whether the first one had been left out."""
    if isinstance(value, bytes):
        array = _of_file(tensor, value)
    elif tensor.dtype == TEXT:
        array = _of_text(value)
    else:
        array = cast(pictures.array_of_json(_parsed(value), None), tensor)
    return _with_all_dimensions(tensor, array)


def _with_all_dimensions(tensor: Tensor, array: NDArray[Any]) -> tuple[NDArray[Any], bool]:
    shape, left_out = tensor.shape, False
    if not shape:
        return array, False
    if tensor.open_first and (array.ndim == len(shape) - 1 or _is_one_number(tensor, array)):
        array, left_out = array.reshape(1, *(array.shape or (1,) * (len(shape) - 1))), True
    fits = array.ndim == len(shape) and all(
        size == wanted for size, wanted in zip(array.shape, shape, strict=True) if isinstance(wanted, int)
    )
    if not fits:
        hint = f"; the first dimension may be left out: {shown(shape[1:])}" if tensor.open_first else ""
        got = array.shape[1:] if left_out else array.shape
        raise ValueError(f"has the shape {shown(got)}, but {shown(shape)} is expected{hint}")
    if 0 in array.shape:
        raise ValueError("is empty")
    return array, left_out


def _is_one_number(tensor: Tensor, array: NDArray[Any]) -> bool:
    """A plain number for an input of one number an item: [N, 1]."""
    return array.ndim == 0 and all(size == 1 or not isinstance(size, int) for size in tensor.item_shape)


def cast(array: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """The same numbers in the tensor's type; ValueError where they are not the same there."""
    import numpy as np

    dtype = np.dtype(tensor.dtype)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"holds {array.dtype}, no real numbers")
    if dtype.kind in "iu" and array.size:
        if array.dtype.kind == "f" and not np.array_equal(array, np.rint(array)):
            raise ValueError("is to be whole numbers")
        limits = np.iinfo(dtype)
        if array.min() < limits.min or array.max() > limits.max:
            raise ValueError(f"is to be numbers from {limits.min} to {limits.max} ({dtype})")
    if dtype.kind == "b" and array.dtype.kind != "b" and not np.isin(array, (0, 1)).all():
        raise ValueError("is to be true and false, or 0 and 1")
    try:
        with np.errstate(over="raise"):
            return array.astype(dtype)
    except FloatingPointError:
        raise ValueError(f"has numbers that are too large for {dtype}") from None


def _parsed(value: Any) -> Any:
    """Numbers that came as text: from a query, or a form whose schema gives no type."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        raise ValueError("is to be numbers in nested lists") from None


def _of_text(value: Any) -> NDArray[Any]:
    import numpy as np

    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError("is to be nested lists of equal lengths") from None
    if array.dtype.kind != "U":
        raise ValueError("is to be text, or nested lists of text")
    return array.astype(object)


# Files


def _of_file(tensor: Tensor, data: bytes) -> NDArray[Any]:
    if not data:
        raise ValueError("is an empty file")
    if data.startswith(_NPY):
        return cast(pictures.array_of_file(data, None), tensor)
    layout = layout_of(tensor.shape)
    if layout is None:
        raise ValueError(f"is to be an .npy file of the shape {shown(tensor.shape)}; a picture does not have it")
    return _in_layout(pictures.picture(data), tensor, layout)


def layout_of(shape: Sequence[int | str | None]) -> str | None:
    """Which dimension of an input is what of a picture: `NCHW`, …; None for a shape that no picture has.

    Channels are 1 or 3, or of any size where that leaves no other reading. Two dimensions of which the first is open
    are rows of numbers, not a picture.
    """
    candidates = [layout for layout in _LAYOUTS if len(layout) == len(shape)]
    if candidates == ["HW"] and not isinstance(shape[0], int):
        return None
    certain = [layout for layout in candidates if _fits(shape, layout, channels=(1, 3))]
    return next(iter(certain or [layout for layout in candidates if _fits(shape, layout, (1, 3, None))]), None)


def _fits(shape: Sequence[int | str | None], layout: str, channels: Sequence[int | None]) -> bool:
    sizes = {axis: size if isinstance(size, int) else None for axis, size in zip(layout, shape, strict=True)}
    return sizes.get("N", 1) in (1, None) and sizes.get("C", channels[0]) in channels


def _in_layout(image: Image, tensor: Tensor, layout: str) -> NDArray[Any]:
    """The picture without the first dimension N: in the size, the channels and the range of the input.

    uint8 takes the values as they are, a float scaled to 0…1. A colour picture for one channel becomes grey.
    """
    import numpy as np
    from PIL import Image, ImageOps

    sizes = dict(zip(layout, tensor.shape, strict=True))
    channels = sizes.get("C", 1)
    mode = _MODES[channels if isinstance(channels, int) else 3]
    picture = ImageOps.exif_transpose(_eight_bits(image)).convert(mode)
    width, height = (
        wanted if isinstance(wanted := sizes[axis], int) else size
        for axis, size in zip("WH", picture.size, strict=True)
    )
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    array: NDArray[Any] = np.asarray(picture)
    if "C" in layout and array.ndim == 2:
        array = array[:, :, np.newaxis]
    if "CHW" in layout:
        array = array.transpose(2, 0, 1)
    return _scaled(array, np.dtype(tensor.dtype))


def _eight_bits(image: Image) -> Image:
    """A grey picture with 16 bits a pixel in 8: Pillow would cut the values off."""
    import numpy as np
    from PIL import Image

    if image.mode != "I" and not image.mode.startswith("I;16"):
        return image
    return Image.fromarray((np.asarray(image, np.float32) / 257).clip(0, 255).astype(np.uint8))


def _scaled(array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    import numpy as np

    if dtype.kind == "f":
        scaled: NDArray[Any] = np.divide(array, 255, dtype=dtype)
        return scaled
    if dtype.kind == "b" or (dtype.itemsize == 1 and dtype.kind == "i"):
        raise ValueError(f"is a picture, whose values do not fit into {dtype}; send an .npy file")
    return array.astype(dtype)
