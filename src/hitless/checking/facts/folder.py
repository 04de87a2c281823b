"""An unpacked root file system, or any folder → the index of files that an image gives. Nothing outside is read.

Links are not followed, other file systems that are mounted below are not entered, and only regular
files are opened.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hitless.checking.facts.files import as_text
from hitless.errors import InputError, Problem
from hitless.images.digest import Readable
from hitless.images.faults import too_large
from hitless.images.filesystem import Filesystem, Wanted
from hitless.images.flattening import MOST_COLLECTED_BYTES, Show
from hitless.images.members import Kind
from hitless.images.node import Attributes, Node

NO_LAYER = -1
_KINDS = {
    stat.S_IFREG: Kind.FILE, stat.S_IFDIR: Kind.FOLDER, stat.S_IFLNK: Kind.SYMLINK, stat.S_IFCHR: Kind.CHARACTER,
    stat.S_IFBLK: Kind.BLOCK, stat.S_IFIFO: Kind.FIFO,
}  # fmt: skip
_MOST_NAMED = 5


@dataclass
class Walk:
    """`unreadable`: paths that could not be read, the first few; `missed`: how many in all."""

    filesystem: Filesystem
    unreadable: list[str] = field(default_factory=list)
    missed: int = 0

    @property
    def lacking(self) -> str:
        named = ", ".join("/" + as_text(path) for path in self.unreadable)
        return f"{self.missed} of its files and folders could not be read, such as {named}" if self.missed else ""


def read_folder(root: Path, collect: Wanted, show: Show, most_file_bytes: int, most_index_bytes: int) -> Walk:
    """Every file, each shown once. InputError for what is no folder; TooLargeError for more than memory holds."""
    if not root.is_dir():
        problem = Problem("CHK-30", f"{root} is no folder", "Name the folder of an unpacked image.", file=str(root))
        raise InputError([problem])
    return _Reading(root, collect, show, most_file_bytes, most_index_bytes).walk()


class _Reading:
    def __init__(self, root: Path, collect: Wanted, show: Show, most_file_bytes: int, most_index_bytes: int) -> None:
        self._root = root
        self._collect = collect
        self._show = show
        self._most_of_one = most_file_bytes
        self._most_index = most_index_bytes
        self._budget = MOST_COLLECTED_BYTES
        self._attributes: dict[Attributes, Attributes] = {}
        self._names: dict[tuple[int, int], Node] = {}  # of files that may have several
        self._held = 0
        self.nodes: dict[str, Node] = {}
        self.contents: dict[tuple[int, int], bytes] = {}
        self.linked: set[tuple[int, int]] = set()
        self.walked = Walk(Filesystem({}, (), 0))

    def walk(self) -> Walk:
        # How the folder itself may be passed says where somebody unpacked it, and nothing of the image.
        self.nodes[""] = Node(Attributes(NO_LAYER, Kind.FOLDER, 0o755, 0, 0, 0, is_implied=True), member=0)
        folders, device = [""], self._root.stat().st_dev
        while folders:
            path = folders.pop()
            for name, facts in self._entries(path):
                inner = f"{path}/{name}" if path else name
                self._add(inner, facts)
                if stat.S_ISDIR(facts.st_mode) and facts.st_dev == device:
                    folders.append(inner)
        self.walked.filesystem = Filesystem(self.nodes, (), 0, self.contents, (), frozenset(self.linked))
        return self.walked

    def _entries(self, path: str) -> Iterator[tuple[str, os.stat_result]]:
        try:
            with os.scandir(self._root / path) as entries:
                found = sorted((entry.name, entry) for entry in entries)
        except OSError:
            self._missed(path)
            return
        for name, entry in found:
            try:
                yield name, entry.stat(follow_symlinks=False)
            except OSError:
                self._missed(f"{path}/{name}")

    def _add(self, path: str, facts: os.stat_result) -> None:
        self._held += 260 + len(path)
        if self._held > self._most_index:
            raise too_large("the folder", f"it has too many files: their names alone take {self._held:,} bytes")
        if stat.S_IFMT(facts.st_mode) not in _KINDS:
            return  # a socket: no image has one
        identity = (facts.st_dev, facts.st_ino)
        known = self._names.get(identity) if facts.st_nlink > 1 else None
        if known is not None:
            self.nodes[path] = known
            self.linked.add(known.content)
            if known.content not in self.contents and self._collect(path):
                self._read(path, known, is_again=True)
            return
        node = self.nodes[path] = self._node(facts, path)
        if node.kind is Kind.FILE:
            if facts.st_nlink > 1:
                self._names[identity] = node
            self._read(path, node, is_again=False)

    def _node(self, facts: os.stat_result, path: str) -> Node:
        kind = _KINDS[stat.S_IFMT(facts.st_mode)]
        link = ""
        if kind is Kind.SYMLINK:
            try:
                link = os.fspath((self._root / path).readlink())
            except OSError:
                self._missed(path)
        mode = facts.st_mode & 0o7777
        is_device = kind in (Kind.CHARACTER, Kind.BLOCK)
        device = (os.major(facts.st_rdev), os.minor(facts.st_rdev)) if is_device else (0, 0)
        attributes = Attributes(NO_LAYER, kind, mode, facts.st_uid, facts.st_gid, int(facts.st_mtime), device)
        attributes = self._attributes.setdefault(attributes, attributes)
        return Node(attributes, facts.st_size if kind is Kind.FILE else 0, len(self.nodes), link)

    def _read(self, path: str, node: Node, *, is_again: bool) -> None:
        stream: Readable
        try:
            with _opened(self._root / path) as file:
                stream = _Limited(file, node.size)
                if self._collect(path) and node.size <= min(self._most_of_one, self._budget):
                    data = self.contents[node.content] = file.read(node.size)
                    self._budget -= len(data)
                    stream = io.BytesIO(data)
                if not is_again:
                    self._show(path, node, stream)
        except OSError:
            self._missed(path)

    def _missed(self, path: str) -> None:
        self.walked.missed += 1
        if len(self.walked.unreadable) < _MOST_NAMED:
            self.walked.unreadable.append(path)


class _Limited:
    """Not more than the file had when it was found: it may be a log that grows."""

    def __init__(self, file: io.FileIO, size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()


def _opened(path: Path) -> io.FileIO:
    """A regular file and nothing else; OSError."""
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError("it is no file")
    return io.FileIO(number)


def read_more(root: Path, nodes: dict[str, Node], most_file_bytes: int) -> dict[tuple[int, int], bytes]:
    """Contents of some files of a folder, by their real paths; those that cannot be read are left out."""
    contents = {}
    for path, node in nodes.items():
        try:
            with _opened(root / path) as file:
                contents[node.content] = file.read(min(node.size, most_file_bytes))
        except OSError:
            continue
    return contents
