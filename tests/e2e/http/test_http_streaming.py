"""Generators and coroutines: pieces go out as they are made, no faster than the client reads; who leaves ends them."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from tests.e2e.http import packages
from tests.e2e.http.wire import Wire, post_json, request
from tests.e2e.serving_process import ServingProcess

EVENTS = "text/event-stream"


def closed(name: str, server: ServingProcess, since: int) -> bool:
    """Waits until the generator's `finally` has run."""
    server.wait_for_entry(lambda entry: entry["message"] == name and entry in server.entries[since:])
    return True


def test_events_come_one_by_one(streams: ServingProcess) -> None:
    with Wire(streams.port) as wire:
        wire.send(post_json("/events", {"count": 3, "pause": 0.2}))
        status, headers = wire.head()
        assert (status, headers["transfer-encoding"]) == (200, "chunked")
        assert headers["content-type"].startswith(EVENTS)
        assert "content-length" not in headers
        assert wire.chunk() == b'data: {"number":0}\n\n'
        assert wire.silent_for(0.05), "the next is not made yet"
        assert wire.chunks() == [b'data: {"number":1}\n\n', b'data: {"number":2}\n\n']
        assert wire.ask(request("GET /lines")).status == 200, "the connection goes on"


def test_an_event_of_two_lines(streams: ServingProcess) -> None:
    with Wire(streams.port) as wire:
        reply = wire.ask(post_json("/async-events", {"count": 1}))
        assert reply.body == b"data: line 0\ndata: of two\n\n"


@pytest.mark.parametrize(
    ("sent", "body", "kind"),
    [
        pytest.param(post_json("/pieces", {"count": 3}), b"AAABBBCCC", "application/octet-stream", id="bytes"),
        pytest.param(post_json("/pieces", {"count": 0}), b"", "application/octet-stream", id="nothing"),
        pytest.param(request("GET /lines"), b'one{"two":2}\n', "text/plain", id="mixed"),
        pytest.param(post_json("/events", {"count": 0}), b"", EVENTS, id="no-event"),
    ],
)
@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_streams(streams: ServingProcess, version: str, sent: bytes, body: bytes, kind: str) -> None:
    with Wire(streams.port) as wire:
        reply = wire.send(sent.replace(b"HTTP/1.1", f"HTTP/{version}".encode())).reply()
        assert (reply.status, reply.body) == (200, body)
        assert reply.headers["content-type"].partition(";")[0] == kind
        assert ("transfer-encoding" in reply.headers) is (version == "1.1"), "1.0 has no chunks"
        assert reply.kept_alive is (version == "1.1")
        if version == "1.0":
            assert wire.at_end()


def test_head_of_a_stream(streams: ServingProcess) -> None:
    with Wire(streams.port) as wire:
        assert wire.ask(request("HEAD /lines")).status == 200
        assert wire.ask(request("GET /lines")).body == b'one{"two":2}\n'


def test_streams_are_pipelined_in_order(streams: ServingProcess) -> None:
    with Wire(streams.port) as wire:
        wire.send(post_json("/events", {"count": 2, "pause": 0.1}) + request("GET /lines") + request("GET /health"))
        assert wire.reply().body.count(b"data:") == 2
        assert wire.reply().body == b'one{"two":2}\n'
        assert wire.reply().json() == {"health": "true"}


@pytest.mark.parametrize("after", [1, 3])
def test_an_error_in_mid_stream_cuts_the_connection(streams: ServingProcess, after: int) -> None:
    """No last chunk: the client can tell that this is not all (RFC 9112, section 8)."""
    with Wire(streams.port) as wire:
        wire.send(post_json("/breaks", {"after": after}, "X-Request-Id: breaks"))
        assert wire.head()[0] == 200
        with pytest.raises((EOFError, ConnectionResetError)):
            wire.chunks()
    entry = streams.wait_for_entry(lambda entry: entry.get("request_id") == "breaks")
    assert "broken in mid-stream" in entry["traceback"]


