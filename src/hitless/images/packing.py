"""Compressors of layers with fixed settings, so that the same tar gives the same blob; and their opposite.

What comes out of some compressors depends on how the input is cut: it is cut anew here, into pieces of 1 MiB.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from hitless.errors import UnavailableError
from hitless.images.digest import PIECE, Readable
from hitless.images.faults import damaged
from hitless.images.media import Compression
from hitless.images.pieces import Pieces

_GZIP_HEAD = bytes.fromhex("1f8b08000000000000ff")  # no name, no time, no system
_STORED = 65_535  # bytes in a stored block, RFC 1951 section 3.2.4


@dataclass(frozen=True)
class Packing:
    """How a layer is packed. `identity` tells everything that decides the bytes: it is a part of a layer's key."""

    identity: str
    compression: Compression
    pack: Callable[[Iterable[bytes]], Iterator[bytes]]


def plain() -> Packing:
    """The tar as it is: for weights, which hardly shrink."""
    return Packing("tar", Compression.NONE, iter)


def stored() -> Packing:
    """gzip without compression, for those who take nothing else; the same bytes with every library."""
    return Packing("gzip-stored", Compression.GZIP, _pack_stored)


def gzip() -> Packing:
    """gzip by isal where it is installed (about six times as fast), else by zlib."""
    library = fastest_zlib()
    if library is zlib:
        return Packing(f"zlib-{zlib.ZLIB_RUNTIME_VERSION}-6", Compression.GZIP,
                       lambda pieces: _pack(zlib.compressobj(6, zlib.DEFLATED, -15), pieces))  # fmt: skip
    return Packing(f"isal-{_version('isal')}-2", Compression.GZIP,
                   lambda pieces: _pack(library.compressobj(2, library.DEFLATED, -15), pieces))  # fmt: skip


def _version(distribution: str) -> str:
    from importlib.metadata import version

    return version(distribution)


def recut(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of `size`, the last one shorter."""
    buffer = bytearray()
    for piece in pieces:
        if not buffer and len(piece) == size:
            yield piece
            continue
        buffer += piece
        start = 0
        while len(buffer) - start >= size:
            yield bytes(memoryview(buffer)[start : start + size])
            start += size
        del buffer[:start]
    if buffer:
        yield bytes(buffer)


def _pack(deflate: Any, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """A gzip member (RFC 1952) around raw deflate."""
    yield _GZIP_HEAD
    checksum = size = 0
    for piece in recut(pieces, PIECE):
        checksum, size = zlib.crc32(piece, checksum), size + len(piece)
        if packed := deflate.compress(piece):
            yield packed
    yield deflate.flush() + _trailer(checksum, size)


def _pack_stored(pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield _GZIP_HEAD
    checksum = size = 0
    for piece in recut(pieces, _STORED * 16):
        checksum, size = zlib.crc32(piece, checksum), size + len(piece)
        yield b"".join(_stored_blocks(piece))
    yield b"\x01\x00\x00\xff\xff" + _trailer(checksum, size)


def _stored_blocks(piece: bytes) -> Iterator[bytes]:
    for start in range(0, len(piece), _STORED):
        block = piece[start : start + _STORED]
        yield struct.pack("<BHH", 0, len(block), len(block) ^ 0xFFFF)
        yield block


def _trailer(checksum: int, size: int) -> bytes:
    return struct.pack("<II", checksum, size & 0xFFFFFFFF)


class Unpacked(io.RawIOBase):
    """Reads the tar out of a packed layer, a bounded amount at a time; ImageError for one that is cut off or none."""

    def __init__(self, source: Readable, compression: Compression, what: str) -> None:
        self._source = source
        self._what = what
        self._unpack = _unpacker(source, compression)
        self._pieces = Pieces(self._piece)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes: what is there."""
        return self._pieces.read(size)

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _piece(self) -> bytes:
        try:
            return self._unpack()
        except (zlib.error, ValueError, EOFError) as error:
            raise damaged(self._what, str(error)) from None

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


def _unpacker(source: Readable, compression: Compression) -> Callable[[], bytes]:
    """What gives the next piece, b"" at the end."""
    match compression:
        case Compression.NONE:
            return lambda: source.read(PIECE)
        case Compression.GZIP:
            return _Gunzip(source).piece
        case Compression.ZSTD:
            return _unzstd(source)


class _Gunzip:
    """One gzip member after the other."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._member_type, self._fault = _inflater()
        self._member: Any = None  # between members
        self._packed = b""

    def piece(self) -> bytes:
        while True:
            if not self._packed and (self._member is None or self._member.needs_input):
                self._packed = self._source.read(PIECE)
                if not self._packed:
                    if self._member is not None:
                        raise EOFError("it is cut off")
                    return b""
            if self._member is None:
                self._member = self._member_type()
            try:
                plain: bytes = self._member.decompress(self._packed, PIECE)
            except self._fault as error:
                raise ValueError(str(error)) from None
            self._packed = b""
            if self._member.eof:
                self._packed, self._member = self._member.unused_data, None
            if plain:
                return plain


def _inflater() -> tuple[Callable[[], Any], type[Exception]]:
    """What inflates a gzip member, used like `bz2.BZ2Decompressor`, and what it raises.

    isal's answer to zlib's `decompressobj` takes the interpreter's lock again and again while it fills one piece.
    """
    try:
        from isal import igzip_lib
    except ImportError:
        return _Inflate, zlib.error
    fault = cast(type[Exception], igzip_lib.IsalError)  # an instance, by its stub
    return lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP), fault


class _Inflate:
    """zlib's object in the shape of `bz2.BZ2Decompressor`."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)

    def decompress(self, packed: bytes, size: int) -> bytes:
        return self._inflate.decompress(packed or self._inflate.unconsumed_tail, size)

    @property
    def needs_input(self) -> bool:
        return not self._inflate.unconsumed_tail

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data


def fastest_zlib() -> Any:
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib
    return isal_zlib


def _unzstd(source: Readable) -> Callable[[], bytes]:
    try:
        import zstandard
    except ImportError:
        raise UnavailableError(
            "a layer is packed with zstd, which needs another package\n    pip install zstandard"
        ) from None
    inflate = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    reader = inflate.stream_reader(cast(BinaryIO, source), read_across_frames=True)

    def piece() -> bytes:
        try:
            return bytes(reader.read(PIECE))
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from None

    return piece
