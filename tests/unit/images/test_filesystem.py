"""What is seen of layers: whiteouts, opaque folders, links, things replaced; sizes; contents."""

from __future__ import annotations

import pytest
from tests.unit.images.samples import (
    Item,
    file,
    folder,
    gone,
    hardlink,
    image_of,
    item,
    layer_of,
    opaque,
    symlink,
)

from hitless.images.faults import ImageError
from hitless.images.filesystem import Filesystem, everything, matching
from hitless.images.flattening import flatten
from hitless.images.members import Kind

# Layers, the lowest first; the files that are seen, with what is in them.
SEEN: list[tuple[str, list[list[Item]], dict[str, bytes]]] = [
    ("nothing", [[]], {}),
    ("one layer", [[file("a", b"1")]], {"a": b"1"}),
    ("the higher one counts", [[file("a", b"1")], [file("a", b"2")]], {"a": b"2"}),
    ("whiteout", [[file("a", b"1"), file("b", b"2")], [gone("a")]], {"b": b"2"}),
    ("whiteout of a folder", [[file("d/a", b"1"), file("da", b"2")], [gone("d")]], {"da": b"2"}),
    ("whiteout leaves its own layer alone", [[file("a", b"1")], [file("a", b"2"), gone("a")]], {"a": b"2"}),
    ("whiteout of what a higher layer has", [[file("a", b"1")], [gone("a")], [file("a", b"3")]], {"a": b"3"}),
    ("whiteout, and the folder made anew", [[file("d/a", b"1")], [gone("d"), file("d/b", b"2")]], {"d/b": b"2"}),
    ("opaque", [[file("d/a", b"1"), file("e", b"2")], [opaque("d"), file("d/b", b"3")]], {"d/b": b"3", "e": b"2"}),
    ("opaque after its files", [[file("d/a", b"1")], [file("d/b", b"3"), opaque("d")]], {"d/b": b"3"}),
    ("opaque root", [[file("a", b"1")], [opaque(""), file("b", b"2")]], {"b": b"2"}),
    ("opaque hides no higher one", [[file("d/a", b"1")], [opaque("d")], [file("d/c", b"2")]], {"d/c": b"2"}),
    ("a file replaces a folder", [[file("d/a", b"1")], [file("d", b"2")]], {"d": b"2"}),
    ("a link replaces a folder", [[file("d/a", b"1")], [symlink("d", "e")]], {}),
    ("a folder replaces a file", [[file("d", b"1")], [file("d/a", b"2")]], {"d/a": b"2"}),
    (
        "a file that is hidden hides, too",
        [[file("d/a", b"1")], [file("d", b"2")], [file("d/b", b"3")]],
        {"d/b": b"3"},
    ),
    ("the folder of a lower link is a folder", [[symlink("l", "u")], [file("l/a", b"1")]], {"l/a": b"1"}),
    ("a link of the same layer is followed", [[symlink("l", "usr/l"), file("l/a", b"1")]], {"usr/l/a": b"1"}),
    ("such a link to the root", [[symlink("x/l", "/"), file("x/l/a", b"1")]], {"a": b"1"}),
    ("twice in a layer", [[file("a", b"1"), file("a", b"2")]], {"a": b"2"}),
    ("a folder, then a file", [[folder("d"), file("d/a", b"1"), file("d", b"2")]], {"d": b"2"}),
    ("file, folder, file again", [[file("d/a", b"1"), file("d", b"2"), folder("d")]], {}),
    ("written with ./ and //", [[folder("./"), file("./d//a", b"1"), folder("d/")]], {"d/a": b"1"}),
    ("written with /", [[file("/a", b"1")]], {"a": b"1"}),
    ("hard link", [[file("a", b"1"), hardlink("b", "a")]], {"a": b"1", "b": b"1"}),
    ("hard link, its file hidden", [[file("a", b"1"), hardlink("b", "./a")], [gone("a")]], {"b": b"1"}),
    ("hard link to a lower layer", [[file("a", b"1")], [hardlink("b", "a")]], {"a": b"1", "b": b"1"}),
    (
        "the file of a hard link changes later",
        [[file("a", b"1")], [hardlink("b", "a")], [file("a", b"2")]],
        {"a": b"2", "b": b"1"},
    ),
    (
        "the file of a hard link changes in its layer",
        [[file("a", b"1"), hardlink("b", "a"), file("a", b"2")]],
        {"a": b"2", "b": b"1"},
    ),
    (
        "hard link to a hard link of a lower layer",
        [[file("a", b"1")], [hardlink("b", "a")], [hardlink("c", "b"), gone("a"), gone("b")]],
        {"c": b"1"},
    ),
    (
        "hard link behind a link",
        [[symlink("l", "d"), file("d/a", b"1"), hardlink("b", "l/a")]],
        {"d/a": b"1", "b": b"1"},
    ),
    ("what AUFS left", [[file(".wh..wh.aufs"), file("d/.wh..wh.orph"), file("a", b"1")]], {"a": b"1"}),
]


