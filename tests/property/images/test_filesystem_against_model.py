"""Flattening from the top in one pass gives what unpacking from the bottom gives."""

from __future__ import annotations

from hypothesis import example, given, settings
from tests.property.images.layers import LAYERS, items
from tests.property.images.model import BrokenError, Entry, Facts, unpacked
from tests.unit.images.samples import image_of, layer_of

from hitless.images.faults import ImageError
from hitless.images.filesystem import Filesystem, everything
from hitless.images.flattening import flatten
from hitless.images.members import Kind
from hitless.images.packing import stored

KINDS = {Kind.FILE: "file", Kind.FOLDER: "folder", Kind.SYMLINK: "symlink"}


def facts(filesystem: Filesystem) -> Facts:
    nodes = {path: node for path, node in filesystem.nodes.items() if path}
    names: dict[tuple[int, int], set[str]] = {}
    for path, node in nodes.items():
        names.setdefault(node.content, set()).add(path)
    return {
        path: (
            KINDS[node.kind],
            0o777 if node.kind is Kind.SYMLINK else node.mode,
            filesystem.contents[node.content].decode() if node.kind is Kind.FILE else node.link,
            frozenset({path}) if node.kind is Kind.FOLDER else frozenset(names[node.content]),
        )
        for path, node in nodes.items()
    }


@settings(max_examples=300)
@given(LAYERS)
@example([[Entry("symlink", "a", "b"), Entry("file", "a", "1"), Entry("file", "a/c", "2")]])
@example([[Entry("hardlink", "a", "b")], [Entry("file", "b", "1"), Entry("hardlink", "b", "c")]])
def test_the_same_files(layers: list[list[Entry]]) -> None:
    try:
        expected: Facts | None = unpacked(layers)
    except BrokenError:
        expected = None
    packed = [
        layer_of(*items(entries), packing=stored() if number % 2 else None) for number, entries in enumerate(layers)
    ]
    try:
        filesystem = flatten(image_of(*packed), everything)
    except ImageError:
        assert expected is None
        return
    assert facts(filesystem) == expected
    shown = sum(content_size for _, _, content_size in once(filesystem))
    assert filesystem.sizes.effective == shown == sum(filesystem.seen_of_layers())


def once(filesystem: Filesystem) -> set[tuple[int, int, int]]:
    return {(*node.content, node.size) for _, node in filesystem.files()}


@settings(max_examples=150)
@given(LAYERS)
def test_every_file_that_is_seen_is_shown(layers: list[list[Entry]]) -> None:
    """By one of its names, with its content, whatever hides what."""
    image = image_of(*[layer_of(*items(entries)) for entries in layers])
    shown: dict[tuple[int, int], bytes] = {}
    try:
        filesystem = flatten(image, show=lambda path, node, stream: shown.update({node.content: stream.read()}))
    except ImageError:
        return
    expected = flatten(image, everything)
    for _, node in filesystem.files():
        assert shown[node.content] == expected.contents[node.content]
