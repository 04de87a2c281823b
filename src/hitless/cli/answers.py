"""Shows an answer: pretty on a terminal, its plain bytes elsewhere; what went wrong in words, on standard error."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterator
from typing import Any

from hitless.cli.incoming import CutOffError, Incoming
from hitless.serving.request import title_of

PROBLEM = "application/problem+json"
_KEPT_BYTES = 65_536  # of an answer that may have to be explained


def show(answer: Incoming, *, raw: bool) -> int:
    """Print an answer; the exit code: 0 for one of success (2xx), 1 for any other."""
    succeeded = 200 <= answer.status < 300
    kept, complete = bytearray(), True
    try:
        for piece in _printed(answer, pretty=sys.stdout.isatty() and not raw):
            if len(kept) < _KEPT_BYTES:
                kept += piece
    except CutOffError as error:
        print(f"hitless: the answer is not complete: {error}", file=sys.stderr)
        complete = False
    if not succeeded:
        print(explained(answer.status, answer.media_type, bytes(kept), answer.location), file=sys.stderr)
    return 0 if succeeded and complete else 1


def _printed(answer: Incoming, *, pretty: bool) -> Iterator[bytes]:
    """The pieces of the answer, each printed in the way that suits it."""
    if not pretty:
        return _as_they_are(answer)
    if answer.media_type == PROBLEM:
        return answer.pieces  # is told in words instead
    if answer.media_type == "application/json" or answer.media_type.endswith("+json"):
        return _as_json(answer)
    if answer.media_type.startswith("text/"):
        return _as_text(answer)
    return _counted(answer)


def _as_they_are(answer: Incoming) -> Iterator[bytes]:
    for piece in answer.pieces:
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        yield piece


def _as_json(answer: Incoming) -> Iterator[bytes]:
    from rich.console import Console
    from rich.highlighter import JSONHighlighter

    body = b"".join(answer.pieces)
    console = Console(highlight=False, markup=False, emoji=False)
    try:
        text = laid_out(json.loads(body), console.width)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
    console.print(JSONHighlighter()(text), soft_wrap=True)
    yield body


def laid_out(value: Any, width: int) -> str:
    """JSON in one line where that fits, else indented."""
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= width else json.dumps(value, ensure_ascii=False, indent=2)


def _as_text(answer: Incoming) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    last = "\n"
    for piece in answer.pieces:
        text = decoder.decode(piece)
        sys.stdout.write(text)
        sys.stdout.flush()
        last = text[-1:] or last
        yield piece
    if last != "\n":
        print()


def _counted(answer: Incoming) -> Iterator[bytes]:
    size = 0
    for piece in answer.pieces:
        size += len(piece)
        yield piece
    kind = answer.media_type or "unknown type"
    print(f"{size:,} bytes of {kind}, not shown on a terminal: redirect them (> FILE), or --raw.", file=sys.stderr)


def explained(status: int, media_type: str, body: bytes, location: str = "") -> str:
    """An answer that is no success, in words: its problem details (RFC 9457), each wrong field on a line."""
    head = f"{status} {title_of(status)}"
    if location:
        return f"{head}: see {location}"
    if media_type != PROBLEM:
        return head
    try:
        problem = json.loads(body)
        fields = [f"  {error['field']}: {error['detail']}" for error in problem.get("errors", [])]
        detail = str(problem.get("detail", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return head
    return "\n".join([head, *fields]) if fields else f"{head}: {detail}" if detail else head
