"""The naive model of layers: each is unpacked into a tree of its own, then laid over the tree of those below, one after
the other, the lowest first. Slow, recursive and obvious; shares no code with what it judges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class Entry(NamedTuple):
    """One member of a layer. `value`: content of a file, target of a link."""

    what: str  # file, folder, symlink, hardlink, gone, opaque
    path: str
    value: str = ""
    mode: int = 0o644


class BrokenError(Exception):
    """No engine can unpack it."""


@dataclass(eq=False)
class File:
    content: str
    mode: int


@dataclass(eq=False)
class Symlink:
    target: str


@dataclass(eq=False)
class Dangling:
    """A hard link to nothing: wrong only if it is still there at the end."""


@dataclass(eq=False)
class Lower:
    """A hard link to something of the layers below."""

    target: str


@dataclass(eq=False)
class Folder:
    mode: int = 0o755
    is_implied: bool = True
    inside: dict[str, Tree] = field(default_factory=dict)


Tree = File | Symlink | Dangling | Lower | Folder


class Own:
    """One layer by itself."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.root = Folder()
        self.gone: list[str] = []
        self.opaque: list[str] = []
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        if entry.what == "opaque":
            self.opaque.append(self.real(f"{entry.path}/x" if entry.path else "x").rpartition("/")[0])
            return
        path = self.real(entry.path)
        if entry.what == "gone":
            self.gone.append(path)
            return
        tree = self.made(entry)
        parent = self.folder(path.rpartition("/")[0])
        name = path.rpartition("/")[2]
        old = parent.inside.get(name)
        if isinstance(tree, Folder) and isinstance(old, Folder):
            tree.inside = old.inside
        parent.inside[name] = tree

    def made(self, entry: Entry) -> Tree:
        if entry.what == "file":
            return File(entry.value, entry.mode)
        if entry.what == "folder":
            return Folder(entry.mode, is_implied=False)
        if entry.what == "symlink":
            return Symlink(entry.value)
        target = self.real(entry.value)
        found = look(self.root, target)
        if isinstance(found, Folder):
            raise BrokenError
        return Lower(target) if found is None else found

    def folder(self, path: str) -> Folder:
        here = self.root
        for name in filter(None, path.split("/")):
            inside = here.inside.setdefault(name, Folder())
            if not isinstance(inside, Folder):
                raise BrokenError
            here = inside
        return here

    def real(self, path: str) -> str:
        """With the parents that are symbolic links of this layer followed."""
        parent, _, name = path.rpartition("/")
        done: list[str] = []
        rest = parent.split("/")
        for _ in range(10_000):
            if not rest:
                return "/".join([*done, name])
            first, *rest = rest
            if first == "..":
                done = done[:-1]
            elif first not in ("", "."):
                found = look(self.root, "/".join([*done, first]))
                if isinstance(found, Symlink):
                    rest = found.target.split("/") + rest
                    done = [] if found.target.startswith("/") else done
                else:
                    done = [*done, first]
        raise BrokenError


def look(root: Folder, path: str) -> Tree | None:
    here: Tree = root
    for name in filter(None, path.split("/")):
        if not isinstance(here, Folder) or name not in here.inside:
            return None
        here = here.inside[name]
    return here


def remove(root: Folder, path: str) -> None:
    parent = look(root, path.rpartition("/")[0])
    if isinstance(parent, Folder):
        parent.inside.pop(path.rpartition("/")[2], None)


def linked(tree: Tree, below: Folder, known: dict[str, Tree]) -> Tree:
    """With hard links into lower layers replaced by what they point at."""
    if isinstance(tree, Folder):
        tree.inside = {name: linked(inside, below, known) for name, inside in tree.inside.items()}
    if isinstance(tree, Lower):
        found = look(below, tree.target)
        return Dangling() if found is None or isinstance(found, Folder) else found
    return tree


def laid_over(lower: Folder, upper: Folder) -> None:
    for name, tree in upper.inside.items():
        below = lower.inside.get(name)
        if isinstance(tree, Folder) and isinstance(below, Folder):
            if not tree.is_implied:
                below.mode, below.is_implied = tree.mode, False
            laid_over(below, tree)
        else:
            lower.inside[name] = tree


Facts = dict[str, tuple[str, int, str, frozenset[str]]]


def unpacked(layers: Iterable[Iterable[Entry]]) -> Facts:
    """By path: kind, mode, content or target, and all names of the same file. BrokenError."""
    root = Folder()
    for entries in layers:
        own = Own(entries)
        linked(own.root, root, {})
        for path in own.gone:
            remove(root, path)
        for path in own.opaque:
            found = look(root, path)
            if isinstance(found, Folder):
                found.inside = {}
        laid_over(root, own.root)
    trees = dict(walked(root, ""))
    if any(isinstance(tree, Dangling) for tree in trees.values()):
        raise BrokenError
    names: dict[int, set[str]] = {}
    for path, tree in trees.items():
        names.setdefault(id(tree), set()).add(path)
    return {path: (*facts(tree), frozenset(names[id(tree)])) for path, tree in trees.items()}


def walked(folder: Folder, path: str) -> Iterable[tuple[str, Tree]]:
    for name, tree in folder.inside.items():
        yield path + name, tree
        if isinstance(tree, Folder):
            yield from walked(tree, f"{path}{name}/")


def facts(tree: Tree) -> tuple[str, int, str]:
    match tree:
        case Folder():
            return "folder", tree.mode, ""
        case File():
            return "file", tree.mode, tree.content
        case Symlink():
            return "symlink", 0o777, tree.target
        case _:
            raise AssertionError(tree)
