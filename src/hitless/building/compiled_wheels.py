"""Wheels that were compiled in a container: taken out of an image, from the folder WHEELS, and kept with the others.

An engine makes such an image for a moment (`hitless build --engine`); a base that is made from `hitless dockerfile` has
them for good, so that every machine has the same ones, by the base's digest.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import copyfileobj

from packaging.utils import canonicalize_name

from hitless.building.base import BaseFacts
from hitless.building.places import is_compiled_wheel
from hitless.building.wheelhouse import Wheelhouse
from hitless.images.digest import PIECE, Readable
from hitless.images.flattening import flatten
from hitless.images.image import Image
from hitless.images.node import Node


def compiled_in_base(base: Image, facts: BaseFacts, names: Sequence[str], house: Wheelhouse) -> dict[str, Path]:
    """Those of the named packages that a base has; its layers are only read if there are any."""
    wanted = {path for path in facts.wheels if _name(path) in names}
    return compiled_in(base, house, wanted.__contains__) if wanted else {}


def compiled_in(image: Image, house: Wheelhouse, wants: Callable[[str], bool] = lambda _: True) -> dict[str, Path]:
    """The wheels that an image has in WHEELS: name of the package → file in the house. `wants` is asked by path."""
    found: dict[str, Path] = {}
    with tempfile.TemporaryDirectory(prefix="hitless-wheels-") as scratch:

        def take(path: str, _: Node, content: Readable) -> None:
            if not is_compiled_wheel(path) or not wants(path):
                return
            file = Path(scratch) / path.rpartition("/")[2]
            with file.open("wb") as copy:
                copyfileobj(content, copy, PIECE)
            found[_name(path)] = house.adopt(file)[1]
            file.unlink()

        flatten(image, show=take)
    return found


def _name(path: str) -> str:
    return canonicalize_name(path.rpartition("/")[2].partition("-")[0])
