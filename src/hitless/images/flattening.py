"""Image → its files, in one pass over its layers, the highest first; contents are collected or shown on the way.

Every layer is read to its end, so digests and diff_ids have been verified when this returns. What is held is bounded.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import closing

from hitless.images.changes import Changes
from hitless.images.digest import Readable
from hitless.images.faults import unreadable
from hitless.images.filesystem import Filesystem, LayerFacts, Wanted, nothing
from hitless.images.image import Image
from hitless.images.layer import Layer
from hitless.images.members import MOST_UNPACKED_BYTES, Content, Kind, Member, Members
from hitless.images.node import Node
from hitless.images.overlay import Overlay

MOST_INDEX_BYTES = 150 << 20  # about: some 400 000 files; more would take more than 200 MB of memory
MOST_COLLECTED_BYTES = 32 << 20

Show = Callable[[str, Node, Readable], None]


def flatten(
    image: Image,
    collect: Wanted = nothing,
    show: Show | None = None,
    *,
    most_collected_bytes: int = MOST_COLLECTED_BYTES,
    most_index_bytes: int = MOST_INDEX_BYTES,
    most_unpacked_bytes: int = MOST_UNPACKED_BYTES,
) -> Filesystem:
    """The files of an image. ImageError for what is damaged, hostile or too much.

    `collect`: whose contents are wanted, up to `most_collected_bytes` together; what is too much is named in
    `left_out`. `show` is given every file that is seen, with a stream that it may read or not; of a file with several
    names one of them. A path that is twice in a layer is shown twice.
    """
    flattening = _Flattening(_Receiver(collect, show, most_collected_bytes), most_index_bytes, most_unpacked_bytes)
    for number in reversed(range(len(image.layers))):
        flattening.read(number, image.layers[number])
    nodes = flattening.overlay.finish()
    for number, names in flattening.again.items():
        flattening.read_again(image.layers[number], names)
    receiver = flattening.receiver
    return Filesystem(
        nodes, tuple(reversed(flattening.facts)), image.size, receiver.contents, tuple(receiver.left_out),
        frozenset(flattening.linked),
    )  # fmt: skip


class _Receiver:
    """Whoever wants contents."""

    def __init__(self, collect: Wanted, show: Show | None, budget: int) -> None:
        self.contents: dict[tuple[int, int], bytes] = {}
        self.left_out: list[str] = []
        self._collect = collect
        self._show = show
        self._budget = budget

    def wants(self, path: str) -> bool:
        return self._show is not None or self._collect(path)

    def take(self, path: str, node: Node, content: Content) -> None:
        stream: Readable = content
        if self._collect(path):
            if node.attributes.is_sparse or node.size > self._budget:
                self.left_out.append(path)
            else:
                self._budget -= node.size
                data = self.contents[node.content] = content.read()
                stream = io.BytesIO(data)
        if self._show is not None:
            self._show(path, node, stream)
        content.close()


class _Flattening:
    """`again`: by layer, the members that have to be read once more, with a name under which they are seen.

    A hard link may make a file seen, or wanted, after its content has gone by.
    """

    def __init__(self, receiver: _Receiver, most_index_bytes: int, most_unpacked_bytes: int) -> None:
        self.overlay = Overlay()
        self.receiver = receiver
        self.facts: list[LayerFacts] = []
        self.linked: set[tuple[int, int]] = set()
        self.again: dict[int, dict[int, tuple[str, Node]]] = {}
        self._most_index = most_index_bytes
        self._most_unpacked = most_unpacked_bytes
        self._held = 0

    def _spend(self, count: int) -> None:
        self._held += count
        if self._held > self._most_index:
            raise unreadable("the image", f"it has too many files: their names alone take {self._held:,} bytes")

    def read(self, number: int, layer: Layer) -> None:
        held = self._held
        what = f"the layer {layer.descriptor.digest}"
        changes = Changes(number, what, self._spend)
        taken: set[int] = set()
        with closing(layer.tar()) as tar:
            members = Members(tar, what, most_bytes=self._most_unpacked)
            for position, member in enumerate(members):
                self._add(changes, member, position, members, taken)
        self.facts.append(_facts(layer, changes))
        self._lay_under(changes, held, taken)

    def _add(self, changes: Changes, member: Member, position: int, members: Members, taken: set[int]) -> None:
        added = changes.add(member, position)
        if added is None:
            return
        path, node = added
        if node.kind is not Kind.FILE or not self.overlay.shows(path, node.kind) or not self.receiver.wants(path):
            return
        if node.member == position:
            taken.add(position)
            self.receiver.take(path, node, members.content())
        elif node.member not in taken:
            self._again(path, node)

    def _lay_under(self, changes: Changes, held: int, taken: set[int]) -> None:
        before = len(self.overlay.nodes)
        for path, node in self.overlay.lay_under(changes):
            if node.kind is Kind.FILE and node.member not in taken and self.receiver.wants(path):
                self._again(path, node)
        self.linked |= {(changes.layer, member) for member in changes.linked}
        seen = (len(self.overlay.nodes) - before) / len(changes.nodes)
        self._held = held + changes.removals_weight + round(changes.nodes_weight * min(1, seen))

    def _again(self, path: str, node: Node) -> None:
        self.again.setdefault(node.layer, {}).setdefault(node.member, (path, node))

    def read_again(self, layer: Layer, names: dict[int, tuple[str, Node]]) -> None:
        with closing(layer.tar()) as tar:
            members = Members(tar, f"the layer {layer.descriptor.digest}", most_bytes=self._most_unpacked)
            for position, _ in enumerate(members):
                if position in names:
                    self.receiver.take(*names[position], members.content())


def _facts(layer: Layer, changes: Changes) -> LayerFacts:
    once = {node.member: node.size for node in changes.nodes.values() if node.kind is Kind.FILE}
    removals = len(changes.gone) + len(changes.opaque)
    return LayerFacts(
        layer.descriptor.digest, layer.diff_id, layer.descriptor.size, sum(once.values()), len(once), removals,
        tuple(changes.duplicates),
    )  # fmt: skip
