"""Shows what a build has made: its layers, where each came from, sizes, digest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hitless.building.builder import Built

_HEADINGS = ("layer", "packed", "unpacked", "from")


def show(built: Built) -> None:
    """On standard output."""
    print(built.facts.target)
    for line in _table([_HEADINGS, *_rows(built)]):
        print(line)
    for note in built.notes:
        print(f"note: {note}")
    new = sum(made.layer.descriptor.size for made in built.made if made.origin == "made")
    ours = sum(made.unpacked for made in built.made)
    print(
        f"{size(built.image.size)} to transfer, {size(ours)} unpacked beside the base, {size(new)} new; "
        f"{built.seconds:.1f} s"
    )
    print(built.image.digest)


def _rows(built: Built) -> Iterator[Sequence[str]]:
    ours = sum(made.layer.descriptor.size for made in built.made)
    yield "base", size(sum(layer.descriptor.size for layer in built.image.layers) - ours), "", ""
    for made in built.made:
        origin = f"made in {made.seconds:.1f} s" if made.origin == "made" else made.origin
        yield made.name, size(made.layer.descriptor.size), size(made.unpacked), origin


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Aligned; the sizes at their right ends. (To load a library for that takes as long as the build of a change.)"""
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for name, packed, unpacked, origin in rows:
        line = f"{name:<{widths[0]}}  {packed:>{widths[1]}}  {unpacked:>{widths[2]}}  {origin}"
        yield line.rstrip()


def size(count: int) -> str:
    """Bytes as one reads them: 1.2 MB."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{count / step:.{1 if count < 100 * step else 0}f} {unit}"
    return f"{count} B"
