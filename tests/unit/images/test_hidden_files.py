"""Flattening that shows every file of every layer, and reads some of them again."""

from __future__ import annotations

from tests.unit.images.samples import file, gone, hardlink, image_of, layer_of, symlink

from hitless.images.filesystem import matching
from hitless.images.flattening import flatten, read_again
from hitless.images.packing import gzip

IMAGE = image_of(
    layer_of(file("a", b"1"), file("hidden", b"2"), hardlink("a2", "a"), file("z", b"5"), packing=gzip()),
    layer_of(file("a", b"3"), gone("hidden"), symlink("l", "a"), hardlink("low", "z"), file("twice", b"6")),
)


def test_all_are_shown_once() -> None:
    shown: list[tuple[str, int, bytes]] = []
    files = flatten(
        IMAGE, matching("low", "a"), lambda path, node, stream: shown.append((path, node.layer, stream.read())),
        show_hidden=True,
    )  # fmt: skip
    assert shown == [("a", 1, b"3"), ("twice", 1, b"6"), ("a", 0, b"1"), ("hidden", 0, b"2"), ("z", 0, b"5")]
    assert files.read("low") == b"5", "collected by the name of its link, and not shown again"
    assert files.read("a") == b"3"


def test_one_file_alone_may_be_too_much() -> None:
    files = flatten(image_of(layer_of(file("a", b"123"), file("b", b"12"))), matching("*"), most_file_bytes=2)
    assert files.left_out == ("a",)
    assert files.read("b") == b"12"


def test_some_are_read_again() -> None:
    files = flatten(IMAGE)
    nodes = [node for path in ("l", "z", "twice") if (node := files.find(path)) is not None]
    found = read_again(IMAGE, nodes, most_file_bytes=10)
    assert sorted(found.values()) == [b"3", b"5", b"6"]
    assert read_again(IMAGE, nodes[:1], most_file_bytes=0) == {nodes[0].content: b""}
