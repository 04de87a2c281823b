"""Walks over the opcodes of a pickle as its bytes come, and tells the names that it imports. Nothing is executed.

A fault in the pickle ends the walk; what was told before would have been executed before.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Generator, Sequence
from enum import StrEnum

from hitless.checking.scanning.pickle_machine import FORGOTTEN, UNKNOWN, Machine, TooMuch, Value

MOST_NAME = 4096  # longer strings are no names
MOST_LINE = 1 << 20
_LONGEST_SHORT = 64

Told = Callable[[str, str], None]
Open = Callable[[bytes], Callable[[bytes], None] | None]
_Wait = Generator[None, None, None]


class End(StrEnum):
    """How a walk ended."""

    OPEN = "open"
    STOPPED = "stopped"  # at STOP
    BROKEN = "broken"  # at what is no opcode
    RAW = "raw"  # where joblib writes the bytes of an array
    TOO_MUCH = "too much"  # more than is kept


class _Raw(Exception):  # noqa: N818 - it is no error
    """Bytes of an array follow, that are no opcodes."""


# The length of the argument that follows, where it is fixed.
_ARGUMENT = {0x80: 1, 0x95: 8, 0x98: 0}  # PROTO, FRAME, READONLY_BUFFER: nothing on the stack
_NUMBERS_OF = {**dict.fromkeys(b"N\x88\x89)]}\x8f\x97", 0), **dict(zip(b"KMJG", (1, 2, 4, 8), strict=True))}
_EXTENSIONS = {0x82: 1, 0x83: 2, 0x84: 4}
_LINES = frozenset(b"FIL")  # a line, then a number on the stack
_TEXTS = {**dict.fromkeys(b"U\x8c", 1), **dict.fromkeys(b"TX", 4), 0x8D: 8}
_LATIN = frozenset(b"UT")
_BYTES = {**dict.fromkeys(b"C\x8a", 1), **dict.fromkeys(b"B\x8b", 4), **dict.fromkeys(b"\x8e\x96", 8)}
# How many are taken from the stack; one is put on it, but by APPEND and SETITEM, which take one less from it for that.
_TAKES = {**dict.fromkeys(b"Q\x85", 1), **dict.fromkeys(b"R\x81b\x86a", 2), **dict.fromkeys(b"\x92\x87s", 3)}
_TO_MARK = {**dict.fromkeys(b"eu\x901", 0), **dict.fromkeys(b"tld\x91o", 1)}  # how many are put on it instead
_CALLS = frozenset(b"R\x81\x92bo")
# Numbers one after the other are what large pickles consist of.
_NUMBER = rb"(?:G.{8}|K.|M..|J.{4}|[N\x88\x89])"
_NUMBERS = re.compile(_NUMBER + rb"{4,4096}", re.DOTALL)
_EACH = re.compile(_NUMBER, re.DOTALL)


class Walk:
    """One pickle. `told` gets module and name of every import, in order; a name that the pickle computes, so that it is
    nowhere to be read, is told as `?`.

    `opened` is given the first bytes of each byte string, and may return who wants all of it: there are pickles in
    pickles. `strict`: what is missing on the stack ends the walk (for bytes that are probably no pickle). `memo`: of a
    walk that this one goes on from.
    """

    def __init__(
        self, told: Told, opened: Open | None = None, *, strict: bool = False, memo: Sequence[Value] = ()
    ) -> None:
        self.end = End.OPEN
        self.calls = 0
        self.opcodes = 0
        self._told = told
        self._opened = opened
        self._data = b""
        self._at = 0
        self._machine = Machine(strict=strict, known=memo)
        self._wraps = False
        self._run = self._walk()
        next(self._run)

    @property
    def memo(self) -> Sequence[Value]:
        return self._machine.memo

    @property
    def is_over(self) -> bool:
        return self.end is not End.OPEN

    def feed(self, piece: bytes) -> bytes:
        """What is behind the end of the pickle: empty while it goes on."""
        if self.is_over:
            return piece
        rest = self._data[self._at :]
        self._data, self._at = (rest + piece if rest else piece), 0
        try:
            next(self._run)
        except StopIteration:
            behind, self._data = self._data[self._at :], b""
            return behind
        return b""

    # reading

    def _need(self, count: int) -> _Wait:
        while len(self._data) - self._at < count:
            yield

    def _fixed(self, count: int) -> Generator[None, None, bytes]:
        if len(self._data) - self._at < count:
            yield from self._need(count)
        self._at += count
        return self._data[self._at - count : self._at]

    def _line(self) -> Generator[None, None, bytes]:
        begin = 0
        while (end := self._data.find(b"\n", self._at + begin)) < 0:
            begin = len(self._data) - self._at
            if begin > MOST_LINE:
                raise TooMuch
            yield
        line = self._data[self._at : end]
        self._at = end + 1
        return line

    def _sized(self, width: int) -> Generator[None, None, int]:
        size = yield from self._fixed(width)
        return int.from_bytes(size, "little")

    def _text(self, code: int) -> Generator[None, None, Value]:
        size = yield from self._sized(_TEXTS[code])
        if size > (_LONGEST_SHORT if code in _LATIN else MOST_NAME):  # bytes of Python 2 may be a pickle, too
            yield from self._pass(size)
            return UNKNOWN
        data = yield from self._fixed(size)
        return data.decode("latin-1") if code in _LATIN else data.decode("utf-8", "surrogatepass")

    def _pass(self, size: int) -> _Wait:
        """Over a byte string, past whoever wants to see it."""
        left = size
        if left >= 4:
            yield from self._need(min(left, 512))
        head = self._data[self._at : self._at + min(left, 512)]
        look = self._opened(head) if self._opened is not None and left >= 4 else None
        while left:
            if self._at == len(self._data):
                yield
                continue
            count = min(left, len(self._data) - self._at)
            if look is not None:
                look(self._data[self._at : self._at + count])
            self._at += count
            left -= count

    # the walk

    def _walk(self) -> _Wait:
        yield
        try:
            while True:
                if self._at >= len(self._data):
                    yield
                    continue
                code = self._data[self._at]
                self._at += 1
                self.opcodes += 1
                if code == 0x2E:
                    self.end = End.STOPPED
                    return
                if code in _NUMBERS_OF:
                    yield from self._numbers(code)
                else:
                    yield from self._step(code)
        except TooMuch:
            self.end = End.TOO_MUCH
        except _Raw:
            self.end = End.RAW
        except ValueError:  # UnicodeDecodeError among them
            self.end = End.BROKEN

    def _numbers(self, code: int) -> _Wait:
        size = _NUMBERS_OF[code]
        if size:
            yield from self._fixed(size)
        self._machine.push()
        if run := _NUMBERS.match(self._data, self._at):
            self._at = run.end()
            count = len(_EACH.findall(run[0]))
            self.opcodes += count
            self._machine.push(count=count)

    def _step(self, code: int) -> _Wait:
        if code in _TEXTS:
            self._machine.push((yield from self._text(code)))
        elif code == 0x94:
            self._machine.memoize()
        elif code in b"qr":
            self._machine.keep((yield from self._sized(1 if code == 0x71 else 4)))
        elif code in b"hj":
            self._machine.recall((yield from self._sized(1 if code == 0x68 else 4)))
        elif code in _TAKES:
            self._machine.pop(_TAKES[code])
            if code == 0x62 and self._wraps:  # b
                raise _Raw
            self.calls += code in _CALLS
            self._machine.push()
        elif code == 0x28:
            self._machine.mark()
        elif code in _TO_MARK:
            self._machine.pop_to_mark()
            self.calls += code in _CALLS
            if _TO_MARK[code]:
                self._machine.push()
        elif code in _BYTES:
            yield from self._pass((yield from self._sized(_BYTES[code])))
            self._machine.push()
        elif code in b"ci":
            yield from self._global(code)
        elif code == 0x93:
            self._stack_global()
        elif code in _ARGUMENT:
            yield from self._fixed(_ARGUMENT[code])
        else:
            yield from self._rare(code)

    def _rare(self, code: int) -> _Wait:
        """What is in old pickles only, or seldom."""
        if code in _LINES:
            yield from self._line()
            self._machine.push()
        elif code in b"SV":
            self._machine.push(_unescaped(code, (yield from self._line())))
        elif code == 0x70:  # p
            self._machine.keep(int((yield from self._line())))
        elif code == 0x67:  # g
            self._machine.recall(int((yield from self._line())))
        elif code == 0x50:  # P
            yield from self._line()
            self._machine.push()
        elif code == 0x32:  # 2
            self._machine.push(self._machine.top())
        elif code == 0x30:  # 0
            self._machine.pop_one()
        elif code in _EXTENSIONS:
            number = yield from self._sized(_EXTENSIONS[code])
            self._told("copyreg", f"extension {number}")
            self._machine.push()
        else:
            raise ValueError("no opcode")

    def _global(self, code: int) -> _Wait:
        module = (yield from self._line()).decode()
        name = (yield from self._line()).decode()
        self._tell(module, name)
        if code == 0x69:  # i
            self._machine.pop_to_mark()
            self.calls += 1
        self._machine.push()

    def _stack_global(self) -> None:
        name, module = self._machine.top(), self._machine.top(1)
        if FORGOTTEN in (module, name):
            raise TooMuch
        self._machine.pop(2)
        self._tell(module if module is not None else "?", name if name is not None else "?")
        self._machine.push()

    def _tell(self, module: str, name: str) -> None:
        if not module.isprintable() or not name.isprintable():
            raise ValueError("no name")
        self._wraps = self._wraps or (module == "joblib.numpy_pickle" and name == "NumpyArrayWrapper")
        self._told(module, name)


def _unescaped(code: int, line: bytes) -> Value:
    """A string in quotes, with escapes; or one that escapes only what is not Latin-1."""
    if len(line) > MOST_NAME:
        return UNKNOWN
    if code == 0x56:  # V
        return line.decode("raw-unicode-escape")
    line = line.strip()
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
        raise ValueError("no quotes")
    return codecs.escape_decode(line[1:-1])[0].decode("latin-1")