def test_an_error_before_the_first_piece_is_a_500(streams: ServingProcess) -> None:
    with Wire(streams.port) as wire:
        assert wire.ask(post_json("/breaks", {"after": 0})).status == 500
        assert wire.ask(request("GET /health")).status == 200


@pytest.mark.parametrize(
    ("path", "name"), [("/events", "events closed"), ("/async-events", "async events closed")], ids=["sync", "async"]
)
@pytest.mark.parametrize("leave", [Wire.close, Wire.reset], ids=["close", "reset"])
def test_a_client_that_leaves_ends_its_generator(streams: ServingProcess, path: str, name: str, leave: object) -> None:
    since = len(streams.entries)
    wire = Wire(streams.port)
    wire.send(post_json(path, {"count": 100_000, "pause": 0.05}))
    wire.head()
    wire.chunk()
    assert callable(leave)
    leave(wire)
    assert closed(name, streams, since)


@pytest.mark.parametrize("threads", ["1", "3"])
def test_a_generator_that_is_running_is_closed_when_it_pauses(
    tmp_path_factory: pytest.TempPathFactory, threads: str
) -> None:
    """The client leaves while `next` computes in one thread; it must not be closed from another."""
    package = packages.streams(tmp_path_factory.mktemp("running") / "package")
    with ServingProcess(package, "--placement", "thread", "--threads", threads) as server:
        with Wire(server.port) as wire:
            wire.send(post_json("/events", {"count": 10, "pause": 0.4}))
            wire.head()
            wire.chunk()
        server.wait_for_entry(lambda entry: entry["message"] == "events closed")
        assert not [line for line in server.log if "raised" in line]


def test_a_generator_waits_for_its_reader(streams: ServingProcess) -> None:
    """100 MB are on offer; the server makes no more of it than buffers hold, until the client reads."""
    since = len(streams.entries)
    with Wire(streams.port, receive_buffer=65536) as wire:
        wire.send(post_json("/flood", {"pieces": 1600}))
        wire.head()
        made = -1
        while made != (now := sum(entry["message"].startswith("piece ") for entry in streams.entries[since:])):
            made = now
            time.sleep(0.3)  # until it has come to rest
        assert 0 < made < 400
        assert sum(len(chunk) for chunk in wire.chunks()) == 1600 * 65536


def test_coroutines_run_side_by_side(streams: ServingProcess) -> None:
    """Each waits for the other one."""
    with Wire(streams.port) as left, Wire(streams.port) as right:
        left.send(post_json("/meet", {"name": "left"}))
        right.send(post_json("/meet", {"name": "right"}))
        for wire in (left, right):
            assert wire.reply().json() == {"met": ["left", "right"]}


def test_a_coroutine_is_cancelled_when_its_client_leaves(streams: ServingProcess) -> None:
    wire = Wire(streams.port)
    wire.send(post_json("/cancelled", {"name": "somebody"}))
    streams.wait_for_entry(lambda entry: entry["message"] == "somebody waits")
    wire.reset()  # a mere end of sending may be a half-close, and then the answer is still wanted
    streams.wait_for_entry(lambda entry: entry["message"] == "somebody was cancelled")


def test_a_stream_goes_on_while_others_are_answered(streams: ServingProcess) -> None:
    with Wire(streams.port) as stream, Wire(streams.port) as other, contextlib.closing(Wire(streams.port)) as third:
        stream.send(post_json("/async-events", {"count": 10, "pause": 0.05}))
        assert other.ask(post_json("/async-events", {"count": 1})).status == 200
        assert third.ask(request("GET /health")).status == 200
        assert stream.reply().body.count(b"\n\n") == 10


def test_the_message_of_every_event_is_json(streams: ServingProcess) -> None:
    with Wire(streams.port) as wire:
        body = wire.ask(post_json("/events", {"count": 50})).body.decode()
    events = [json.loads(block.removeprefix("data: ")) for block in body.split("\n\n") if block]
    assert events == [{"number": number} for number in range(50)]
