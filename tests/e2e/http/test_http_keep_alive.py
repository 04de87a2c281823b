"""How long a connection lives: versions, `Connection`, idle time, the client's half-close (RFC 9112, section 9)."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime

import pytest
from tests.e2e.http.wire import Wire, chunked, post_json, request
from tests.e2e.serving_process import ServingProcess

HELLO = {"hello": "world"}


@pytest.mark.parametrize(
    ("version", "field", "stays", "said"),
    [
        pytest.param("1.1", "", True, None, id="1.1"),
        pytest.param("1.1", "keep-alive", True, None, id="1.1-keep-alive"),
        pytest.param("1.1", "close", False, "close", id="1.1-close"),
        pytest.param("1.1", "CLOSE", False, "close", id="1.1-upper-case-close"),
        pytest.param("1.1", "TE, close", False, "close", id="1.1-close-in-a-list"),
        pytest.param("1.0", "", False, "close", id="1.0"),
        pytest.param("1.0", "close", False, "close", id="1.0-close"),
        pytest.param("1.0", "keep-alive", True, "keep-alive", id="1.0-keep-alive"),
        pytest.param("1.0", "Keep-Alive", True, "keep-alive", id="1.0-capital-keep-alive"),
    ],
)
def test_version_and_connection_decide(wire: Wire, version: str, field: str, stays: bool, said: str | None) -> None:
    reply = wire.ask(request(f"GET /hello HTTP/{version}", *([f"Connection: {field}"] if field else [])))
    assert reply.json() == HELLO
    assert reply.headers.get("connection") == said
    if stays:
        assert wire.ask(request("GET /hello")).json() == HELLO
    else:
        assert wire.at_end()


def test_one_connection_serves_many_kinds_of_requests(wire: Wire) -> None:
    for number in range(5):
        assert wire.ask(request(f"GET /hello?name={number}")).json() == {"hello": str(number)}
        assert wire.ask(post_json("/typed", {"count": number})).json()["count"] == number
        body = request("POST /raw", "Transfer-Encoding: chunked") + chunked(b"ab", b"c")
        assert wire.ask(body).json()["length"] == 3
        assert wire.ask(request("HEAD /hello")).status == 200
        assert wire.ask(request("GET /nowhere")).status == 404
        assert wire.ask(post_json("/typed", {})).status == 422
        assert wire.ask(post_json("/fail", {"how": "raise"})).status == 500
        assert wire.ask(post_json("/fail", {"how": "empty"})).status == 204


def test_empty_lines_before_a_request_are_ignored(wire: Wire) -> None:
    """RFC 9112, section 2.2."""
    assert wire.ask(b"\r\n\r\n" + request("GET /hello")).json() == HELLO
    assert wire.ask(b"\r\n" + request("GET /hello")).json() == HELLO


def test_every_answer_has_a_date(wire: Wire) -> None:
    for path, status in (("/hello", 200), ("/health", 200), ("/nowhere", 404)):
        reply = wire.ask(request(f"GET {path}"))
        assert reply.status == status
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", reply.headers["date"])
        assert abs(parsedate_to_datetime(reply.headers["date"]).timestamp() - time.time()) < 60


def test_an_idle_connection_ends_without_a_word(impatient: ServingProcess) -> None:
    with Wire(impatient.port) as fresh, Wire(impatient.port) as used:
        assert used.ask(request("GET /hello")).json() == HELLO
        assert used.at_end()
        assert fresh.at_end()


def test_idle_time_starts_anew_with_each_answer(impatient: ServingProcess) -> None:
    with Wire(impatient.port) as wire:
        for _ in range(5):
            assert wire.ask(request("GET /hello")).json() == HELLO
            time.sleep(0.4)  # five of these are longer than the idle time of 1.5 s
        assert wire.ask(request("GET /hello")).json() == HELLO


@pytest.mark.parametrize(
    ("sent", "answers"),
    [
        pytest.param(request("GET /hello"), [HELLO], id="quick"),
        pytest.param(post_json("/sleep", {"seconds": 0.5}), [{"slept": 0.5}], id="slow"),
        pytest.param(post_json("/sleep", {"seconds": 0.1}) + request("GET /hello"), [{"slept": 0.1}, HELLO], id="two"),
    ],
)
def test_a_half_closed_client_gets_its_answers(wire: Wire, sent: bytes, answers: list[object]) -> None:
    """As `printf … | nc` does it."""
    wire.send(sent)
    wire.end_sending()
    for answer in answers:
        assert wire.reply().json() == answer
    assert wire.at_end()


def test_a_client_that_ends_while_the_model_works_gets_its_answer(wire: Wire) -> None:
    wire.send(post_json("/sleep", {"seconds": 1.0}))
    time.sleep(0.3)  # the model has begun
    wire.end_sending()
    reply = wire.reply()
    assert reply.json() == {"slept": 1.0}
    assert not reply.kept_alive
    assert wire.at_end()


def test_a_request_that_is_cut_off_is_no_request(wire: Wire) -> None:
    wire.send(request("POST /raw", "Content-Length: 10") + b"abc")
    wire.end_sending()
    assert wire.at_end()


def test_a_cut_off_request_does_not_hold_up_the_end(wire: Wire) -> None:
    """An answer goes out, half a request never becomes whole: the connection ends with the answer."""
    wire.send(request("GET /hello") + b"GET /hel")
    wire.end_sending()
    assert wire.reply().json() == HELLO
    assert wire.at_end()


def test_bytes_after_a_last_request_are_not_read(wire: Wire) -> None:
    wire.send(request("GET /hello", "Connection: close") + request("GET /hello") + b"\0\1\2")
    assert wire.reply().json() == HELLO
    assert wire.at_end()
