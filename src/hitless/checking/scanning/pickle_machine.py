"""What an unpickler keeps while it reads, as far as names depend on it: a stack and a memo, of strings and unknowns."""

from __future__ import annotations

from collections.abc import Sequence

MOST_STACK = 1_000_000
MOST_MEMO = 4_000_000
MOST_STRING_BYTES = 48 << 20  # of all strings of the memo
UNKNOWN = None
FORGOTTEN = ""  # a string of the memo for which there was no room
_OVERHEAD = 60

Value = str | None


class TooMuch(Exception):  # noqa: N818 - it says what happened
    """More would have to be kept than may be."""


class Machine:
    """`strict`: to take what is not there is a ValueError. `known`: the memo of a pickle of which this is a part."""

    def __init__(self, *, strict: bool = False, known: Sequence[Value] = ()) -> None:
        self.memo: list[Value] = []
        self._strict = strict
        self._known = known
        self._sparse: dict[int, Value] = {}
        self._stack: list[Value] = []
        self._marks: list[int] = []
        self._kept = 0

    def push(self, value: Value = UNKNOWN, count: int = 1) -> None:
        if len(self._stack) + count > MOST_STACK:
            raise TooMuch
        if count == 1:
            self._stack.append(value)
        else:
            self._stack.extend([value] * count)

    def pop(self, count: int = 1) -> None:
        bottom = self._marks[-1] if self._marks else 0
        if len(self._stack) - bottom < count:
            if self._strict:
                raise ValueError("the stack is empty")
            while self._marks and len(self._stack) - count < self._marks[-1]:
                self._marks.pop()
        del self._stack[-count:]

    def pop_one(self) -> None:
        """As POP does: a mark, if that is on top."""
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self.pop()

    def mark(self) -> None:
        if len(self._marks) >= MOST_STACK:
            raise TooMuch
        self._marks.append(len(self._stack))

    def pop_to_mark(self) -> None:
        if not self._marks and self._strict:
            raise ValueError("there is no mark")
        del self._stack[self._marks.pop() if self._marks else 0 :]

    def top(self, below: int = 0) -> Value:
        if below < len(self._stack):
            return self._stack[-1 - below]
        if self._strict:
            raise ValueError("the stack is empty")
        return UNKNOWN

    def keep(self, index: int) -> None:
        """What is on top, in the memo."""
        if index < 0:
            raise ValueError("there is no such entry")
        value = self.top()
        if value is not None:
            self._kept += len(value) + _OVERHEAD
            if self._kept > MOST_STRING_BYTES:
                value = FORGOTTEN
        if index == len(self.memo) and not self._known:
            self.memo.append(value)
        elif index < len(self.memo):
            self.memo[index] = value
        else:
            self._sparse[index] = value
        if len(self.memo) + 4 * len(self._sparse) > MOST_MEMO:
            raise TooMuch

    def memoize(self) -> None:
        """At the index that is the number of entries, wherever they are."""
        self.keep(len(self._known) + len(self.memo) + len(self._sparse))

    def recall(self, index: int) -> None:
        if index in self._sparse:
            self.push(self._sparse[index])
        elif 0 <= index < len(self.memo):
            self.push(self.memo[index])
        else:
            self.push(self._known[index] if 0 <= index < len(self._known) else UNKNOWN)
