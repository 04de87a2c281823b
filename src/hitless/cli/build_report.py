"""Shows what a build has made: its layers, where each came from, sizes, digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from hitless.building.builder import Built


def show(built: Built) -> None:
    """On standard output."""
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(str(built.facts.target), soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for heading in ("layer", "packed", "unpacked", "from"):
        table.add_column(heading, justify="left" if heading in ("layer", "from") else "right")
    base = sum(layer.descriptor.size for layer in built.image.layers) - sum(
        made.layer.descriptor.size for made in built.made
    )
    table.add_row("base", size(base), "", "")
    for made in built.made:
        origin = f"made in {made.seconds:.1f} s" if made.origin == "made" else made.origin
        table.add_row(made.name, size(made.layer.descriptor.size), size(made.unpacked), origin)
    console.print(table)
    for note in built.notes:
        console.print(f"note: {note}")
    new = sum(made.layer.descriptor.size for made in built.made if made.origin == "made")
    ours = sum(made.unpacked for made in built.made)
    console.print(
        f"{size(built.image.size)} to transfer, {size(ours)} unpacked beside the base, {size(new)} new; "
        f"{built.seconds:.1f} s"
    )
    console.print(built.image.digest)


def size(count: int) -> str:
    """Bytes as one reads them: 1.2 MB."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{count / step:.{1 if count < 100 * step else 0}f} {unit}"
    return f"{count} B"
