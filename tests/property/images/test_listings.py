"""A listing in the place of a layer's bytes changes nothing of what is answered."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.images.layers import LAYERS, items
from tests.property.images.model import Entry
from tests.unit.images.listings_kept import Kept, unopened
from tests.unit.images.samples import file, image_of, layer_of

from hitless.images.digest import Readable
from hitless.images.faults import ImageError
from hitless.images.filesystem import everything, matching, nothing
from hitless.images.flattening import flatten, read_again
from hitless.images.listing import Begun, ListedPieces
from hitless.images.node import Node

WANTED = {"nothing": nothing, "some": matching("a", "**/b"), "everything": everything}
Shown = list[tuple[str, Node, bytes]]


@settings(max_examples=300)
@given(LAYERS, st.sampled_from(sorted(WANTED)), st.booleans(), st.sampled_from([0, 1, -1]), st.sampled_from([3, 1000]))
def test_the_same_files_with_listings(
    layers: list[list[Entry]], wanted: str, show_hidden: bool, read: int, most: int
) -> None:
    image = image_of(*[layer_of(*items(entries)) for entries in layers])
    known = Kept()

    def answers(listings: Kept | None) -> object:
        shown: Shown = []

        def show(path: str, node: Node, stream: Readable) -> None:
            shown.append((path, node, stream.read(read)))

        try:
            files = flatten(
                image, WANTED[wanted], show, show_hidden=show_hidden, most_collected_bytes=most, listings=listings
            )
        except ImageError as error:
            return [problem.message for problem in error.problems]
        some = [node for _, node in files.files()][::2]
        return files, shown, read_again(image, some, most_file_bytes=most, listings=listings)

    expected = answers(None)
    assert answers(known) == expected
    assert answers(known) == expected
    if isinstance(expected, tuple):
        assert known.found == {layer.diff_id for layer in image.layers}


@settings(max_examples=100)
@given(LAYERS)
def test_names_alone_open_no_layer(layers: list[list[Entry]]) -> None:
    image, known = image_of(*[layer_of(*items(entries)) for entries in layers]), Kept()
    try:
        expected = flatten(image, listings=known)
    except ImageError:
        return
    assert flatten(unopened(image), listings=known) == expected


FILES = st.tuples(
    st.sampled_from([f"{'x' * 120}/run.sh", "home/run.sh", "data", "é", "p"]),
    st.integers(0, 3000),
    st.sampled_from([0o644, 0o755]),
)


@given(st.lists(FILES, max_size=5), st.lists(st.integers(1, 3000), max_size=30))
def test_pieces_are_passed_on_as_they_are(files: list[tuple[str, int, int]], cuts: list[int]) -> None:
    """However they are cut; and their listing is the one that reading the layer makes."""
    layer = layer_of(*[file(path, bytes(size), mode=mode) for path, size, mode in files])
    data = layer.blob.open().read()
    listed = ListedPieces(cut(data, cuts), "it")
    assert b"".join(listed) == data
    known = Kept()
    flatten(image_of(layer), listings=known)
    assert known.listings == {layer.diff_id: listed.listing}


def cut(data: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    start = 0
    for size in sizes:
        yield data[start : start + size]
        start += size
    yield data[start:]


@given(st.binary(max_size=20), st.integers(0, 20), st.lists(st.integers(-1, 8), max_size=8))
def test_a_stream_that_has_begun(data: bytes, known: int, sizes: list[int]) -> None:
    stream = Begun(data[:known], lambda: io.BytesIO(data[known:]))
    seen = b""
    for size in sizes:
        piece = stream.read(size)
        assert size < 0 or len(piece) <= size
        seen += piece
    assert data.startswith(seen)
    assert seen + stream.read() == data
    stream.close()
    assert stream.read() == b""
