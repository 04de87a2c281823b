"""Several requests sent at once: answered one by one and in order, whatever each of them takes."""

from __future__ import annotations

import base64

import pytest
from tests.e2e.http.wire import Wire, chunked, post_json, request
from tests.e2e.serving_process import ServingProcess


def test_quick_answers_wait_for_slow_ones(wire: Wire) -> None:
    wire.send(
        post_json("/sleep", {"seconds": 0.3})
        + request("GET /health")
        + post_json("/sleep", {"seconds": 0.1})
        + request("GET /hello")
        + request("GET /nowhere")
        + request("GET /hello?name=last")
    )
    assert wire.reply().json() == {"slept": 0.3}
    assert wire.reply().json() == {"health": "true"}
    assert wire.reply().json() == {"slept": 0.1}
    assert wire.reply().json() == {"hello": "world"}
    assert wire.reply().status == 404
    assert wire.reply().json() == {"hello": "last"}


@pytest.mark.parametrize("count", [7, 8, 9, 300])
def test_more_than_the_server_takes_in_hand(wire: Wire, count: int) -> None:
    """It stops reading at eight; nothing is lost or doubled when it goes on."""
    wire.send(b"".join(request(f"GET /hello?name={number}") for number in range(count)))
    assert [wire.reply().json()["hello"] for _ in range(count)] == [str(number) for number in range(count)]


def test_behind_a_slow_one_many_wait(wire: Wire) -> None:
    wire.send(post_json("/sleep", {"seconds": 0.2}))
    for number in range(50):
        wire.send(request(f"GET /hello?name={number}"))
    assert wire.reply().json() == {"slept": 0.2}
    assert [wire.reply().json()["hello"] for _ in range(50)] == [str(number) for number in range(50)]


def test_bodies_are_kept_apart(wire: Wire) -> None:
    bodies = [bytes([number]) * size for number, size in enumerate((0, 1, 1000, 70_000, 3))]
    for body in bodies:
        wire.send(request("POST /raw", body=body))
        wire.send(request("POST /raw", "Transfer-Encoding: chunked") + chunked(*filter(None, [body[:1], body[1:]])))
    for body in bodies:
        for _ in range(2):
            reply = wire.reply().json()
            assert reply["length"] == len(body)
            assert base64.b64decode(reply["body"]) == body[:65536]


def test_nothing_is_answered_after_the_last(wire: Wire) -> None:
    wire.send(request("GET /hello") + request("GET /hello", "Connection: close") + request("GET /hello"))
    assert wire.reply().kept_alive
    assert not wire.reply().kept_alive
    assert wire.at_end()


def test_a_refused_request_with_a_body_does_not_stop_the_next(wire: Wire) -> None:
    """A small body is read and forgotten, so that what follows is still understood."""
    wire.send(
        request("POST /nowhere", body=b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n") + request("GET /hello?name=next")
    )
    assert wire.reply().status == 404
    assert wire.reply().json() == {"hello": "next"}


def test_bodies_of_a_pipeline_do_not_count_as_heads(narrow: ServingProcess) -> None:
    """Heads are limited to 5 000 bytes here; one segment ends a head, brings 90 000 bytes and begins the next head."""
    first, second = (
        request("POST /raw", "Content-Type: application/octet-stream", body=bytes(90_000)),
        request("GET /hello"),
    )
    with Wire(narrow.port) as wire:
        wire.send(first[:20])
        assert wire.silent_for(0.1)
        wire.send(first[20:] + second[:10])
        assert wire.reply().json()["length"] == 90_000
        wire.send(second[10:])
        assert wire.reply().json() == {"hello": "world"}
