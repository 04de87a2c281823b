"""What lets us in at one registry: Basic, or bearer tokens by scope, bought anew when they are spent.

The token protocol is docker's (distribution: docs/spec/auth). Nothing is sent before the registry has asked for it.
"""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
import msgspec

from hitless.errors import UnavailableError
from hitless.images.credentials import Login, Logins, Lookup
from hitless.images.registry.address import resolved_realm
from hitless.images.registry.challenge import Challenge, parse_challenges
from hitless.images.registry.refusals import Reply, refusal

MOST_TOKEN_REPLY_BYTES = 256 << 10
_TOKEN = re.compile(r"[\x21-\x7e]{1,65536}")
_SHORTEST_S = 60.0  # what a token lasts if nobody says; the protocol's own default
_SAFE_SHARE = 0.8  # of its time: a request may take a while
_CLIENT = "hitless"

Fetch = Callable[[str, httpx.URL, dict[str, str], bytes], Reply]  # method, address, headers, body


@dataclass(frozen=True)
class _Token:
    header: str = field(repr=False)
    until: float


class Authority:
    """Safe in threads: who needs a token that another is buying waits for it."""

    def __init__(
        self, host: str, base: httpx.URL, logins: Logins, fetch: Fetch, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._host = host
        self._base = base
        self._logins = logins
        self._fetch = fetch
        self._now = now
        self._lock = threading.Lock()
        self._lookup: Lookup | None = None
        self._challenge: Challenge | None = None
        self._tokens: dict[tuple[str, ...], _Token] = {}
        self._renewed_token = ""  # the identity token that was given for the one of the login

    @property
    def notes(self) -> Sequence[str]:
        """What went wrong when logins were looked for."""
        return self._lookup.notes if self._lookup is not None else ()

    def header(self, scopes: tuple[str, ...]) -> str | None:
        """The value of Authorization for a request, None as long as the registry has not asked."""
        with self._lock:
            if self._challenge is None:
                return None
            return self._header(self._challenge, scopes, spent=None)

    def answer(self, reply: Reply, scopes: tuple[str, ...], tried: str | None) -> str | None:
        """Another value after a 401 to `tried`; None if there is nothing better to offer."""
        with self._lock:
            challenge = _chosen(parse_challenges(reply.headers.get_list("WWW-Authenticate")))
            if challenge is not None:
                self._challenge = challenge
            if self._challenge is None:
                return None
            header = self._header(self._challenge, scopes, spent=tried)
            return header if header != tried else None

    def _header(self, challenge: Challenge, scopes: tuple[str, ...], spent: str | None) -> str | None:
        login = self._login(scopes)
        if login is not None and login.registry_token:
            return f"Bearer {login.registry_token}"
        if challenge.scheme == "basic":
            return _basic(login) if login is not None and login.username else None
        known = self._tokens.get(scopes)
        if known is not None and known.header != spent and self._now() < known.until:
            return known.header
        self._tokens[scopes] = token = self._bought(challenge, scopes, login)
        return token.header

    def _login(self, scopes: tuple[str, ...]) -> Login | None:
        if self._lookup is None:
            self._lookup = self._logins(self._host, _repository(scopes))
        return self._lookup.login

    def _bought(self, challenge: Challenge, scopes: tuple[str, ...], login: Login | None) -> _Token:
        realm = resolved_realm(self._base, challenge.parameters.get("realm", ""), f"the login of {self._host}")
        reply = self._ask(realm, challenge, scopes, login)
        if reply.status != 200:
            raise refusal(reply, self._host, f"have a token for {', '.join(scopes) or 'it'}", self.notes)
        return self._read(reply)

    def _ask(self, realm: httpx.URL, challenge: Challenge, scopes: tuple[str, ...], login: Login | None) -> Reply:
        about = [("service", challenge.parameters["service"])] if challenge.parameters.get("service") else []
        wanted = _merged(scopes, challenge.parameters.get("scope", ""))
        if login is not None and login.identity_token:
            identity = self._renewed_token or login.identity_token
            form = [("grant_type", "refresh_token"), *about, ("client_id", _CLIENT), ("scope", " ".join(wanted)),
                    ("refresh_token", identity)]  # fmt: skip
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return self._fetch("POST", realm, headers, urlencode(form).encode())
        query = urlencode([*about, *(("scope", scope) for scope in wanted)])
        text = str(realm)
        address = httpx.URL(f"{text}{'&' if '?' in text else '?'}{query}")
        headers = {"Authorization": _basic(login)} if login is not None and login.username else {}
        return self._fetch("GET", address, headers, b"")

    def _read(self, reply: Reply) -> _Token:
        try:
            bought = msgspec.json.decode(reply.body, type=_Bought)
        except ValueError:
            raise UnavailableError(f"{self._host}: where tokens are given, the reply is none") from None
        value = bought.token or bought.access_token
        if not _TOKEN.fullmatch(value):
            raise UnavailableError(f"{self._host}: where tokens are given, the reply holds none")
        if bought.refresh_token:
            self._renewed_token = bought.refresh_token
        lasts = max(bought.expires_in or _SHORTEST_S, 0.0) * _SAFE_SHARE
        return _Token(f"Bearer {value}", self._now() + lasts)


class _Bought(msgspec.Struct):
    token: str = ""
    access_token: str = ""
    refresh_token: str = ""
    expires_in: float | None = None


def _chosen(challenges: Sequence[Challenge]) -> Challenge | None:
    """Bearer before Basic; others we cannot answer."""
    for scheme in ("bearer", "basic"):
        for challenge in challenges:
            if challenge.scheme == scheme and (scheme == "basic" or challenge.parameters.get("realm")):
                return challenge
    return None


def _merged(scopes: tuple[str, ...], asked: str) -> list[str]:
    """What we need, and what the registry asks for beside it."""
    resources = {scope.rpartition(":")[0] for scope in scopes}
    return [*scopes, *(scope for scope in asked.split() if scope.rpartition(":")[0] not in resources)]


def _repository(scopes: tuple[str, ...]) -> str:
    return next((scope.split(":")[1] for scope in scopes if scope.startswith("repository:")), "")


def _basic(login: Login) -> str:
    return "Basic " + base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
