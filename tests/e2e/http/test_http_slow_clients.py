"""Clients that are slow: 408 for a head or body that does not come, 504 for a late model, the end for one that does not
read. The server `impatient` waits half a second for each."""

from __future__ import annotations

import contextlib
import time

import pytest
from tests.e2e.http.wire import Wire, post_json, request
from tests.e2e.serving_process import ServingProcess


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"G", id="one-letter"),
        pytest.param(b"GET /hello HT", id="half-a-line"),
        pytest.param(request("GET /hello")[:-2], id="head-without-end"),
        pytest.param(request("POST /raw", "Content-Length: 5"), id="no-body"),
        pytest.param(request("POST /raw", "Content-Length: 5") + b"hell", id="half-a-body"),
        pytest.param(request("POST /raw", "Transfer-Encoding: chunked") + b"5\r\nhel", id="half-a-chunk"),
        pytest.param(request("POST /raw", "Transfer-Encoding: chunked") + b"2\r\nab\r\n0\r\n", id="no-last-line"),
        pytest.param(request("POST /nowhere", "Content-Length: 5"), id="refused-and-no-body"),
    ],
)
def test_a_request_that_does_not_come_gets_408(impatient: ServingProcess, sent: bytes) -> None:
    with Wire(impatient.port) as wire:
        reply = wire.send(sent).reply()
        assert reply.status == 408
        assert not reply.kept_alive
        wire.send(request("GET /hello"))
        assert wire.at_end()


def test_a_client_that_waits_for_100_and_then_sends_nothing(impatient: ServingProcess) -> None:
    with Wire(impatient.port) as wire:
        wire.send(request("POST /raw", "Content-Length: 5", "Expect: 100-continue"))
        assert wire.reply().status == 100
        assert wire.reply().status == 408
        assert wire.at_end()


def test_a_trickled_head_is_too_slow_however_steady(impatient: ServingProcess) -> None:
    with Wire(impatient.port) as wire:
        with contextlib.suppress(ConnectionError):
            for letter in request("GET /hello")[:20]:
                wire.send(bytes([letter]))
                time.sleep(0.05)
        assert wire.reply().status == 408
        assert wire.at_end()


def test_a_body_that_comes_at_a_fair_pace_is_waited_for(impatient: ServingProcess) -> None:
    """A second more for every 1 000 bytes."""
    with Wire(impatient.port) as wire:
        wire.send(request("POST /raw", "Content-Length: 50000"))
        for _ in range(10):
            wire.send(bytes(5000))
            time.sleep(0.1)
        assert wire.reply().json()["length"] == 50_000


def test_a_late_model_gets_504_and_the_connection_goes_on(impatient: ServingProcess) -> None:
    with Wire(impatient.port) as wire:
        for _ in range(2):
            reply = wire.ask(post_json("/sleep", {"seconds": 1.2}))
            assert reply.status == 504
            assert reply.kept_alive
        assert wire.ask(request("GET /hello")).json() == {"hello": "world"}
        time.sleep(1.0)  # both late results have come by now; they must not be taken for answers
        assert wire.ask(request("GET /hello?name=next")).json() == {"hello": "next"}


def test_what_is_pipelined_behind_a_late_model_is_answered(impatient: ServingProcess) -> None:
    with Wire(impatient.port) as wire:
        wire.send(post_json("/sleep", {"seconds": 1.2}) + request("GET /hello"))
        assert wire.reply().status == 504
        assert wire.reply().json() == {"hello": "world"}


def test_a_client_that_does_not_read_is_cut(impatient: ServingProcess) -> None:
    with Wire(impatient.port, receive_buffer=4096) as wire:
        wire.send(post_json("/large", {"size": 30_000_000}))
        status, headers = wire.head()
        assert (status, headers["content-length"]) == (200, "30000000")
        time.sleep(1.5)  # the buffers are full and nothing moves
        with contextlib.suppress(ConnectionError):  # cut with a reset, or ended
            assert len(wire.rest()) < 30_000_000


def test_a_client_that_reads_slowly_gets_everything(impatient: ServingProcess) -> None:
    with Wire(impatient.port, receive_buffer=4096) as wire:
        wire.send(post_json("/large", {"size": 8_000_000}))
        _, headers = wire.head()
        received = 0
        while received < int(headers["content-length"]):
            received += len(wire.take_some())
            time.sleep(0.001)
        assert received == 8_000_000


def test_a_slow_client_costs_the_others_nothing(impatient: ServingProcess) -> None:
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(Wire(impatient.port)) for _ in range(50)]
        for wire in slow:
            wire.send(b"GET /hello HT")
        with Wire(impatient.port) as quick:
            for _ in range(20):
                assert quick.ask(request("GET /hello")).json() == {"hello": "world"}
        assert {wire.reply().status for wire in slow} == {408}
