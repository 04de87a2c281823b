"""Scanner: pickles, by name and by their first bytes, also inside archives, compressed files, arrays and each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.scanning.archives import Tar, Zip
from hitless.checking.scanning.nesting import DEEPEST, Consumer, Nest
from hitless.checking.scanning.pickle_names import Meaning, meaning
from hitless.checking.scanning.pickle_sweep import Sweep
from hitless.checking.scanning.pickle_walk import End, Walk
from hitless.checking.scanning.tally import Tally
from hitless.checking.scanning.unpacking import Unpacked, decompressor

NAME = "pickles"
_NAMED = {
    "pkl", "pickle", "p", "pk", "joblib", "jbl", "pt", "pth", "ptl", "bin", "ckpt", "sav", "model", "dill", "dat",
    "data", "npy", "npz", "nemo", "mar", "torch", "tar",
}  # fmt: skip
_COMPRESSED = {"gz", "z", "bz2", "xz", "lzma"}
_HEAD = 512
_PROTO = re.compile(rb"\x80[\x00-\x05]")
_OLD = rb"[(\]})l0-9]{0,8}[ci][A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n"  # without PROTO: imports at once
_BEGINS = re.compile(_PROTO.pattern + rb"|" + _OLD)
_NPY = b"\x93NUMPY"
_MOST_EACH = 20
_LIMITS = (
    "TorchScript code, safetensors, ONNX, GGUF and HDF5 hold no pickles; archives other than zip and tar, and zstd or "
    "LZ4 streams, are not opened; behind the first array of a joblib file only dangerous names are looked for"
)


class Pickles:
    """A walk that breaks ends what is known of a pickle: what it imported until then was found."""

    def __init__(self) -> None:
        self._tally = Tally(NAME, limits=_LIMITS)

    def begin(self, file: ScannedFile) -> _File | None:
        return _File(file, self._tally)

    def finish(self) -> Iterable[ScannerSeen | Finding]:
        return [self._tally.seen()]


class _File:
    """`found`: names, with where in the file they were first."""

    def __init__(self, file: ScannedFile, tally: Tally) -> None:
        self._file = file
        self._tally = tally
        self._found: dict[tuple[str, str], str] = {}
        self._size = 0
        nest = Nest(self._imports, lambda why: tally.lacks(file.path, why))
        self._content = Content(file.path, nest)

    def feed(self, piece: bytes) -> None:
        self._size += len(piece)
        if not self._content.is_over:
            self._content.feed(piece)

    def end(self) -> Iterable[Finding]:
        self._content.end()
        self._tally.read(self._size)
        findings = []
        for (module, name), where in self._found.items():
            dangerous = meaning(module, name) is Meaning.DANGEROUS
            findings += self._tally.finding(
                self._file, "pickle" if dangerous else "pickle-unknown", _told(module, name), where
            )
        return findings

    def _imports(self, module: str, name: str, where: str) -> None:
        found = meaning(module[:200], name[:200])
        if found is Meaning.USUAL:
            return
        same = sum(1 for key in self._found if meaning(*key) is found)
        if same < _MOST_EACH:
            self._found.setdefault((module[:200], name[:200]), where)


def _told(module: str, name: str) -> str:
    if "?" in (module, name):
        return f"imports a name that it computes ({module}.{name})"
    return f"imports {module}.{name}"


class Content:
    """A file, or a file in a file: what it is shows in its first bytes.

    `seen_outside`: a zip's members are looked for in these very bytes already. Without that, zips that are stored in
    zips would be read once for every header in front of them.
    """

    def __init__(
        self, name: str, nest: Nest, depth: int = 0, *, in_archive: bool = False, seen_outside: bool = False
    ) -> None:
        self.is_over = False
        self._name = name
        self._nest = nest
        self._depth = depth
        self._in_archive = in_archive
        self._seen_outside = seen_outside
        self._head = b""
        self._inner: Consumer | None = None

    def feed(self, piece: bytes) -> None:
        if self._inner is None:
            self._head += piece
            if len(self._head) < _HEAD:
                return
            piece = self._decide()
        if self._inner is not None and piece:
            self._inner.feed(piece)
            self.is_over = self._inner.is_over

    def end(self) -> None:
        if self._inner is None and self._head:
            self._start(self._decide())
        if self._inner is not None:
            self._inner.end()

    def _start(self, piece: bytes) -> None:
        if self._inner is not None:
            self._inner.feed(piece)

    def _decide(self) -> bytes:
        head, self._head = self._head, b""
        self._inner = self._reader(head)
        self.is_over = self._inner is None
        return head

    def _reader(self, head: bytes) -> Consumer | None:
        if self._depth > DEEPEST:
            self._nest.lacks(f"files in files, more than {DEEPEST} deep")
            return None
        is_named = _is_named(self._name)
        first = self._first(head, is_named=is_named)
        if self._depth == 0 and is_named and not head.startswith(b"PK\x03\x04"):
            return _Both(first, self._zip())  # zips are found by their end
        return first

    def _first(self, head: bytes, *, is_named: bool) -> Consumer | None:
        if head.startswith(_NPY):
            return _Npy(self._name, self._nest)
        if _BEGINS.match(head):
            return _Pickles(self._name, self._nest, self._depth, sweeps=not self._in_archive)
        if head.startswith(b"PK\x03\x04"):
            return None if self._seen_outside else self._zip()
        if head[257:262] == b"ustar":
            return Tar(self._member)
        if make := decompressor(head):
            return Unpacked(make, Content(self._name, self._nest, self._depth + 1), self._nest)
        if is_named and not _is_something_else(head):
            return _Pickles(self._name, self._nest, self._depth, sweeps=not self._in_archive)
        return None

    def _zip(self) -> Zip:
        return Zip(self._member, self._stored, self._nest)

    def _member(self, name: str) -> Content:
        return Content(f"{self._name}!{name}"[:1000], self._nest, self._depth + 1, in_archive=True)

    def _stored(self, name: str) -> Content:
        whole = f"{self._name}!{name}"[:1000]
        return Content(whole, self._nest, self._depth + 1, in_archive=True, seen_outside=True)


class _Both:
    """Readers find a zip by its end, so something else may be in front of it."""

    is_over = False

    def __init__(self, first: Consumer | None, archive: Zip) -> None:
        self._readers = [first, archive] if first is not None else [archive]

    def feed(self, piece: bytes) -> None:
        for reader in self._readers:
            if not reader.is_over:
                reader.feed(piece)

    def end(self) -> None:
        for reader in self._readers:
            reader.end()


def _is_named(name: str) -> bool:
    """As pickles are, and what they come in."""
    before, dot, ending = name.rpartition(".")
    if ending.lower() in _COMPRESSED:
        _, dot, ending = before.rpartition(".")
    return bool(dot) and ending.lower() in _NAMED


def _is_something_else(head: bytes) -> bool:
    """Formats that are certainly none: a pickle cannot begin so, or its first opcode breaks it."""
    return (
        head[:4] in (b"\x7fELF", b"GGUF", b"\x89HDF", b"%PDF", b"\x89PNG", b"RIFF", b"LFS ")
        or head[8:9] == b"{"  # safetensors: a length, then JSON
        or head[:1] in (b"{", b"[", b"<", b"#")
    )


class _Pickles:
    """Pickles in a row. Where they end or break, the rest is swept.

    Imports count once it is certain that this is a pickle: it says so, or comes to a call or to its end.
    """

    def __init__(self, name: str, nest: Nest, depth: int, *, sweeps: bool) -> None:
        self.is_over = False
        self._name = name
        self._nest = nest
        self._depth = depth
        self._sweeps = sweeps
        self._sweep: Sweep | None = None
        self._certain = False
        self._imports: list[tuple[str, str]] = []
        self._nested: list[Content] = []
        self._walk = self._new()
        self._ahead = b""
        self._walked = 0

    def _new(self) -> Walk:
        return Walk(self._tell, self._open)

    def feed(self, piece: bytes) -> None:
        while piece and self._sweep is None and not self.is_over:
            if not self._certain and self._walked == 0 and piece[:1] == b"\x80":
                self._certain = True
            self._walked += len(piece)
            piece = self._next(piece) if self._walk.is_over else self._go_on(piece)
        if self._sweep is not None and piece:
            self._sweep.feed(piece)

    def _go_on(self, piece: bytes) -> bytes:
        piece = self._walk.feed(piece)
        self._certain = self._certain or self._walk.calls > 0
        if self._walk.is_over:
            self._ended()
        self._flush()
        return piece

    def _next(self, piece: bytes) -> bytes:
        """Behind a STOP: another pickle, or something else."""
        data = self._ahead + piece
        self._ahead = b""
        if len(data) < 2:
            self._ahead = data
            return b""
        if _PROTO.match(data):
            self._walk = self._new()
        elif self._sweeps:
            self._sweep = self._sweeping()
        else:
            self.is_over = True
        return data

    def _ended(self) -> None:
        if self._walk.end is End.STOPPED:
            self._certain = self._certain or self._walk.opcodes > 1
        elif self._walk.end is End.TOO_MUCH:
            if self._certain:
                self._nest.lacks("it holds more than is kept in memory")
            self._sweep = self._sweeping()
        elif self._certain and self._walk.opcodes > 2:
            self._sweep = self._sweeping()
        else:
            self.is_over = True

    def end(self) -> None:
        if self._sweep is not None:
            self._sweep.end()
        for content in self._nested:
            content.end()

    def _tell(self, module: str, name: str) -> None:
        if len(self._imports) < 10_000:
            self._imports.append((module, name))
        self._flush()

    def _flush(self) -> None:
        if self._certain:
            for module, name in self._imports:
                self._nest.imports(module, name, self._where())
            self._imports.clear()

    def _sweeping(self) -> Sweep:
        return Sweep(self._swept, self._nest.lacks, self._walk.memo)

    def _swept(self, module: str, name: str) -> None:
        self._nest.imports(module, name, self._where())

    def _where(self) -> str:
        return self._name.partition("!")[2]

    def _open(self, head: bytes) -> Callable[[bytes], None] | None:
        """A byte string of this pickle: is it one?"""
        if not (_BEGINS.match(head) or head.startswith((b"PK\x03\x04", _NPY)) or decompressor(head)):
            return None
        for content in self._nested:
            content.end()
        content = Content(f"{self._name}!bytes"[:1000], self._nest, self._depth + 1)
        self._nested = [content]
        return lambda piece: None if content.is_over else content.feed(piece)


class _Npy:
    """An array file: of objects if its type has an O, and then a pickle follows."""

    def __init__(self, name: str, nest: Nest) -> None:
        self.is_over = False
        self._data = b""
        self._inner: _Pickles | None = None
        self._name = name
        self._nest = nest

    def feed(self, piece: bytes) -> None:
        if self._inner is not None:
            self._inner.feed(piece)
            self.is_over = self._inner.is_over
            return
        self._data += piece
        width = 2 if self._data[6:7] == b"\x01" else 4
        length = int.from_bytes(self._data[8 : 8 + width], "little")
        if len(self._data) < 8 + width + min(length, 1 << 20):
            return
        header, rest = self._data[8 + width : 8 + width + length], self._data[8 + width + length :]
        self._data = b""
        if b"O" not in header:
            self.is_over = True
            return
        self._inner = _Pickles(self._name, self._nest, 0, sweeps=True)
        self._inner.feed(rest)

    def end(self) -> None:
        if self._inner is not None:
            self._inner.end()
