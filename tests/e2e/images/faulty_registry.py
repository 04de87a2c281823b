"""A registry on the loopback that does what registries and the networks before them do wrong, on order.

with FaultyRegistry(Faults(reset_at=[10_000_000])) as registry:
    push(registry.reference("team/app:v1"), [image])
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from hitless.images.reference import Reference, parse_reference

USER, PASSWORD, IDENTITY = "ada", "päss:word", "an-identity-token"
_PIECE = 64 << 10


@dataclass
class Faults:
    """What goes wrong. Lists and counters are used up."""

    reset_at: list[int] = field(default_factory=list)  # reset when so many bytes of blobs have come in, over all
    keeps: str = (
        "all"  # of a chunk that is cut off: "all" that came, "chunks" (only whole ones), "nothing" of the upload
    )
    most_body: int = 1 << 60  # more is answered with 413, at once
    answers: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)  # by method: given first
    auth: str = ""  # "basic" or "bearer"
    token_uses: int = 1 << 60  # requests after which a token has expired
    relative_locations: bool = False
    mount: int = 201  # 202, 404, 405: does not
    chunks: int = 202  # 405, 416: takes none
    least_chunk: int = 0
    redirects_blobs: bool = False  # to another address
    serves: dict[str, bytes] = field(default_factory=dict)  # other bytes for a digest or a tag
    cut_downloads: list[int] = field(default_factory=list)  # cut off after so many bytes each
    has_ranges: bool = True


@dataclass(frozen=True)
class Seen:
    """A request as it came in; `received`: bytes of its body."""

    method: str
    path: str
    authorization: str
    content_range: str
    received: int
    is_elsewhere: bool


class FaultyRegistry:
    """`seen`: requests in the order of their replies; `blobs` and `manifests` by repository and digest or tag."""

    def __init__(self, faults: Faults | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.faults = faults or Faults()
        self.seen: list[Seen] = []
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        self.uploads: dict[str, bytearray] = {}
        self.tokens: dict[str, tuple[int, str]] = {}
        self.received = 0
        self.lock = threading.RLock()
        self._servers = [_server(self, is_elsewhere=False), _server(self, is_elsewhere=True)]
        if tls is not None:
            for server in self._servers:
                server.socket = tls.wrap_socket(server.socket, server_side=True)
        self.host, self.elsewhere = (f"127.0.0.1:{server.server_address[1]}" for server in self._servers)
        self._threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in self._servers]

    def reference(self, text: str) -> Reference:
        return parse_reference(f"{self.host}/{text}")

    def requests(self, method: str, part: str = "") -> list[Seen]:
        return [seen for seen in self.seen if seen.method == method and part in seen.path]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that one of us broke."""


def _server(registry: FaultyRegistry, *, is_elsewhere: bool) -> ThreadingHTTPServer:
    handler = type("Handler", (_Handler,), {"registry": registry, "is_elsewhere": is_elsewhere})
    return _Server(("127.0.0.1", 0), handler)


