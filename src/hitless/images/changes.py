"""What one layer changes (image-spec, layer.md), as unpacking it onto an empty folder would show: no bytes, no files.

Where the specification leaves it open, this does what docker and podman do: a parent that is a symbolic link of the
same layer is followed, one of a lower layer is replaced by a folder; of two entries for a path the last one counts.
"""

from __future__ import annotations

from collections.abc import Callable

from hitless.images.faults import ImageError, unreadable
from hitless.images.members import Kind, Member
from hitless.images.node import Attributes, Node, implied_folder

WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_AUFS = ".wh..wh."  # left-overs of a file system that is no more
_MOST_LINKS = 40  # as the kernel has it (path_resolution(7))
_MOST_PATH = 4096
_MOST_REPLACED = 100  # folders that a layer replaces by something else of its own: each costs a walk
_MOST_NAMED = 20


def safe_path(path: str, what: str) -> str:
    """Relative, without `./` and `//`; "" is the root. ImageError for what leads out."""
    if len(path) > _MOST_PATH or "\0" in path:
        raise unreadable(what, f"{path[:100]!r} is no path")
    if path and "./" not in path and "//" not in path and path[0] != "/" and path[-1] not in "./":
        return path
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise unreadable(what, f"the path {path[:200]!r} leads out of where it is")
    return "/".join(parts)


def parent_of(path: str) -> str:
    """ "" for what lies in the root."""
    return path.rpartition("/")[0]


class Changes:
    """The changes of the layer with this number. `spend` is told what is held (bytes, about), and may raise."""

    def __init__(self, layer: int, what: str, spend: Callable[[int], None]) -> None:
        self.nodes: dict[str, Node] = {"": implied_folder(layer)}  # an unresolved hard link is a node of that kind
        self.gone: set[str] = set()  # what is removed with all that is below it
        self.opaque: set[str] = set()  # folders whose lower content is removed
        self.duplicates: list[str] = []  # the first few
        self.linked: set[int] = set()  # members that have several names
        self.layer = layer
        self.nodes_weight = 0  # bytes that are held for them, about
        self.removals_weight = 0
        self._what = what
        self._spend = spend
        self._implied = self.nodes[""]
        self._attributes: dict[Attributes, Attributes] = {}
        self._links = False
        self._real_parents: dict[str, str] = {}
        self._replaced = 0

    def add(self, member: Member, number: int) -> tuple[str, Node] | None:
        """The next entry of the tar: where it is now; None for one that is no file, but removes some."""
        path = self._placed(member.path)
        parent, _, name = path.rpartition("/")
        if name.startswith(WHITEOUT):
            self._remove(parent, name)
            return None
        node = self._hard_link(member) if member.kind is Kind.HARDLINK else self._node(member, number)
        self._put(path, parent, node)
        return path, node

    def _remove(self, parent: str, name: str) -> None:
        weight = 150 + len(parent) + len(name)
        self.removals_weight += weight
        self._spend(weight)
        if name == _OPAQUE:
            self.opaque.add(parent)
        elif not name.startswith(_AUFS):
            removed = name.removeprefix(WHITEOUT)
            if removed in ("", ".", ".."):
                raise unreadable(self._what, f"{name!r} in {parent[:200]!r} removes nothing that could be there")
            self.gone.add(f"{parent}/{removed}" if parent else removed)

    def _node(self, member: Member, number: int) -> Node:
        attributes = Attributes(
            self.layer, member.kind, member.mode, member.uid, member.gid, member.mtime, member.device, member.xattrs,
            is_sparse=member.is_sparse,
        )  # fmt: skip
        known = self._attributes.get(attributes)
        if known is None:
            known = self._attributes[attributes] = attributes
            self._weigh(400 + sum(100 + len(key) + len(value) for key, value in attributes.xattrs))
        return Node(known, member.size, number, member.link if member.kind is Kind.SYMLINK else "")

    def _hard_link(self, member: Member) -> Node:
        target = self._placed(member.link)
        node = self.nodes.get(target)
        if node is None:
            return Node(Attributes(self.layer, Kind.HARDLINK, 0, 0, 0, 0), link=target)  # in a lower layer
        if node.kind is Kind.FOLDER:
            raise unreadable(self._what, f"{member.path[:200]!r} is a hard link to the folder {target[:200]!r}")
        self.linked.add(node.member)
        return node

    def _put(self, path: str, parent: str, node: Node) -> None:
        old = self.nodes.get(path)
        if old is None:
            self._imply(parent)
        elif not old.is_implied and len(self.duplicates) < _MOST_NAMED:
            self.duplicates.append(path)
        if old is not None and old.kind is Kind.FOLDER and node.kind is not Kind.FOLDER:
            self._empty(path)
        if node.kind is Kind.SYMLINK or (old is not None and self._links):
            self._links = True
            self._real_parents.clear()
        self._weigh(260 + len(path) + len(node.link))
        self.nodes[path] = node

    def _weigh(self, weight: int) -> None:
        self.nodes_weight += weight
        self._spend(weight)

    def _imply(self, folder: str) -> None:
        """Every parent is a folder."""
        nodes = self.nodes
        while (node := nodes.get(folder)) is None:
            nodes[folder] = self._implied
            self._weigh(230 + len(folder))
            folder = parent_of(folder)
        if node.kind is not Kind.FOLDER:
            raise unreadable(self._what, f"something lies in {folder[:200]!r}, which is a {node.kind} and no folder")

    def _empty(self, folder: str) -> None:
        if not folder:
            raise unreadable(self._what, "the root is no folder in it")
        self._replaced += 1
        if self._replaced > _MOST_REPLACED:
            raise unreadable(self._what, f"it replaces its own folder {folder[:200]!r}, again and again")
        inside = folder + "/"
        for path in [path for path in self.nodes if path.startswith(inside)]:
            del self.nodes[path]

    def _placed(self, written: str) -> str:
        """The path with the parents that are symbolic links of this layer followed."""
        path = safe_path(written, self._what)
        if not self._links:
            return path
        parent, slash, name = path.rpartition("/")
        if not slash:
            return path
        real = self._real_parents.get(parent)
        if real is None:
            found = follow(parent, self.nodes.get)
            if found is None:
                raise self._loop(path)
            real = self._real_parents[parent] = found
        return f"{real}/{name}" if real else name

    def _loop(self, path: str) -> ImageError:
        return unreadable(self._what, f"{path[:200]!r} lies behind symbolic links that lead nowhere")


def follow(path: str, find: Callable[[str], Node | None]) -> str | None:
    """Where a path leads through symbolic links, never above the root; None for too many of them.

    What is not there is not a link: the rest of the path stays as it is.
    """
    real: list[str] = []
    waiting = path.split("/")[::-1]
    followed = 0
    while waiting:
        part = waiting.pop()
        if part in ("", "."):
            continue
        if part == "..":
            del real[-1:]
            continue
        real.append(part)
        node = find("/".join(real))
        if node is None or node.kind is not Kind.SYMLINK:
            continue
        followed += 1
        if followed > _MOST_LINKS or len(node.link) > _MOST_PATH:
            return None
        real = [] if node.link.startswith("/") else real[:-1]
        waiting += node.link.split("/")[::-1]
    return "/".join(real)
