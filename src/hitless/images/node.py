"""What is at a path of an image: kept small, because an image may have hundreds of thousands of them."""

from __future__ import annotations

import msgspec

from hitless.images.members import Kind


class Attributes(msgspec.Struct, frozen=True):
    """What many nodes of a layer have in common; `layer` counts from the lowest, 0."""

    layer: int
    kind: Kind
    mode: int
    uid: int
    gid: int
    mtime: int
    device: tuple[int, int] = (0, 0)
    xattrs: tuple[tuple[str, bytes], ...] = ()
    is_implied: bool = False  # a folder that no layer has an entry for
    is_sparse: bool = False


class Node(msgspec.Struct, frozen=True, gc=False):
    """Two paths with the same node (`is`) are one file with two names.

    `link`: where a symbolic link points, as written. `member`: which member of the layer's tar it is, from 0.
    """

    attributes: Attributes
    size: int = 0
    member: int = -1
    link: str = ""

    @property
    def layer(self) -> int:
        return self.attributes.layer

    @property
    def kind(self) -> Kind:
        return self.attributes.kind

    @property
    def mode(self) -> int:
        """Permission bits, with those of set-user-id, set-group-id and sticky."""
        return self.attributes.mode

    @property
    def uid(self) -> int:
        return self.attributes.uid

    @property
    def gid(self) -> int:
        return self.attributes.gid

    @property
    def mtime(self) -> int:
        """Seconds since 1970."""
        return self.attributes.mtime

    @property
    def is_implied(self) -> bool:
        return self.attributes.is_implied

    @property
    def content(self) -> tuple[int, int]:
        """What two names of one file have in common: layer and member."""
        return self.attributes.layer, self.member


def implied_folder(layer: int) -> Node:
    """A folder that only its content tells of, as engines make it."""
    return Node(Attributes(layer, Kind.FOLDER, 0o755, 0, 0, 0, is_implied=True))