@pytest.mark.parametrize(("layers", "seen"), [row[1:] for row in SEEN], ids=[row[0] for row in SEEN])
def test_what_is_seen(layers: list[list[Item]], seen: dict[str, bytes]) -> None:
    filesystem = flatten(image_of(*[layer_of(*items) for items in layers]), everything)
    assert {path: filesystem.contents[node.content] for path, node in filesystem.files()} == seen
    assert filesystem.left_out == ()


BROKEN = [
    ("leads out", [[file("../a")]], "leads out of where it is"),
    ("leads out in the middle", [[file("a/../../b")]], "leads out of where it is"),
    ("hard link out", [[file("a"), hardlink("b", "../../a")]], "leads out of where it is"),
    ("zero byte", [[file("a\0b", pax_headers={"path": "a\0b"})]], "is no path"),
    ("too long", [[file("a/" * 2100 + "b")]], "is no path"),
    ("in a file", [[file("a"), file("a/b")]], "something lies in 'a', which is a file and no folder"),
    ("hard link to nothing", [[hardlink("b", "a")]], "'b' is a hard link to 'a', which is no file"),
    ("hard link to a folder", [[folder("a"), hardlink("b", "a")]], "'b' is a hard link to the folder 'a'"),
    ("hard link to a lower folder", [[folder("a")], [hardlink("b", "a")]], "'b' is a hard link to 'a', which is no"),
    ("hard link to what is gone", [[file("a")], [gone("a")], [hardlink("b", "a")]], "'b' is a hard link to 'a'"),
    ("hard link to what is below a file", [[file("d/a")], [file("d")], [hardlink("b", "d/a")]], "'b' is a hard link"),
    ("links that go round", [[symlink("a", "b"), symlink("b", "a"), file("a/x")]], "links that lead nowhere"),
    ("whiteout of nothing", [[file("d/.wh.")]], "'.wh.' in 'd' removes nothing"),
    ("whiteout of the parent", [[file("d/.wh...")]], "removes nothing that could be there"),
    ("the root is no file", [[file("./")]], "the root"),
    ("unknown type", [[item("a", kind=b"Z")]], "unknown type 'Z'"),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "message"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_what_cannot_be_unpacked(layers: list[list[Item]], message: str) -> None:
    with pytest.raises(ImageError) as caught:
        flatten(image_of(*[layer_of(*items) for items in layers]))
    assert message in str(caught.value)


def test_attributes() -> None:
    device = item("dev/null", kind=b"3", devmajor=1, devminor=3, mode=0o666)
    program = file("bin/su", b"x", mode=0o4755, uid=3, gid=4, mtime=1234, pax_headers={"SCHILY.xattr.user.a": "b"})
    filesystem = flatten(image_of(layer_of(folder("bin", 0o700), program, device, item("p", kind=b"6"))))
    node = filesystem.nodes["bin/su"]
    assert (node.kind, node.mode, node.uid, node.gid, node.size, node.mtime) == (Kind.FILE, 0o4755, 3, 4, 1, 1234)
    assert node.attributes.xattrs == (("user.a", b"b"),)
    assert (filesystem.nodes["bin"].mode, filesystem.nodes["bin"].is_implied) == (0o700, False)
    assert (filesystem.nodes["dev"].mode, filesystem.nodes["dev"].is_implied) == (0o755, True)
    assert filesystem.nodes["dev/null"].kind is Kind.CHARACTER
    assert filesystem.nodes["dev/null"].attributes.device == (1, 3)
    assert filesystem.nodes["p"].kind is Kind.FIFO


def test_a_folder_keeps_its_attributes_unless_a_higher_layer_has_it() -> None:
    lower = layer_of(folder("a", 0o700, uid=1), folder("b", 0o700, uid=1))
    filesystem = flatten(image_of(lower, layer_of(folder("a", 0o711, uid=2), file("b/x"))))
    assert [(filesystem.nodes[path].mode, filesystem.nodes[path].uid) for path in "ab"] == [(0o711, 2), (0o700, 1)]


RESOLVED = [
    ("bin/sh", "usr/bin/dash"),
    ("/bin/sh", "usr/bin/dash"),
    ("../../bin/./sh", "usr/bin/dash"),
    ("up", "etc"),
    ("bin", "usr/bin"),
    ("loop", None),
    ("nothing", None),
    ("usr/bin/dash/x", None),
    ("", ""),
    ("/", ""),
    ("dangling", None),
]


@pytest.mark.parametrize(("path", "real"), RESOLVED, ids=[row[0] or "empty" for row in RESOLVED])
def test_paths_through_links(path: str, real: str | None) -> None:
    links = [symlink("bin", "usr/bin"), symlink("usr/bin/sh", "dash"), symlink("up", "../../../etc"),
             symlink("loop", "loop"), symlink("dangling", "/nowhere")]  # fmt: skip
    filesystem = flatten(image_of(layer_of(file("usr/bin/dash", b"ELF"), folder("etc"), *links)), everything)
    assert filesystem.resolve(path) == real
    assert (filesystem.find(path) is None) == (real is None)
    assert filesystem.read(path) == (b"ELF" if real == "usr/bin/dash" else None)


def sizes(filesystem: Filesystem) -> tuple[int, int]:
    return filesystem.sizes.unpacked, filesystem.sizes.effective


def test_sizes() -> None:
    """10 + 5 bytes below, 3 above that replace the 5; a second name of the 10 costs nothing: 18 unpacked, 13 seen."""
    image = image_of(
        layer_of(file("a", b"x" * 10), hardlink("a2", "a"), file("b", b"y" * 5)), layer_of(file("b", b"zzz"))
    )
    filesystem = flatten(image)
    assert sizes(filesystem) == (18, 13)
    assert filesystem.sizes.transferred == image.size
    assert filesystem.seen_of_layers() == [10, 3]
    assert [(facts.files, facts.unpacked, facts.removals) for facts in filesystem.layers] == [(2, 15, 0), (1, 3, 0)]
    assert [facts.size for facts in filesystem.layers] == [layer.descriptor.size for layer in image.layers]
    assert filesystem.largest(5) == [("a", 10), ("b", 3)]
    assert filesystem.largest(1) == [("a", 10)]
    assert filesystem.largest(5, layer=1) == [("b", 3)]


def test_duplicates_are_told_and_counted_once() -> None:
    filesystem = flatten(image_of(layer_of(file("a", b"1"), file("a", b"22"), folder("d"), folder("d"))))
    assert filesystem.layers[0].duplicates == ("a", "d")
    assert sizes(filesystem) == (2, 2)


def test_contents_within_a_budget() -> None:
    image = image_of(layer_of(file("a", b"1234"), file("b", b"56"), file("c", b"7")))
    filesystem = flatten(image, everything, most_collected_bytes=5)
    assert [filesystem.read(path) for path in "abc"] == [b"1234", None, b"7"]
    assert filesystem.left_out == ("b",)


def test_a_file_is_wanted_by_the_name_of_its_link() -> None:
    """Its content has gone by when the link comes: the layer is read again."""
    image = image_of(layer_of(file("z/blob", b"1")), layer_of(file("blob", b"2"), hardlink("model.pt", "blob")),
                     layer_of(hardlink("low.pt", "z/blob"), gone("blob")))  # fmt: skip
    filesystem = flatten(image, matching("*.pt"))
    assert filesystem.read("model.pt") == b"2"
    assert filesystem.read("low.pt") == b"1"


def test_files_are_shown_once_each() -> None:
    """What is hidden is not shown, unless it has another name that is seen."""
    shown: list[tuple[str, bytes]] = []
    image = image_of(
        layer_of(file("a", b"1"), file("hidden", b"2"), hardlink("seen", "hidden"), hardlink("a2", "a")),
        layer_of(file("b", b"3"), gone("hidden"), symlink("l", "b")),
    )
    filesystem = flatten(image, matching("b"), lambda path, node, stream: shown.append((path, stream.read())))
    assert shown == [("b", b"3"), ("a", b"1"), ("seen", b"2")]
    assert filesystem.read("b") == b"3"


def test_what_is_shown_may_be_read_in_part() -> None:
    pieces = []
    data = bytes(range(256)) * 20
    flatten(
        image_of(layer_of(file("a", data), file("b", b"12"))), show=lambda _, __, stream: pieces.append(stream.read(7))
    )
    assert pieces == [data[:7], b"12"]


MATCHES = [
    ("etc/*.conf", ["etc/a.conf"], ["etc/x/a.conf", "etc/a.confx", "a.conf"]),
    ("**/METADATA", ["METADATA", "a/METADATA", "a/b/METADATA"], ["a/XMETADATA", "a/METADATA/b"]),
    ("home/**", ["home/a", "home/a/b"], ["home", "homes/a"]),
    ("/bin/s?", ["bin/sh"], ["bin/s", "bin/s/", "bin/ssh"]),
    ("a[b]", ["a[b]"], ["ab"]),
]


@pytest.mark.parametrize(("pattern", "yes", "no"), MATCHES, ids=[row[0] for row in MATCHES])
def test_patterns(pattern: str, yes: list[str], no: list[str]) -> None:
    matches = matching(pattern, "never")
    assert [path for path in yes + no if matches(path)] == yes


def test_no_pattern_matches_nothing() -> None:
    assert not matching()("a")


# Limits


def test_too_many_files() -> None:
    with pytest.raises(ImageError, match="too many files"):
        flatten(image_of(layer_of(*[file(f"some/file-{number}") for number in range(100)])), most_index_bytes=20_000)


def test_layers_that_hide_each_other_do_not_add_up() -> None:
    layers = [layer_of(*[file(f"some/file-{number}") for number in range(50)])] * 30
    assert len(flatten(image_of(*layers), most_index_bytes=40_000).nodes) == 52


def test_too_many_bytes() -> None:
    with pytest.raises(ImageError, match="more than 10,000 bytes, unpacked"):
        flatten(image_of(layer_of(file("a", bytes(20_000)))), most_unpacked_bytes=10_000)


def test_a_layer_that_replaces_its_folders_again_and_again() -> None:
    items = [one for _ in range(200) for one in (folder("d"), file("d"))]
    with pytest.raises(ImageError, match="it replaces its own folder 'd'"):
        flatten(image_of(layer_of(*items)))
