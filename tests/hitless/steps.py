"""The rows: how each step of the protocol is reached, exactly, and what is still owed there.

A step is a generator. Up to its `yield` it brings a connection to the step and waits until the server is there, too;
after it, it does what client and model have left to do. What it yields says which answers are due.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.e2e.http.wire import chunked, post_json, request
from tests.hitless.client import Client
from tests.hitless.instance import Instance
from tests.hitless.package import echoed, streamed

_LARGE = 9_000_000  # more than the kernel buffers
_UPLOAD = 1_000_000
_SMALL_BUFFER = 16_384
_AHEAD = 20


@dataclass(frozen=True)
class Placed:
    """A connection at its step. `answers` are the bodies due; `whole`: the server has a whole request."""

    client: Client
    answers: tuple[bytes, ...]
    whole: bool


Script = Callable[[Instance], Iterator[Placed]]


@dataclass(frozen=True)
class Step:
    name: str
    script: Script
    placement: str = "thread"
    protocol: str = "http"
    holds: bool = False  # its worker stands still from here on, and cannot hear of a signal


STEPS: dict[str, Step] = {}


def step(
    name: str, *, placement: str = "thread", protocol: str = "http", holds: bool = False
) -> Callable[[Script], Script]:
    def known(script: Script) -> Script:
        STEPS[name] = Step(name, script, placement, protocol, holds)
        return script

    return known


def _echo(instance: Instance) -> tuple[bytes, bytes]:
    """A quick request and the body of its answer."""
    nonce = instance.nonce()
    return post_json("/echo", {"x": nonce}), echoed(nonce)


def _partly(name: str, mark: bytes, *, beyond: int = 0) -> None:
    """A request cut in two, right after `mark` and so many bytes more."""

    @step(name)
    def script(instance: Instance) -> Iterator[Placed]:
        sent, answer = _echo(instance)
        cut = sent.index(mark) + len(mark) + beyond
        client = instance.connect().send(sent[:cut])
        instance.all_read(client)
        yield Placed(client, (answer,), whole=False)
        client.send(sent[cut:])


@step("connected, silent")
def _silent(instance: Instance) -> Iterator[Placed]:
    sent, answer = _echo(instance)
    client = instance.connect()
    yield Placed(client, (answer,), whole=False)
    client.send(sent)


_partly("half a request line", b"POST /ec")
_partly("head half sent", b"Host: te")
_partly("body half sent", b"\r\n\r\n", beyond=5)


@step("100 Continue said, body awaited")
def _expecting(instance: Instance) -> Iterator[Placed]:
    body = instance.nonce().encode()
    client = instance.connect()
    head = request("POST /upload", "Content-Type: application/octet-stream", "Expect: 100-continue",
                   f"Content-Length: {len(body)}")  # fmt: skip
    assert client.ask(head).status == 100
    yield Placed(client, (echoed(hashlib.sha256(body).hexdigest()),), whole=False)
    client.send(body)


def _upload(name: str, *fields: str, framed: Callable[[bytes], bytes]) -> None:
    @step(name)
    def script(instance: Instance) -> Iterator[Placed]:
        body = instance.nonce().encode() + bytes(_UPLOAD)
        sent = request("POST /upload", "Content-Type: application/octet-stream", *fields) + framed(body)
        client = instance.connect().send(sent[: len(sent) // 2])
        instance.all_read(client)
        yield Placed(client, (echoed(hashlib.sha256(body).hexdigest()),), whole=False)
        client.send(sent[len(sent) // 2 :])


_upload("upload under way, sized", f"Content-Length: {_UPLOAD + len('request 1')}", framed=bytes)
_upload(
    "upload under way, chunked", "Transfer-Encoding: chunked",
    framed=lambda body: chunked(*(body[start : start + 50_000] for start in range(0, len(body), 50_000))),
)  # fmt: skip


@step("request sent, worker stopped", holds=True)
def _unread(instance: Instance) -> Iterator[Placed]:
    sent, answer = _echo(instance)
    client = instance.connect()
    owner = instance.owner(client)
    assert owner is not None
    instance.hold(owner)
    client.send(sent)
    instance.unread(client, len(sent))
    yield Placed(client, (answer,), whole=True)
    instance.release()


@step("request sent, event loop busy", placement="loop", holds=True)
def _behind_a_busy_loop(instance: Instance) -> Iterator[Placed]:
    sent, answer = _echo(instance)
    client = instance.connect()
    other = instance.connect(at=instance.owner(client))
    other.send(post_json("/gated", {"x": 0, "gate": "busy"}))
    instance.at_gate("busy")
    client.send(sent)
    instance.unread(client, len(sent))
    yield Placed(client, (answer,), whole=True)
    instance.open_gate("busy")


@step("waiting for the model")
def _queued(instance: Instance) -> Iterator[Placed]:
    client = instance.connect()
    other = instance.connect(at=instance.owner(client))
    other.send(post_json("/gated", {"x": 0, "gate": "first"}))
    instance.at_gate("first")
    nonce = instance.nonce()
    client.send(post_json("/gated", {"x": nonce, "gate": "second"}))
    instance.all_read(client)
    yield Placed(client, (echoed(nonce),), whole=True)
    instance.open_gate("first")
    instance.open_gate("second")


def _in_the_model(name: str, path: str, placement: str = "thread") -> None:
    @step(name, placement=placement, holds=placement == "loop")
    def script(instance: Instance) -> Iterator[Placed]:
        nonce = instance.nonce()
        client = instance.connect().send(post_json(path, {"x": nonce, "gate": "model"}))
        instance.at_gate("model")
        yield Placed(client, (echoed(nonce),), whole=True)
        instance.open_gate("model")


_in_the_model("in the model, in a thread", "/gated")
_in_the_model("in the model, in the loop", "/gated", placement="loop")
_in_the_model("in the model, a coroutine", "/awaited")


@step("half of the answer read")
def _half_read(instance: Instance) -> Iterator[Placed]:
    client = instance.connect(receive_buffer=_SMALL_BUFFER)
    client.send(post_json("/large", {"size": _LARGE}))
    client.read_until(_LARGE // 4)
    yield Placed(client, (bytes(_LARGE),), whole=True)


def _stream(name: str, path: str) -> None:
    @step(name)
    def script(instance: Instance) -> Iterator[Placed]:
        nonce = instance.nonce()
        client = instance.connect().send(post_json(path, {"x": nonce, "gate": "stream"}))
        instance.at_gate("stream")
        client.read_until(100)
        yield Placed(client, (streamed(nonce),), whole=True)
        instance.open_gate("stream")


_stream("stream under way, a generator", "/stream")
_stream("stream under way, asynchronous", "/awaited-stream")


@step("idle after an answer")
def _idle(instance: Instance) -> Iterator[Placed]:
    (first, its_answer), (second, answer) = _echo(instance), _echo(instance)
    client = instance.connect()
    assert client.ask(first).body == its_answer
    yield Placed(client, (answer,), whole=False)
    client.send(second)


@step("pipelined, the second waits")
def _pipelined(instance: Instance) -> Iterator[Placed]:
    nonce, (second, answer) = instance.nonce(), _echo(instance)
    client = instance.connect().send(post_json("/gated", {"x": nonce, "gate": "model"}) + second)
    instance.at_gate("model")
    yield Placed(client, (echoed(nonce), answer), whole=True)
    instance.open_gate("model")


@step("pipelined, the second half sent")
def _half_pipelined(instance: Instance) -> Iterator[Placed]:
    nonce, (second, answer) = instance.nonce(), _echo(instance)
    client = instance.connect().send(post_json("/gated", {"x": nonce, "gate": "model"}) + second[:20])
    instance.at_gate("model")
    instance.all_read(client)
    yield Placed(client, (echoed(nonce), answer), whole=True)
    client.send(second[20:])
    instance.open_gate("model")


def _in_the_queue(instance: Instance, sent: bytes) -> Client:
    """A connection that waits in the accept queue, behind more than a worker takes in one turn of its loop."""
    instance.hold(*instance.workers())
    for _ in range(_AHEAD):
        Client(instance.port)
    client = Client(instance.port).send(sent)
    instance.queued(_AHEAD + 1)
    return client


@step("accept queue, with a request", holds=True)
def _waiting(instance: Instance) -> Iterator[Placed]:
    sent, answer = _echo(instance)
    yield Placed(_in_the_queue(instance, sent), (answer,), whole=True)
    instance.release()


@step("accept queue, half a request", holds=True)
def _waiting_half(instance: Instance) -> Iterator[Placed]:
    sent, answer = _echo(instance)
    client = _in_the_queue(instance, sent[:20])
    yield Placed(client, (answer,), whole=False)
    client.send(sent[20:])
    instance.release()


@step("TLS, no handshake yet", protocol="https")
def _tls_silent(instance: Instance) -> Iterator[Placed]:
    sent, answer = _echo(instance)
    client = instance.connect()
    yield Placed(client, (answer,), whole=False)
    instance.speak(client)
    client.send(sent)


@step("TLS, half a handshake", protocol="https")
def _tls_half(instance: Instance) -> Iterator[Placed]:
    sent, answer = _echo(instance)
    client = instance.connect()
    tls = client.tls()
    hello = tls.hello()
    tls.raw.sendall(hello[: len(hello) // 2])
    instance.all_read(client)
    yield Placed(client, (answer,), whole=False)
    tls.raw.sendall(hello[len(hello) // 2 :])
    tls.shake_hands()
    client.send(sent)


@step("TLS, idle after an answer", protocol="https")
def _tls_idle(instance: Instance) -> Iterator[Placed]:
    (first, its_answer), (second, answer) = _echo(instance), _echo(instance)
    client = instance.connect()
    instance.speak(client)
    assert client.ask(first).body == its_answer
    yield Placed(client, (answer,), whole=False)
    client.send(second)


@step("TLS, in the model", protocol="https")
def _tls_in_the_model(instance: Instance) -> Iterator[Placed]:
    nonce = instance.nonce()
    client = instance.connect()
    instance.speak(client)
    client.send(post_json("/gated", {"x": nonce, "gate": "model"}))
    instance.at_gate("model")
    yield Placed(client, (echoed(nonce),), whole=True)
    instance.open_gate("model")
