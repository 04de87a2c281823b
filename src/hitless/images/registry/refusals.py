"""What a registry's "no" means for the user: a wrong name, no login, or a registry that cannot serve now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import msgspec

from hitless.errors import HitlessError, UnavailableError
from hitless.images.faults import ImageError

PASSING = frozenset({408, 429, 499, 500, 502, 503, 504, 522})  # worth another try
_MOST_SAID = 300  # characters of a registry's own words that are shown


@dataclass(frozen=True)
class Reply:
    """A reply whose (short) body has been read. `url`: who gave it, after redirects."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: httpx.URL

    @property
    def is_passing(self) -> bool:
        return self.status in PASSING


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""
    detail: object = None


class _Errors(msgspec.Struct):
    errors: list[_Error] | None = None


def codes(reply: Reply) -> frozenset[str]:
    """The codes of the distribution-spec in a reply, such as NAME_UNKNOWN."""
    return frozenset(error.code for error in _errors(reply))


def said(reply: Reply) -> str:
    """What a registry says about a "no", in one line that may be shown on a terminal."""
    words = "; ".join(error.message or error.code for error in _errors(reply))
    shown = "".join(letter if letter.isprintable() else " " for letter in words)[:_MOST_SAID].strip()
    return f"{reply.status} ({shown})" if shown else str(reply.status)


def _errors(reply: Reply) -> list[_Error]:
    try:
        return msgspec.json.decode(reply.body, type=_Errors).errors or []
    except (ValueError, RecursionError):
        return []


def refusal(reply: Reply, host: str, doing: str, notes: Sequence[str] = ()) -> HitlessError:
    """The error for a reply that ends what we were doing: `doing` reads like "push to team/app"."""
    if reply.status in (401, 403):
        why = "".join(f"\n    {note}" for note in notes)
        message = f"{host} does not let us {doing}: {said(reply)}"
        return ImageError("REG-2", message, f"Log in with `docker login {host}` or `podman login {host}`.{why}")
    if reply.status == 404:
        message = f"{host} has nothing for us to {doing}: {said(reply)}"
        return ImageError("REG-1", message, "Check the name; some registries want a repository to be made first.")
    if reply.is_passing or reply.status >= 500 or reply.status < 400:
        return UnavailableError(f"{host} cannot {doing} now: it answers {said(reply)}\n    Try again later.")
    return ImageError("REG-3", f"{host} refuses to {doing}: {said(reply)}", "Its administrator can tell why.")
