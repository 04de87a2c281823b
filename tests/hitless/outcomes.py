"""What can become of a connection, in words; `outcome` reads which of them it was. Anything else reads as itself."""

from __future__ import annotations

from enum import Enum

from tests.e2e.http.wire import post_json
from tests.hitless.package import echoed
from tests.hitless.steps import Placed


class Outcome(Enum):
    """`word` stands in the table, `meaning` under it."""

    ANSWERED = "answered", "whole and right, told `Connection: close`, then closed by FIN"
    GOES_ON = "goes on", "whole and right; the connection goes on: the next request on it is answered, too"
    ENDED = "ended", "whole and right, then closed by FIN; the head had gone out before the signal, and could not tell"
    TOLD = "503", "told 503 with `Connection: close`, then closed by FIN"
    CLOSED = "closed", "closed by FIN without an answer: no whole request had come"
    RESET = "reset", "as closed, but by RST: its worker never looked, and the kernel throws away what nobody has read"
    CUT = "cut", "ends in the middle of the answer, so that the client can tell"
    LOST = "lost", "ends without an answer, though a whole request had come"

    def __init__(self, word: str, meaning: str) -> None:
        self.word = word
        self.meaning = meaning


def outcome(placed: Placed, *, goes_on: bool) -> str:
    """The word of what the client got. `goes_on`: an answer that does not say close is followed by another request."""
    client = placed.client
    last = None
    for number, body in enumerate(placed.answers):
        before, begun = client.came, client.begun
        try:
            reply = client.reply()
        except (EOFError, OSError) as error:
            return _prefix(number) + _unanswered(placed, error, begun=begun or client.came > before)
        if reply.status == 503:
            return _prefix(number) + Outcome.TOLD.word + _end(placed)
        if (reply.status, reply.body) != (200, body):
            return f"{_prefix(number)}wrong: {reply.status} {reply.body[:100]!r}"
        last = reply
    assert last is not None
    if not last.kept_alive:
        return Outcome.ANSWERED.word + _end(placed)
    return _goes_on(placed) if goes_on else Outcome.ENDED.word + _end(placed)


def _prefix(answered: int) -> str:
    return f"{answered} answered, then " if answered else ""


def _unanswered(placed: Placed, error: Exception, *, begun: bool) -> str:
    if isinstance(error, TimeoutError):
        return "silence"
    if begun:
        return Outcome.CUT.word
    if placed.whole:
        return Outcome.LOST.word
    return (Outcome.CLOSED if placed.client.ended == "FIN" else Outcome.RESET).word


def _end(placed: Placed) -> str:
    """Nothing, where the connection ends as it should: by FIN, with nothing more before it."""
    try:
        rest = placed.client.rest()
    except TimeoutError:
        return ", then stays open"
    except OSError as error:
        return f", then {error!r}"
    if rest:
        return f", then {rest[:100]!r}"
    return ""


def _goes_on(placed: Placed) -> str:
    try:
        reply = placed.client.ask(post_json("/echo", {"x": "next"}))
    except (EOFError, OSError) as error:
        return f"answered, kept alive, then {error!r}"
    return Outcome.GOES_ON.word if reply.body == echoed("next") else f"answered, then {reply}"
