"""Tokens: bought once per scope, anew when they are spent, with the login that is there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx
import pytest

from hitless.errors import UnavailableError
from hitless.images.credentials import Login, Lookup
from hitless.images.faults import ImageError
from hitless.images.registry.authority import Authority
from hitless.images.registry.refusals import Reply

URL = httpx.URL("https://auth.example/token?fixed=1")
PULL = ("repository:team/app:pull",)
BOTH = ("repository:team/app:pull,push", "repository:team/base:pull")


@dataclass
class Desk:
    """Where tokens are given: `replies` in order, the last one again and again. `time`: of a clock that is set."""

    login: Login | None = None
    replies: list[tuple[int, object]] = field(default_factory=list)
    asked: list[tuple[str, httpx.URL, dict[str, str], bytes]] = field(default_factory=list)
    time: float = 1000.0

    def authority(self) -> Authority:
        base = httpx.URL("https://r.example/")
        return Authority(
            "r.example", base, lambda _h, _r: Lookup(self.login, ("a note",)), self.fetch, lambda: self.time
        )

    def fetch(self, method: str, url: httpx.URL, headers: dict[str, str], body: bytes) -> Reply:
        self.asked.append((method, url, headers, body))
        number = len(self.asked)
        status, said = (
            self.replies[min(number, len(self.replies)) - 1] if self.replies else (200, {"token": f"t{number}"})
        )
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        return Reply(status, httpx.Headers(), data, url)


def refused(challenge: str) -> Reply:
    return Reply(401, httpx.Headers({"WWW-Authenticate": challenge}), b"", URL)


BEARER = refused(f'Bearer realm="{URL}",service="r",scope="repository:team/app:pull registry:catalog:*"')
BASIC = refused('Basic realm="r"')


def test_nothing_is_offered_before_it_is_asked_for() -> None:
    desk = Desk(Login("ada", "pw"))
    assert desk.authority().header(PULL) is None
    assert desk.asked == []


def test_basic() -> None:
    authority = Desk(Login("ada", "pä")).authority()
    assert authority.answer(BASIC, PULL, None) == "Basic YWRhOnDDpA=="
    assert authority.header(BOTH) == "Basic YWRhOnDDpA=="
    assert authority.answer(BASIC, PULL, "Basic YWRhOnDDpA==") is None  # it was refused: there is nothing better


def test_basic_without_a_login() -> None:
    assert Desk().authority().answer(BASIC, PULL, None) is None


def test_a_token_is_bought_once_for_its_scopes() -> None:
    desk = Desk(Login("ada", "pw"))
    authority = desk.authority()
    assert authority.answer(BEARER, PULL, None) == "Bearer t1"
    assert [authority.header(PULL), authority.header(BOTH), authority.header(BOTH)] == [
        "Bearer t1",
        "Bearer t2",
        "Bearer t2",
    ]
    method, url, headers, body = desk.asked[0]
    assert (method, headers, body) == ("GET", {"Authorization": "Basic YWRhOnB3"}, b"")
    assert parse_qs(url.query.decode()) == {
        "fixed": ["1"],
        "service": ["r"],
        "scope": ["repository:team/app:pull", "registry:catalog:*"],
    }
    assert parse_qs(desk.asked[1][1].query.decode())["scope"] == [*BOTH, "registry:catalog:*"]


def test_nobody_may_have_a_token_too() -> None:
    desk = Desk()
    assert desk.authority().answer(BEARER, PULL, None) == "Bearer t1"
    assert desk.asked[0][2] == {}


@pytest.mark.parametrize(
    ("lasts", "later", "bought"),
    [
        pytest.param({"expires_in": 300}, 239, 1, id="fresh"),
        pytest.param({"expires_in": 300}, 241, 2, id="nearly spent"),
        pytest.param({}, 47, 1, id="unsaid, fresh"),
        pytest.param({}, 49, 2, id="unsaid, nearly spent"),
    ],
)
def test_tokens_are_bought_anew_before_they_end(lasts: dict[str, int], later: float, bought: int) -> None:
    desk = Desk(replies=[(200, {"token": "t", **lasts})])
    authority = desk.authority()
    authority.answer(BEARER, PULL, None)
    desk.time += later
    authority.header(PULL)
    assert len(desk.asked) == bought


def test_a_spent_token_is_bought_anew_once_for_all_threads() -> None:
    desk = Desk()
    authority = desk.authority()
    first = authority.answer(BEARER, PULL, None)
    assert authority.answer(BEARER, PULL, first) == "Bearer t2"
    assert authority.answer(BEARER, PULL, first) == "Bearer t2"  # another thread, with the same old one
    assert len(desk.asked) == 2


def test_the_same_token_again_is_no_answer() -> None:
    authority = Desk(replies=[(200, {"token": "t"})]).authority()
    assert authority.answer(BEARER, PULL, None) == "Bearer t"
    assert authority.answer(BEARER, PULL, "Bearer t") is None


def test_an_identity_token_buys_tokens_and_may_be_renewed() -> None:
    desk = Desk(Login(identity_token="id"), [(200, {"access_token": "t", "refresh_token": "id2"})])
    authority = desk.authority()
    assert authority.answer(BEARER, PULL, None) == "Bearer t"
    method, url, headers, body = desk.asked[0]
    assert (method, url) == ("POST", URL)
    assert headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert parse_qs(body.decode()) == {
        "grant_type": ["refresh_token"],
        "service": ["r"],
        "client_id": ["hitless"],
        "scope": ["repository:team/app:pull registry:catalog:*"],
        "refresh_token": ["id"],
    }
    authority.header(BOTH)
    assert parse_qs(desk.asked[1][3].decode())["refresh_token"] == ["id2"]


def test_a_registry_token_is_sent_as_it_is() -> None:
    desk = Desk(Login(registry_token="mine"))
    authority = desk.authority()
    assert authority.answer(BEARER, PULL, None) == "Bearer mine"
    assert authority.answer(BEARER, PULL, "Bearer mine") is None
    assert desk.asked == []


def test_bearer_is_chosen_before_basic() -> None:
    both = refused(f'Basic realm="r", Bearer realm="{URL}"')
    assert Desk(Login("ada", "pw")).authority().answer(both, PULL, None) == "Bearer t1"


@pytest.mark.parametrize("challenge", ["Negotiate", "Bearer service=x", ""])
def test_challenges_that_cannot_be_answered(challenge: str) -> None:
    assert Desk(Login("ada", "pw")).authority().answer(refused(challenge), PULL, None) is None


@pytest.mark.parametrize(
    "said",
    [b"{", b"[]", {}, {"token": ""}, {"token": "a b"}, {"token": "a\r\nX: y"}, {"token": "x" * 70_000}, {"token": 7}],
)
def test_what_is_no_token_is_refused(said: object) -> None:
    with pytest.raises(UnavailableError, match=r"r\.example: where tokens are given"):
        Desk(replies=[(200, said)]).authority().answer(BEARER, PULL, None)


def test_a_login_that_is_refused_is_told_with_what_is_known() -> None:
    with pytest.raises(ImageError, match=r"does not let us have a token for repository:team/app:pull[\s\S]*a note"):
        Desk(replies=[(401, {})]).authority().answer(BEARER, PULL, None)


def test_a_realm_without_tls_gets_no_password() -> None:
    with pytest.raises(UnavailableError, match="not followed"):
        Desk(Login("a", "b")).authority().answer(refused('Bearer realm="http://auth.example/t"'), PULL, None)
