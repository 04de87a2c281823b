"""Image → its files, in one pass over its layers, the highest first; contents are collected or shown on the way.

Every layer is read to its end, so digests and diff_ids have been verified when this returns; layers that have a listing
were verified when it was made, and are not read again. What is held is bounded.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager

from hitless.images.changes import Changes
from hitless.images.digest import Readable
from hitless.images.faults import too_large
from hitless.images.filesystem import Filesystem, LayerFacts, Wanted, nothing
from hitless.images.image import Image
from hitless.images.layer import Layer
from hitless.images.listing import Listed, Lister, Listings, MembersOf
from hitless.images.members import MOST_UNPACKED_BYTES, Kind, Member, Members
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
    show_hidden: bool = False,
    ahead: bool = False,
    most_file_bytes: int = MOST_COLLECTED_BYTES,
    most_collected_bytes: int = MOST_COLLECTED_BYTES,
    most_index_bytes: int = MOST_INDEX_BYTES,
    most_unpacked_bytes: int = MOST_UNPACKED_BYTES,
    listings: Listings | None = None,
) -> Filesystem:
    """The files of an image. ImageError for what is damaged, hostile or too much.

    `collect`: whose contents are wanted, up to `most_file_bytes` of each and `most_collected_bytes` together; what is
    too much is named in `left_out`. `show` is given every file that is seen, with a stream that it may read or not; of
    a file with several names one of them. A path that is twice in a layer is shown twice. With `show_hidden` it gets
    each file of each layer once, as it goes by, those too that a layer above hides: all that is transferred.
    `ahead`: a thread unpacks what comes next. `listings`: they are believed, and those that are not there are made.
    """
    receiver = _Receiver(collect, show, most_file_bytes, most_collected_bytes, shows_hidden=show_hidden)
    flattening = _Flattening(receiver, most_index_bytes, _Opening(listings, most_unpacked_bytes, ahead=ahead))
    for number in reversed(range(len(image.layers))):
        flattening.read(number, image.layers[number])
    nodes = flattening.overlay.finish()
    for number, names in flattening.again.items():
        flattening.read_again(image.layers[number], names)
    return Filesystem(
        nodes, tuple(reversed(flattening.facts)), image.size, receiver.contents, tuple(receiver.left_out),
        frozenset(flattening.linked),
    )  # fmt: skip


def read_again(
    image: Image, nodes: Collection[Node], *, most_file_bytes: int, listings: Listings | None = None
) -> dict[tuple[int, int], bytes]:
    """The contents of a few files that were not collected, of as many bytes at most; their layers are read once more,
    as far as needed."""
    contents: dict[tuple[int, int], bytes] = {}
    opening = _Opening(listings)
    for number in sorted({node.layer for node in nodes}):
        wanted = {node.member: node for node in nodes if node.layer == number}
        with opening.members(image.layers[number]) as members:
            for position, _ in enumerate(members):
                if position in wanted:
                    node = wanted.pop(position)
                    contents[node.content] = members.content().read(min(node.size, most_file_bytes))
                    if not wanted:
                        break
    return contents


class _Opening:
    """How the members of a layer are got at: from its listing, or from its bytes."""

    def __init__(
        self, listings: Listings | None, most_bytes: int = MOST_UNPACKED_BYTES, *, ahead: bool = False
    ) -> None:
        self._listings = listings
        self._most = most_bytes
        self._ahead = ahead

    @contextmanager
    def members(self, layer: Layer, *, ahead: bool = False) -> Iterator[MembersOf]:
        known = self._listings.find(layer.diff_id) if self._listings is not None else None
        if known is not None:
            with closing(Listed(known, layer, most_bytes=self._most)) as listed:
                yield listed
            return
        with closing(layer.tar(ahead=self._ahead and ahead)) as tar:
            members = Members(tar, f"the layer {layer.descriptor.digest}", most_bytes=self._most)
            if self._listings is None:
                yield members
                return
            lister = Lister(members)
            yield lister
            if lister.listing is not None:  # it was read to its end
                self._listings.keep(layer.diff_id, lister.listing)


class _Receiver:
    """Whoever wants contents."""

    def __init__(
        self, collect: Wanted, show: Show | None, most_of_one: int, budget: int, *, shows_hidden: bool
    ) -> None:
        self.contents: dict[tuple[int, int], bytes] = {}
        self.left_out: list[str] = []
        self.shows_hidden = show is not None and shows_hidden
        self._collect = collect
        self._show = show
        self._most_of_one = most_of_one
        self._budget = budget

    def wants(self, path: str) -> bool:
        """By its path, if it is seen."""
        return (self._show is not None and not self.shows_hidden) or self._collect(path)

    def take(self, path: str, node: Node, content: Readable, *, is_wanted: bool = True, is_again: bool = False) -> None:
        """`is_again`: it has gone by before."""
        stream: Readable = content
        if is_wanted and self._collect(path):
            if node.attributes.is_sparse or node.size > min(self._most_of_one, self._budget):
                self.left_out.append(path)
            else:
                self._budget -= node.size
                data = self.contents[node.content] = content.read()
                stream = io.BytesIO(data)
        if self._show is not None and not (is_again and self.shows_hidden):
            self._show(path, node, stream)
        content.close()


class _Flattening:
    """`again`: by layer, the members that have to be read once more, with a name under which they are seen.

    A hard link may make a file seen, or wanted, after its content has gone by.
    """

    def __init__(self, receiver: _Receiver, most_index_bytes: int, opening: _Opening) -> None:
        self.overlay = Overlay()
        self.receiver = receiver
        self.facts: list[LayerFacts] = []
        self.linked: set[tuple[int, int]] = set()
        self.again: dict[int, dict[int, tuple[str, Node]]] = {}
        self._opening = opening
        self._most_index = most_index_bytes
        self._held = 0

    def _spend(self, count: int) -> None:
        self._held += count
        if self._held > self._most_index:
            raise too_large("the image", f"it has too many files: their names alone take {self._held:,} bytes")

    def read(self, number: int, layer: Layer) -> None:
        held = self._held
        changes = Changes(number, f"the layer {layer.descriptor.digest}", self._spend)
        taken: set[int] = set()
        with self._opening.members(layer, ahead=True) as members:
            for position, member in enumerate(members):
                self._add(changes, member, position, members, taken)
        self.facts.append(_facts(layer, changes))
        self._lay_under(changes, held, taken)

    def _add(self, changes: Changes, member: Member, position: int, members: MembersOf, taken: set[int]) -> None:
        added = changes.add(member, position)
        if added is None or added[1].kind is not Kind.FILE:
            return
        path, node = added
        is_wanted = self.overlay.shows(path, node.kind) and self.receiver.wants(path)
        if node.member != position:  # another name of a file that has gone by
            if is_wanted and node.member not in taken:
                self._again(path, node)
            return
        if is_wanted:
            taken.add(position)
        if is_wanted or self.receiver.shows_hidden:
            self.receiver.take(path, node, members.content(), is_wanted=is_wanted)

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
        with self._opening.members(layer) as members:
            for position, _ in enumerate(members):
                if position in names:
                    self.receiver.take(*names[position], members.content(), is_again=True)


def _facts(layer: Layer, changes: Changes) -> LayerFacts:
    once = {node.member: node.size for node in changes.nodes.values() if node.attributes.kind is Kind.FILE}
    removals = len(changes.gone) + len(changes.opaque)
    return LayerFacts(
        layer.descriptor.digest, layer.diff_id, layer.descriptor.size, sum(once.values()), len(once), removals,
        tuple(changes.duplicates),
    )  # fmt: skip
