"""Requests to one registry over HTTP/1.1: logged in when asked, redirected, tried again, with bounds.

Authorization goes to the registry's own address only. A body is opened anew for every try.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import httpx

from hitless.errors import UnavailableError
from hitless.images.credentials import Logins, find_login
from hitless.images.faults import unreadable
from hitless.images.registry.address import base_url, is_loopback, resolved, same_origin
from hitless.images.registry.authority import MOST_TOKEN_REPLY_BYTES, Authority
from hitless.images.registry.closing import Closing
from hitless.images.registry.patience import Interrupted, Patience, Sleep
from hitless.images.registry.refusals import PASSING, Reply
from hitless.images.registry.trust import trusted

SHORT = 64 << 10  # bytes of a reply that only says yes or no
_CONNECT_TIMEOUT_S, _SILENCE_TIMEOUT_S = 20.0, 120.0
_MOST_REDIRECTS = 5
_REDIRECTS = {"GET": (301, 302, 303, 307, 308), "HEAD": (301, 302, 303, 307, 308)}
_REDIRECTS_WITH_BODY = (307, 308)


@dataclass(frozen=True)
class Access:
    """How registries are spoken to. `plain_http` None: http for loopback addresses, https for all others."""

    plain_http: bool | None = None
    logins: Logins = find_login
    sleep: Sleep = time.sleep


@dataclass(frozen=True)
class Body:
    """Exactly `size` bytes; `pieces` opens them anew."""

    size: int
    pieces: Callable[[], Iterator[bytes]] = field(repr=False)


def body_of(data: bytes) -> Body:
    return Body(len(data), lambda: iter((data,)))


@dataclass(frozen=True)
class Call:
    """A request. `scopes`: what a token must allow."""

    method: str
    url: httpx.URL
    scopes: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None


class Transport(Closing):
    """A connection pool with what lets us in. Safe in threads; to be closed."""

    def __init__(self, host: str, access: Access) -> None:
        self.host = host
        self.base = base_url(host, access.plain_http)
        self._sleep = access.sleep
        self._client = httpx.Client(
            verify=trusted(host),
            timeout=httpx.Timeout(_SILENCE_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S, pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=8),
            headers={"User-Agent": "hitless", "Accept-Encoding": "identity"},
            trust_env=not is_loopback(host),  # proxies are for what is far away
        )
        self.authority = Authority(host, self.base, access.logins, self._fetch)

    def patience(self) -> Patience:
        return Patience(self.host, self._sleep)

    def send(self, call: Call, most: int = SHORT) -> Reply:
        """The reply, tried again while there is hope. ImageError for more than `most` bytes; UnavailableError."""
        return self._settled(lambda: self.send_once(call, most))

    def _settled(self, once: Callable[[], Reply]) -> Reply:
        """A reply that is not going to change, however many tries that takes. UnavailableError."""
        patience = self.patience()
        while True:
            try:
                reply = once()
            except Interrupted as trouble:
                patience.after(trouble)
                continue
            if not reply.is_passing:
                return reply
            patience.after(reply)

    def send_once(self, call: Call, most: int = SHORT) -> Reply:
        """The reply to one try. Interrupted."""
        return self.short(self.open_once(call), most)

    def open(self, call: Call) -> httpx.Response:
        """A reply whose body is to be read by the caller, who closes it."""
        patience = self.patience()
        while True:
            try:
                response = self.open_once(call)
                if response.status_code not in PASSING:
                    return response
                trouble: Reply | Interrupted = self.short(response)
            except Interrupted as interrupted:
                trouble = interrupted
            patience.after(trouble)

    def open_once(self, call: Call) -> httpx.Response:
        """One try, with redirects followed. Interrupted."""
        for _ in range(_MOST_REDIRECTS):
            response = self._authorized(call)
            allowed = _REDIRECTS.get(call.method, _REDIRECTS_WITH_BODY)
            if response.status_code not in allowed or "Location" not in response.headers:
                return response
            reply = self.short(response)
            call = replace(call, url=resolved(call.url, reply.headers["Location"], f"a redirect of {self.host}"))
        raise UnavailableError(f"{self.host} redirects more than {_MOST_REDIRECTS} times")

    def _authorized(self, call: Call) -> httpx.Response:
        if not same_origin(call.url, self.base):
            return self._sent(call, None)
        tried = self.authority.header(call.scopes)
        response = self._sent(call, tried)
        if response.status_code != 401:
            return response
        refused = self.short(response)
        better = self.authority.answer(refused, call.scopes, tried)
        if better is None:
            return httpx.Response(401, headers=refused.headers, stream=_Bytes(refused.body), request=response.request)
        return self._sent(call, better)

    def _sent(self, call: Call, authorization: str | None) -> httpx.Response:
        headers = dict(call.headers)
        if authorization is not None:
            headers["Authorization"] = authorization
        content: Iterator[bytes] | None = None
        if call.body is not None:
            headers["Content-Length"] = str(call.body.size)
            content = call.body.pieces()
        request = self._client.build_request(call.method, call.url, headers=headers, content=content)
        try:
            return self._client.send(request, stream=True)
        except httpx.TransportError as error:
            raise self._interrupted(error, call.url) from error

    def _interrupted(self, error: httpx.TransportError, url: httpx.URL) -> Exception:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, ssl.SSLError):
            cause = cause.__cause__ or cause.__context__
        place = f"{url.scheme}://{url.netloc.decode()}"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UnavailableError(
                f"{place} shows a certificate that is not trusted: {cause.verify_message}\n"
                f"    Put its authority's into /etc/docker/certs.d/{self.host}/ca.crt, or name it with SSL_CERT_FILE."
            )
        if isinstance(cause, ssl.SSLError) and cause.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
            return UnavailableError(f"{place} does not speak TLS\n    If it is meant to be so, ask for plain http.")
        return Interrupted(f"{place}: {str(error) or type(error).__name__}")

    def short(self, response: httpx.Response, most: int = SHORT) -> Reply:
        """Read a body of at most `most` bytes; of an error, its beginning."""
        data = bytearray()
        try:
            for piece in response.iter_raw():
                data += piece
                if len(data) > most:
                    break
        except httpx.TransportError as error:
            raise self._interrupted(error, response.url) from error
        finally:
            response.close()
        if len(data) > most and response.status_code < 400:
            raise unreadable(f"the reply of {self.host}", f"it has more than the {most:,} bytes that it may have")
        return Reply(response.status_code, response.headers, bytes(data[:most]), response.url)

    def _fetch(self, method: str, url: httpx.URL, headers: dict[str, str], body: bytes) -> Reply:
        """For tokens, wherever they are given; without Authorization of ours."""
        call = Call(method, url, (), headers, body_of(body) if body else None)
        return self._settled(lambda: self.short(self._sent(call, None), MOST_TOKEN_REPLY_BYTES))

    def close(self) -> None:
        self._client.close()


class _Bytes(httpx.SyncByteStream):
    """A body that has been read, as one that is to be."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self._data