class _Reset(Exception):  # noqa: N818 - it is done, not met
    """The connection is reset."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    registry: FaultyRegistry
    is_elsewhere: bool

    def log_message(self, *_: Any) -> None:
        """The registry keeps its own account."""

    def _handle(self) -> None:
        self.body_bytes, self.is_noted = 0, False
        self.left = int(self.headers.get("Content-Length") or 0)
        url = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(url.query).items()}
        try:
            self._route(url.path)
        except _Reset:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())
        finally:
            self._note()

    def _note(self) -> None:
        """Before the reply goes out: who has it finds the request noted."""
        if not self.is_noted:
            self.is_noted = True
            given, span = self.headers.get("Authorization", ""), self.headers.get("Content-Range", "")
            self.registry.seen.append(Seen(self.command, self.path, given, span, self.body_bytes, self.is_elsewhere))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = _handle  # noqa: N815

    def _route(self, path: str) -> None:
        faults = self.registry.faults
        if path == "/token":
            return self._token()
        if self.is_elsewhere:
            return self._blob_bytes(path.rpartition("/")[2])
        with self.registry.lock:
            planned = faults.answers.get(self.command) or []
            first = planned.pop(0) if planned else None
        if first is not None:
            return self._reply(first[0], first[1])
        if not self._is_let_in():
            return None
        if self.left > faults.most_body:
            return self._reply(413)
        match = re.fullmatch(r"/v2/(.+)/(manifests|blobs|tags)/(.*)", path)
        if match is None:
            return self._reply(404)
        self.repository, name = match[1], match[3]
        if match[2] == "tags":
            return self._tags()
        if match[2] == "manifests":
            return self._manifest(name)
        if name.startswith("uploads/"):
            return self._upload(name.removeprefix("uploads/"))
        return self._blob(name)

    # who may come in

    def _is_let_in(self) -> bool:
        auth, given = self.registry.faults.auth, self.headers.get("Authorization", "")
        if not auth:
            return True
        if auth == "basic":
            if given == _basic():
                return True
            self._reply(401, {"WWW-Authenticate": 'Basic realm="the registry, ours"'})
            return False
        with self.registry.lock:
            uses, scope = self.registry.tokens.get(given.removeprefix("Bearer "), (0, ""))
            self.registry.tokens[given.removeprefix("Bearer ")] = (uses - 1, scope)
        if uses > 0:
            return True
        realm = f"http://{self.registry.elsewhere}/token"
        self._reply(401, {"WWW-Authenticate": f'Bearer realm="{realm}",service="the registry",error="invalid_token"'})
        return False

    def _token(self) -> None:
        if self.command == "POST":
            form = parse_qs(self._body().decode())
            is_known = form.get("refresh_token") == [IDENTITY] and form["grant_type"] == ["refresh_token"]
            scope = form["scope"][0]
        else:
            is_known, scope = (
                self.headers.get("Authorization") == _basic(),
                str(parse_qs(urlsplit(self.path).query)["scope"]),
            )
        if not is_known:
            return self._reply(401)
        with self.registry.lock:
            token = f"token-{len(self.registry.tokens)}"
            self.registry.tokens[token] = (self.registry.faults.token_uses, scope)
        return self._reply(200, {}, json.dumps({"token": token, "expires_in": 300}).encode())

    # manifests and tags

    def _manifest(self, version: str) -> None:
        registry = self.registry
        if self.command == "PUT":
            data, kind = self._body(), self.headers["Content-Type"]
            with registry.lock:
                for name in (version, _digest(data)):
                    registry.manifests[self.repository, name] = kind, data
            return self._reply(201, {"Location": self.path})
        kind, data = registry.manifests.get((self.repository, version), ("", b""))
        data = registry.faults.serves.get(version, data)
        if not data:
            return self._error(404, "MANIFEST_UNKNOWN")
        return self._reply(200, {"Content-Type": kind, "Docker-Content-Digest": "sha256:" + 64 * "0"}, data)

    def _tags(self) -> None:
        names = sorted(name for repo, name in self.registry.manifests if repo == self.repository and ":" not in name)
        after = self.query.get("last", "")
        page = [name for name in names if name > after][:2]
        more = bool(page) and page[-1] != names[-1]
        link = {"Link": f'</v2/{self.repository}/tags/list?n=2&last={page[-1]}>; rel="next"'} if more else {}
        return self._reply(200, link, json.dumps({"tags": page}).encode())

    # blobs

    def _blob(self, digest: str) -> None:
        if (self.repository, digest) not in self.registry.blobs:
            return self._error(404, "BLOB_UNKNOWN")
        if self.registry.faults.redirects_blobs and self.command == "GET":
            where = f"http://{self.registry.elsewhere}/store/{digest}"
            return self._reply(307, {"Location": where})
        return self._blob_bytes(digest)

    def _blob_bytes(self, digest: str) -> None:
        faults = self.registry.faults
        found = next(data for (_, name), data in self.registry.blobs.items() if name == digest)
        data = faults.serves.get(digest, found)
        if self.command == "HEAD":
            return self._reply(200, {"Content-Length": str(len(data))})
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted is not None and faults.has_ranges else 0
        headers = {"Content-Length": str(len(data) - start)}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        with self.registry.lock:
            end = start + faults.cut_downloads.pop(0) if faults.cut_downloads else len(data)
        self._head(206 if start else 200, headers)
        self.wfile.write(data[start:end])
        if end < len(data):
            self.close_connection = True  # all that was sent arrives, which after a reset it need not
        return None

    def _upload(self, name: str) -> None:
        if self.command == "POST":
            return self._open_upload()
        upload = self.registry.uploads.get(name)
        if upload is None:
            return self._error(404, "BLOB_UPLOAD_UNKNOWN")
        if self.command == "GET":
            return self._progress(204, name, upload)
        if self.command == "PATCH":
            return self._chunk(name, upload)
        self._receive(name, upload)
        if _digest(bytes(upload)) != self.query["digest"]:
            return self._error(400, "DIGEST_INVALID")
        self.registry.blobs[self.repository, self.query["digest"]] = bytes(upload)
        del self.registry.uploads[name]
        return self._reply(201, {"Location": f"/v2/{self.repository}/blobs/{self.query['digest']}"})

    def _open_upload(self) -> None:
        registry = self.registry
        if "mount" in self.query:
            source = registry.blobs.get((self.query["from"], self.query["mount"]))
            if registry.faults.mount in (404, 405):
                return self._error(registry.faults.mount, "UNSUPPORTED")
            if source is not None and registry.faults.mount == 201:
                registry.blobs[self.repository, self.query["mount"]] = source
                return self._reply(201, {"Location": "/"})
        with registry.lock:
            name = f"u{len(registry.seen)}-{len(registry.uploads)}-{os.urandom(4).hex()}"
            registry.uploads[name] = upload = bytearray()
        return self._progress(202, name, upload)

    def _progress(self, status: int, name: str, upload: bytearray) -> None:
        path = f"/v2/{self.repository}/blobs/uploads/{name}?_state=a%2Fb%3D{len(upload)}"
        location = path if self.registry.faults.relative_locations else f"http://{self.registry.host}{path}"
        headers = {"Location": location, "Range": f"0-{max(0, len(upload) - 1)}"}
        if self.registry.faults.least_chunk:
            headers["OCI-Chunk-Min-Length"] = str(self.registry.faults.least_chunk)
        self._reply(status, headers)

    def _chunk(self, name: str, upload: bytearray) -> None:
        if self.registry.faults.chunks != 202:
            return self._reply(self.registry.faults.chunks)
        start, end = (int(part) for part in self.headers["Content-Range"].split("-"))
        is_next = start == len(upload) and end - start + 1 == self.left
        if not is_next or self.query.get("_state") != f"a/b={len(upload)}":
            return self._error(416, "RANGE_INVALID")
        self._receive(name, upload)
        return self._progress(202, name, upload)

    def _receive(self, name: str, upload: bytearray) -> None:
        faults, before = self.registry.faults, len(upload)
        try:
            for piece in self._pieces():
                upload += piece
                with self.registry.lock:
                    self.registry.received += len(piece)
                    if faults.reset_at and self.registry.received >= faults.reset_at[0]:
                        del faults.reset_at[0]
                        raise _Reset
        except (_Reset, ConnectionError):
            if faults.keeps == "chunks":
                del upload[before:]
            if faults.keeps == "nothing":
                del self.registry.uploads[name]
            raise

    # HTTP

    def _pieces(self) -> Iterator[bytes]:
        while self.left:
            piece = self.rfile.read1(min(self.left, _PIECE))
            if not piece:
                raise ConnectionResetError
            self.left -= len(piece)
            self.body_bytes += len(piece)
            yield piece

    def _body(self) -> bytes:
        return b"".join(self._pieces())

    def _error(self, status: int, code: str) -> None:
        self._reply(status, {}, json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode())

    def _reply(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        about = dict(headers or {})
        if status != 204:
            about.setdefault("Content-Length", str(len(body)))
        if self.left:
            about["Connection"] = "close"  # as servers do with a body that they do not want
            self.close_connection = True
        self._head(status, about)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self._note()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def _basic() -> str:
    return "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
