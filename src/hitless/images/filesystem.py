"""The files of an image as a container would see them: an index from path to node, and answers that follow from it."""

from __future__ import annotations

import functools
import heapq
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from hitless.images.changes import follow, safe_path
from hitless.images.members import Kind
from hitless.images.node import Node

Wanted = Callable[[str], bool]  # by path


@dataclass(frozen=True)
class LayerFacts:
    """One layer by itself, what upper layers hide included. Sizes in bytes; `unpacked` is the sum of its files."""

    digest: str
    diff_id: str
    size: int
    unpacked: int
    files: int
    removals: int  # whiteouts and opaque folders
    duplicates: tuple[str, ...] = ()  # paths that it has twice: the first few


@dataclass(frozen=True)
class Sizes:
    """`transferred`: packed, with manifest and configuration. `unpacked`: the sum of the layers, as it is kept on a
    node. `effective`: what a container sees, each file once."""

    transferred: int
    unpacked: int
    effective: int


@dataclass(frozen=True)
class Filesystem:
    """`nodes` by path: relative, "" is the root. `contents`: of the files that were wanted, by layer and member."""

    nodes: Mapping[str, Node] = field(repr=False)
    layers: tuple[LayerFacts, ...]
    transferred: int
    contents: Mapping[tuple[int, int], bytes] = field(default_factory=dict, repr=False)
    left_out: tuple[str, ...] = ()  # wanted, but too much
    linked: frozenset[tuple[int, int]] = frozenset()  # files with several names

    def resolve(self, path: str) -> str | None:
        """Where a path (absolute or relative to the root) leads through symbolic links, never out of the image; None
        if nothing is there."""
        real = follow(path, self.nodes.get)
        return real if real in self.nodes else None

    def find(self, path: str) -> Node | None:
        """What is at a path, links followed."""
        real = self.resolve(path)
        return None if real is None else self.nodes[real]

    def read(self, path: str) -> bytes | None:
        """The content of a file that was wanted, links followed; None for all others."""
        node = self.find(path)
        return None if node is None else self.contents.get(node.content)

    def files(self) -> Iterator[tuple[str, Node]]:
        """Every path of a regular file."""
        return ((path, node) for path, node in self.nodes.items() if node.attributes.kind is Kind.FILE)

    def once(self) -> Iterator[tuple[str, Node]]:
        """Every regular file by one of its paths."""
        if not self.linked:
            yield from self.files()
            return
        seen = set()
        for path, node in self.files():
            if node.content in self.linked:
                if node.content in seen:
                    continue
                seen.add(node.content)
            yield path, node

    @functools.cached_property
    def sizes(self) -> Sizes:
        effective = sum(node.size for _, node in self.once())
        return Sizes(self.transferred, sum(layer.unpacked for layer in self.layers), effective)

    def largest(self, count: int, layer: int | None = None) -> list[tuple[str, int]]:
        """The largest files that are seen, of all layers or of one: path and size, the largest first."""
        found = ((node.size, path) for path, node in self.once() if layer is None or node.layer == layer)
        best = heapq.nsmallest(count, ((-size, path) for size, path in found))
        return [(path, -size) for size, path in best]

    def seen_of_layers(self) -> list[int]:
        """For each layer, the bytes of its files that are seen."""
        sums = [0] * len(self.layers)
        for _, node in self.once():
            sums[node.layer] += node.size
        return sums


def nothing(_: str) -> bool:
    """Wants no content."""
    return False


def everything(_: str) -> bool:
    """Wants the content of every file."""
    return True


def matching(*patterns: str) -> Wanted:
    """Wants files by path, as shells match it: `*` and `?` within one part, `**` over several (`etc/*.conf`,
    `**/METADATA`)."""
    expression = re.compile("|".join(_expression(safe_path(pattern, "a pattern")) for pattern in patterns))
    return lambda path: expression.fullmatch(path) is not None


def _expression(pattern: str) -> str:
    tokens = {"**/": r"(?:[^/]+/)*", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
    return "".join(tokens.get(part) or re.escape(part) for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern))
