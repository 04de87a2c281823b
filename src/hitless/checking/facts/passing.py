"""What is done with the bytes of each file while they go by: first bytes of programs are told, scanners get all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hitless.checking.events import Stage, Unseen
from hitless.checking.facts.base_layers import count_of_base
from hitless.checking.facts.files import as_text
from hitless.checking.facts.forms import HEAD, form_of
from hitless.checking.facts.scanner import ScannedFile, Scanner
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.facts.tee import Tee
from hitless.images.digest import Readable, read_some
from hitless.images.listing import Begun
from hitless.images.node import Node

_MOST_FORMS = 100_000


class Passing:
    """`forms`: what the programs are, by layer and member."""

    def __init__(
        self,
        scanners: Sequence[Scanner],
        has_head: Callable[[str, Node], bool],
        history: Sequence[Mapping[str, Any]] = (),
        layers: int = 0,
    ) -> None:
        self.forms: dict[tuple[int, int], str] = {}
        self._has_head = has_head
        self._tee = Tee(scanners)
        self._scans = bool(scanners)
        self._base = count_of_base(history, layers)

    def show(self, path: str, node: Node, stream: Readable) -> None:
        head = b""
        if self._has_head(path, node) and len(self.forms) < _MOST_FORMS:
            head = read_some(stream, HEAD)
            self.forms[node.content] = form_of(head)
        if self._scans:
            of = node.attributes
            in_base = 0 <= of.layer < self._base
            file = ScannedFile(as_text(path), node.size, of.mode, of.uid, of.gid, of.layer, in_base)
            self._tee.scan(file, Begun(head, lambda: stream) if head else stream)

    def finish(self, lacking: str) -> Iterator[ScannerSeen | Finding | Unseen]:
        """`lacking`: why not everything went by; empty where it did."""
        if not self._scans:
            yield Unseen(stage=Stage.SAFETY, why="no scanner was asked for")
        yield from self._tee.finish(lacking)
