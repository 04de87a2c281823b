"""Upload sessions of one blob at a registry: opened, mounted, asked how far they are, and found again after a kill."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import httpx

from hitless.errors import HitlessError, UnavailableError
from hitless.images.registry.address import resolved
from hitless.images.registry.patience import Interrupted
from hitless.images.registry.refusals import Reply
from hitless.images.registry.repository import Repository
from hitless.images.registry.resumption import Resumption
from hitless.images.registry.session import Session, least_chunk, told_offset
from hitless.images.registry.transport import Call


class Mounted:
    """The registry has taken the blob from the other repository."""


class Sessions:
    """What is kept on disk is kept up to date here."""

    def __init__(self, repository: Repository, digest: str, size: int, kept: Resumption) -> None:
        self._repository = repository
        self._digest = digest
        self._size = size
        self._kept = kept

    def started(self) -> Session:
        """A new one, empty."""
        reply = self._repository.transport.send(self._repository.call("POST", "blobs/uploads/"))
        if reply.status != 202:
            raise self._repository.refused(reply, "push to")
        self._kept.forget()
        return self._session(reply)

    def mounted(self, other: str) -> Mounted | Session | None:
        """Without sending a byte, where the registry can; a session if it wants the bytes; None after any error."""
        call = self._repository.call("POST", f"blobs/uploads/?mount={quote(self._digest)}&from={quote(other, safe='')}")
        scopes = (*self._repository.scopes, f"repository:{other}:pull")
        try:
            reply = self._repository.transport.send_once(replace(call, scopes=scopes))
            if reply.status == 201:
                return Mounted()
            return self._session(reply) if reply.status == 202 else None
        except (HitlessError, Interrupted):
            return None

    def left_behind(self) -> Session | None:
        """What an earlier process left, if the registry still knows it."""
        kept = self._kept.load()
        if kept is None:
            return None
        try:
            location = resolved(self._repository.transport.base, kept.location, "an upload that was left behind")
            found = self.asked(Session(location, 0, kept.least))
        except HitlessError:
            return None  # a new one may go better; until there is one, the old one is kept
        return found if found is not None and found.offset else None

    def asked(self, session: Session) -> Session | None:
        """How far the registry is; None if it has forgotten the session or cannot tell. UnavailableError."""
        reply = self._repository.transport.send(Call("GET", session.location, self._repository.scopes))
        offset = told_offset(reply.headers) if reply.status in (200, 202, 204) else None
        if offset is None or offset > self._size:
            self._kept.forget()
            return None
        return self.advanced(session, reply, offset)

    def advanced(self, session: Session, reply: Reply, offset: int) -> Session:
        """Each reply tells where the next bytes go."""
        following = replace(session, location=self._location(reply, session.location), offset=offset)
        self._kept.keep(str(following.location), offset, following.least)
        return following

    def forget(self) -> None:
        self._kept.forget()

    def _session(self, reply: Reply) -> Session:
        if "Location" not in reply.headers:
            raise UnavailableError(f"{self._repository.reference.host} opened an upload, and did not say where")
        return Session(self._location(reply, reply.url), 0, least_chunk(reply.headers))

    def _location(self, reply: Reply, otherwise: httpx.URL) -> httpx.URL:
        location = reply.headers.get("Location")
        if not location:
            return otherwise
        return resolved(reply.url, location, f"an upload to {self._repository.reference.host}")
