"""Layers laid under each other, the highest first: which nodes of the next lower one are seen. Nothing is read here."""

from __future__ import annotations

from hitless.images.changes import Changes, parent_of
from hitless.images.faults import ImageError, unreadable
from hitless.images.members import Kind
from hitless.images.node import Node


class Overlay:
    """`nodes`: what is seen of the layers so far, by path."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self._gone: set[str] = set()
        self._opaque: set[str] = set()
        self._open: dict[str, bool] = {}  # folders: whether what the next layer has in them is seen
        self._waiting: dict[str, list[str]] = {}  # hard links to files of lower layers: paths by target

    def shows(self, path: str, kind: Kind) -> bool:
        """Whether this would be seen, if the next lower layer had it."""
        above = self.nodes.get(path)
        if above is not None and not (above.is_implied and kind is Kind.FOLDER):
            return False
        if path in self._gone:
            return False
        folder = parent_of(path)
        known = self._open.get(folder)
        return not path or (self._is_open(folder) if known is None else known)

    def _is_open(self, folder: str) -> bool:
        known = self._open.get(folder)
        passed = []
        while known is None:
            passed.append(folder)
            above = self.nodes.get(folder)
            if folder in self._gone or folder in self._opaque or (above is not None and above.kind is not Kind.FOLDER):
                known = False
            elif not folder:
                known = True
            else:
                folder = parent_of(folder)
                known = self._open.get(folder)
        self._open.update(dict.fromkeys(passed, known))
        return known

    def lay_under(self, changes: Changes) -> list[tuple[str, Node]]:
        """The next lower layer; the paths whose hard links into it have now found their files."""
        found = self._found(changes)
        sealed = []
        for path, node in changes.nodes.items():
            kind = node.attributes.kind
            if self.shows(path, kind):
                self.nodes[path] = node
                if kind is Kind.HARDLINK:
                    self._waiting.setdefault(node.link, []).append(path)
            elif kind is not Kind.FOLDER and path in self.nodes and self.nodes[path].kind is Kind.FOLDER:
                sealed.append(path)  # it hides what lower layers have below it, seen or not
        self.nodes.update(found)
        self._gone |= changes.gone
        self._opaque |= changes.opaque
        self._opaque.update(sealed)
        self._open.clear()
        return found

    def _found(self, changes: Changes) -> list[tuple[str, Node]]:
        found: list[tuple[str, Node]] = []
        waiting: dict[str, list[str]] = {}
        for target, paths in self._waiting.items():
            node = changes.nodes.get(target)
            if node is None and not _hides(changes, target):
                waiting.setdefault(target, []).extend(paths)
            elif node is None or node.kind is Kind.FOLDER:
                raise _dangling(paths[0], target)
            elif node.kind is Kind.HARDLINK:
                waiting.setdefault(node.link, []).extend(paths)
            else:
                changes.linked.add(node.member)
                found += [(path, node) for path in paths]
        self._waiting = waiting
        return found

    def finish(self) -> dict[str, Node]:
        """The nodes of all layers together; ImageError for a hard link to nothing."""
        for target, paths in self._waiting.items():
            raise _dangling(paths[0], target)
        return self.nodes


def _hides(changes: Changes, path: str) -> bool:
    """Whether a layer hides what lower ones have at a path at which it has nothing itself."""
    if path in changes.gone:
        return True
    while path:
        path = parent_of(path)
        node = changes.nodes.get(path)
        if path in changes.gone or path in changes.opaque or (node is not None and node.kind is not Kind.FOLDER):
            return True
    return False


def _dangling(path: str, target: str) -> ImageError:
    return unreadable("the image", f"{path[:200]!r} is a hard link to {target[:200]!r}, which is no file")
