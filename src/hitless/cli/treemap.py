"""Where the bytes of an image are, as one page: rectangles as large as their folders. Pure: files in, HTML out."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hitless.images.filesystem import Filesystem

_WIDTH, _HEIGHT = 1200.0, 760.0
_SMALLEST = 9.0  # pixels of a side; what is smaller is not drawn
_HEADING = 16.0
_DEEPEST = 8
_COLOURS = ("#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#76b7b2", "#edc948", "#b07aa1", "#9c755f")


@dataclass
class Folder:
    """A folder or file with all that is below it; `layer` is the one of its largest part."""

    name: str
    size: int = 0
    layer: int = 0
    below: dict[str, Folder] = field(default_factory=dict)


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float


def page(title: str, files: Filesystem) -> str:
    """A page that needs nothing else."""
    root = tree(files)
    boxes = "".join(_draw(root, Box(0, 0, _WIDTH, _HEIGHT), "", 0))
    legend = " ".join(
        f'<span style="background:{_COLOURS[number % len(_COLOURS)]}">layer {number}: {_size(layer.unpacked)}</span>'
        for number, layer in enumerate(files.layers)
    )
    shown = html.escape(title)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{shown}</title><style>'
        "body{font:14px system-ui,sans-serif;margin:24px;background:#fff;color:#222}rect{stroke:#fff}"
        "text{font-size:11px;fill:#fff;pointer-events:none}span{color:#fff;padding:2px 8px;margin-right:4px;"
        "border-radius:3px;display:inline-block;margin-bottom:4px}svg{max-width:100%;height:auto}</style>"
        f"<h1>{shown}</h1><p>{_size(root.size)} in a container. Each rectangle is a folder or file; its colour is "
        f"the layer of its largest part. Point at one for its path.</p><p>{legend}</p>"
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="sizes of folders">{boxes}</svg></html>\n'
    )


def tree(files: Filesystem) -> Folder:
    """All files by folders, with sums."""
    root = Folder("")
    shares: dict[int, dict[int, int]] = {}
    for path, node in files.once():
        place = root
        for part in ("", *path.split("/")):
            place = place.below.setdefault(part, Folder(part)) if part else place
            place.size += node.size
            share = shares.setdefault(id(place), {})
            share[node.layer] = share.get(node.layer, 0) + node.size
            place.layer = max(share, key=lambda layer: share[layer])
    return root


def _draw(folder: Folder, box: Box, path: str, depth: int) -> Iterator[str]:
    if box.width < _SMALLEST or box.height < _SMALLEST:
        return
    name = folder.name
    while len(folder.below) == 1:  # a chain of folders is drawn as one
        folder = next(iter(folder.below.values()))
        name = f"{name}/{folder.name}" if name else folder.name
    colour = _COLOURS[folder.layer % len(_COLOURS)]
    place = f"{path}/{name}" if name else path
    yield (
        f'<g><title>{html.escape(place or "/")}: {_size(folder.size)}</title><rect x="{box.x:.1f}" y="{box.y:.1f}" '
        f'width="{box.width:.1f}" height="{box.height:.1f}" fill="{colour}" '
        f'fill-opacity="{0.55 + 0.07 * depth:.2f}"/></g>'
    )
    label = f"{name} {_size(folder.size)}"
    if box.width > 7 * len(label) and box.height > _HEADING:
        yield f'<text x="{box.x + 4:.1f}" y="{box.y + 12:.1f}">{html.escape(label)}</text>'
    if depth < _DEEPEST and folder.below:
        inner = Box(box.x + 2, box.y + _HEADING, box.width - 4, box.height - _HEADING - 2)
        below = sorted(folder.below.values(), key=lambda one: (-one.size, one.name))
        for one, part in zip(below, squarified([one.size for one in below], inner), strict=True):
            yield from _draw(one, part, place, depth + 1)


def squarified(sizes: Sequence[int], box: Box) -> list[Box]:
    """Rectangles of these areas that fill a box, as square as may be (Bruls, Huizing, van Wijk 2000); largest first."""
    total = sum(sizes)
    if not total or box.width <= 0 or box.height <= 0:
        return [Box(box.x, box.y, 0, 0)] * len(sizes)
    scale = box.width * box.height / total
    areas = [size * scale for size in sizes]
    found: list[Box] = []
    while areas:
        side = min(box.width, box.height)
        count = 1
        while count < len(areas) and _worst(areas[: count + 1], side) <= _worst(areas[:count], side):
            count += 1
        row, areas = areas[:count], areas[count:]
        boxes, box = _row(row, box)
        found += boxes
    return found


def _worst(row: Sequence[float], side: float) -> float:
    """The least square of a row's rectangles: 1 is a square."""
    total = sum(row)
    if not total or not side or not row[-1]:
        return float("inf")
    return max(side**2 * row[0] / total**2, total**2 / (side**2 * row[-1]))


def _row(row: Sequence[float], box: Box) -> tuple[list[Box], Box]:
    """A row along the shorter side, and what is left of the box."""
    total = sum(row)
    if box.width >= box.height:
        width = total / box.height if box.height else 0
        places, at = [], box.y
        for area in row:
            height = area / width if width else 0
            places.append(Box(box.x, at, width, height))
            at += height
        return places, Box(box.x + width, box.y, max(box.width - width, 0), box.height)
    height = total / box.width if box.width else 0
    places, at = [], box.x
    for area in row:
        width = area / height if height else 0
        places.append(Box(at, box.y, width, height))
        at += width
    return places, Box(box.x, box.y + height, box.width, max(box.height - height, 0))


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"
