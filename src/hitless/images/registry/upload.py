"""One blob to a registry: there already, mounted from another repository, sent whole, or in chunks that can go on.

After every break the registry is asked how much it has (distribution-spec, pushing a blob in chunks).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from urllib.parse import quote

from hitless.errors import HitlessError, UnavailableError
from hitless.images.faults import ImageError, damaged
from hitless.images.layer import Blob
from hitless.images.registry.address import with_query
from hitless.images.registry.cursor import Cursor
from hitless.images.registry.patience import Interrupted
from hitless.images.registry.refusals import Reply, codes
from hitless.images.registry.repository import Repository
from hitless.images.registry.resumption import Resumption
from hitless.images.registry.session import Chunking, Session, told_offset
from hitless.images.registry.sessions import Mounted, Sessions
from hitless.images.registry.transport import Body, Call

_MOST_LOST = 8  # times that a registry has less of a blob than it had said before
_DONE = frozenset({200, 201, 202, 204})
_NO_CHUNKS = frozenset({404, 405, 416, 501})  # as the answer to a first chunk


class Way(Enum):
    """How a blob came to be there."""

    THERE = "there"
    MOUNTED = "mounted"
    SENT = "sent"


Moved = Callable[[int, int], None]  # (how far it is now, where our own sending began), bytes; it may go back


class Upload:
    """For one use. `moved` is told of every piece."""

    def __init__(self, repository: Repository, blob: Blob, chunking: Chunking, kept: Resumption, moved: Moved) -> None:
        self._repository = repository
        self._transport = repository.transport
        self._digest, self._size = blob.descriptor.digest, blob.descriptor.size
        self._chunking = chunking
        self._largest = chunking.most  # halved where even that is too much for a proxy
        self._sessions = Sessions(repository, self._digest, self._size, kept)
        self._is_lossy = False
        self._lost = 0
        self._began = 0
        self._place = 0  # behind what was handed to the network
        self._moved = moved
        self._cursor = Cursor(blob, self._at)

    def run(self, mount_from: str = "") -> Way:
        """`mount_from`: a repository of this registry that may have it, "" for none. ImageError, UnavailableError."""
        try:
            way = self._run(mount_from)
        finally:
            self._cursor.close()
        self._sessions.forget()
        return way

    def _run(self, mount_from: str) -> Way:
        if self._is_there():
            return Way.THERE
        session = self._sessions.left_behind()
        if session is not None and self._gone_on_with(session):
            return Way.SENT
        mounted = self._sessions.mounted(mount_from) if mount_from else None
        if isinstance(mounted, Mounted):
            return Way.MOUNTED
        session = mounted or self._sessions.started()
        if self._size <= self._chunking.above:
            if self._whole(session, may_be_cut=True):
                return Way.SENT
            session = self._sessions.started()
        self._in_chunks(session)
        return Way.SENT

    def _gone_on_with(self, session: Session) -> bool:
        """What an earlier process began; False if it comes to nothing."""
        self._began = session.offset
        self._at(session.offset)
        try:
            self._in_chunks(session)
        except ImageError:  # what was there was not the beginning of this blob
            self._back_to(0)
            return False
        return True

    def _whole(self, session: Session, *, may_be_cut: bool) -> bool:
        """In one request; False if it had better be cut into chunks."""
        may_be_cut = may_be_cut and self._size > self._chunking.least
        patience = self._transport.patience()
        while True:
            try:
                reply = self._put(session, Body(self._size, lambda: self._cursor.pieces(0, self._size)))
            except Interrupted as interrupted:
                trouble: Interrupted | Reply = interrupted
                if self._is_there():  # only the reply was lost
                    return True
            else:
                if reply.status in _DONE:
                    return True
                if reply.status != 413 and not reply.is_passing:
                    raise self._refused(reply)
                trouble = reply
            self._back_to(0)
            if may_be_cut and (isinstance(trouble, Interrupted) or trouble.status == 413):
                return False
            if isinstance(trouble, Reply) and trouble.status == 413:
                raise self._refused(trouble)
            patience.after(trouble)
            session = self._sessions.started()

    def _in_chunks(self, session: Session) -> None:
        patience = self._transport.patience()
        while True:
            before = session.offset
            is_closing = before == self._size
            try:
                reply = self._put(session, None) if is_closing else self._patch(session)
                taken = reply.status in _DONE
                if not taken and before == 0 and reply.status in _NO_CHUNKS and not is_closing:
                    self._without_chunks()
                    return
                if not taken:
                    self._weigh(session, reply, patience.after)
            except Interrupted as trouble:
                patience.after(trouble)
                taken = False
            if is_closing and (taken or self._is_there()):
                return
            session = self._gone_on(session, reply) if taken else self._found_again(session)
            if session.offset > before:
                patience.renew()

    def _weigh(self, session: Session, reply: Reply, wait: Callable[[Reply], None]) -> None:
        """Whether there is hope after this reply to a chunk, or to the closing request; raises if there is none."""
        if reply.status == 413 and self._largest > self._chunking.least:
            self._largest = max(self._chunking.least, self._chunk(session) // 2)
        elif reply.is_passing or reply.status in (404, 416):  # forgotten, or further or less far than we thought
            wait(reply)
        else:
            raise self._refused(reply)

    def _gone_on(self, session: Session, reply: Reply) -> Session:
        """After a chunk was taken; a registry may have taken less than all of it."""
        sent = session.offset + self._chunk(session)
        told = told_offset(reply.headers)
        offset = told if told is not None and session.offset < told < sent else sent
        self._at(offset)
        return self._sessions.advanced(session, reply, offset)

    def _found_again(self, session: Session) -> Session:
        """Where to go on; from the beginning, if the registry has nothing of it any more."""
        found = self._sessions.asked(session)
        if found is None or found.offset < session.offset:
            self._lost += 1
            if self._lost > _MOST_LOST:
                host = self._repository.reference.host
                raise UnavailableError(f"{host} has lost what it had of the blob {self._digest}, {self._lost} times")
        if found is None:
            found = self._sessions.started()
        elif self._place - found.offset > self._chunking.chunk_bytes(self._size, is_lossy=True):
            self._is_lossy = True
        self._back_to(found.offset)
        return found

    def _without_chunks(self) -> None:
        self._back_to(0)
        self._whole(self._sessions.started(), may_be_cut=False)

    def _chunk(self, session: Session) -> int:
        wanted = self._chunking.chunk_bytes(self._size, session.least, is_lossy=self._is_lossy)
        size = min(self._largest, wanted)
        return min(max(size, session.least), self._size - session.offset)

    def _patch(self, session: Session) -> Reply:
        offset, length = session.offset, self._chunk(session)
        headers = {"Content-Type": "application/octet-stream", "Content-Range": f"{offset}-{offset + length - 1}"}
        body = Body(length, lambda: self._cursor.pieces(offset, length))
        return self._transport.send_once(Call("PATCH", session.location, self._repository.scopes, headers, body))

    def _put(self, session: Session, body: Body | None) -> Reply:
        headers = {"Content-Type": "application/octet-stream"}
        location = with_query(session.location, f"digest={quote(self._digest, safe='')}")
        return self._transport.send_once(Call("PUT", location, self._repository.scopes, headers, body))

    def _is_there(self) -> bool:
        return self._repository.has_blob(self._digest)

    def _at(self, offset: int) -> None:
        self._place = offset
        self._moved(offset, self._began)

    def _back_to(self, offset: int) -> None:
        self._began = min(self._began, offset)
        self._at(offset)

    def _refused(self, reply: Reply) -> HitlessError:
        if reply.status == 400 and "DIGEST_INVALID" in codes(reply):
            return damaged(f"the blob {self._digest}", "the registry has received bytes of another digest")
        return self._repository.refused(reply, "push to")
