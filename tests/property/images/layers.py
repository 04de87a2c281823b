"""Layers as hypothesis makes them: few names, so that they meet; and the same layers as tars."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from tests.property.images.model import Entry
from tests.unit.images.samples import Item, file, folder, gone, hardlink, opaque, symlink

_NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(_NAMES, min_size=1, max_size=3).map("/".join)
_TARGETS = st.builds(lambda start, path: start + path, st.sampled_from(["", "/", "../", "../../"]), PATHS)

FILES = st.builds(
    Entry, st.just("file"), PATHS, st.sampled_from(["", "1", "two"]), st.sampled_from([0o644, 0o755, 0o4711])
)
FOLDERS = st.builds(Entry, st.just("folder"), PATHS, st.just(""), st.sampled_from([0o755, 0o700, 0o1777]))
SYMLINKS = st.builds(Entry, st.just("symlink"), PATHS, _TARGETS)
HARDLINKS = st.builds(Entry, st.just("hardlink"), PATHS, PATHS)
GONE = st.builds(Entry, st.just("gone"), PATHS)
OPAQUE = st.builds(Entry, st.just("opaque"), st.one_of(PATHS, st.just("")))

LAYERS = st.lists(
    st.lists(st.one_of(FILES, FILES, FILES, FOLDERS, FOLDERS, SYMLINKS, HARDLINKS, GONE, GONE, OPAQUE), max_size=7),
    min_size=1,
    max_size=4,
)


def items(entries: Sequence[Entry]) -> list[Item]:
    """The members of a tar that say the same."""
    return [_item(entry) for entry in entries]


def _item(entry: Entry) -> Item:
    match entry.what:
        case "file":
            return file(entry.path, entry.value.encode(), mode=entry.mode)
        case "folder":
            return folder(entry.path, entry.mode)
        case "symlink":
            return symlink(entry.path, entry.value)
        case "hardlink":
            return hardlink(entry.path, entry.value)
        case "gone":
            return gone(entry.path)
        case _:
            return opaque(entry.path)
