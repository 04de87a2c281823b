"""What the clients of the rollout ask, and which answers count as right."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

import pytest
from bench.rollout.asked import HUGE, LARGE, SLOW_ANSWER, Dialect, Request, Shape, request

SHAPES = pytest.mark.parametrize("shape", [pytest.param(shape, id=shape.value) for shape in Shape])


@SHAPES
def test_a_request_follows_from_seed_and_number(shape: Shape) -> None:
    assert request(1, 5, shape) == request(1, 5, shape)
    assert request(1, 5, shape).body != request(2, 5, shape).body
    assert request(1, 5, shape).body != request(1, 6, shape).body


def answer_of(asked: Request) -> bytes:
    """What a server says that does as it is told."""
    if asked.path == "/upload":
        digest = hashlib.md5(asked.body, usedforsecurity=False).hexdigest()
        return json.dumps({"number": int(asked.body[:16]), "digest": digest, "instance": "i3"}).encode()
    body = json.loads(asked.body)
    digest = hashlib.md5(body["text"].encode(), usedforsecurity=False).hexdigest()
    if asked.path == "/stream":
        return "".join(f"{body['number']} {part}\n" for part in range(10)).encode() + digest.encode()
    return json.dumps({"number": body["number"], "digest": digest, "pad": "x" * body["pad"]}).encode()


@SHAPES
def test_the_right_answer_is_right_and_no_other(shape: Shape) -> None:
    for number in range(40):
        asked = request(3, number, shape)
        answer = answer_of(asked)
        assert asked.is_right(answer)
        assert not asked.is_right(answer[:-1])
        assert not asked.is_right(answer.replace(str(number).encode(), b"77", 1))
        assert not asked.is_right(answer_of(request(3, number + 1, shape)))
        assert not asked.is_right(b"[]")


def test_sizes_are_mixed() -> None:
    sizes = [len(request(4, number, Shape.MIXED).body) for number in range(3000)]
    counted = Counter("huge" if s > HUGE[0] else "large" if s > LARGE[0] else "small" for s in sizes)
    assert max(sizes) <= HUGE[1] + 16
    assert 10 < counted["huge"] < 60
    assert 90 < counted["large"] < 220
    assert all(size < 1000 or size > LARGE[0] for size in sizes)


def test_a_slow_reader_gets_a_long_answer() -> None:
    assert len(answer_of(request(1, 1, Shape.SLOW_READ))) > SLOW_ANSWER


@pytest.mark.parametrize("shape", [Shape.MIXED, Shape.SLOW_SEND, Shape.SLOW_READ])
def test_other_dialects_ask_the_same_in_json(shape: Shape) -> None:
    for number in range(200):
        plain = request(3, number, shape)
        for dialect, path in ((Dialect.JSON, "/echo"), (Dialect.COG, "/predictions")):
            asked = request(3, number, shape, dialect)
            fields = json.loads(asked.body)
            fields = fields["input"] if dialect is Dialect.COG else fields
            answer = answer_of(Request(number, "/echo", "", json.dumps(fields).encode(), b"", shape))
            wrapped = json.dumps({"output": answer.decode()}).encode()
            assert asked.path == path
            assert asked.is_right(wrapped if dialect is Dialect.COG else answer)
            assert not asked.is_right(answer if dialect is Dialect.COG else wrapped)
            assert abs(len(asked.body) - len(plain.body)) < 100


@pytest.mark.parametrize("close", [True, False])
def test_the_head_says_whether_the_connection_ends(close: bool) -> None:
    asked = request(1, 1, Shape.MIXED)
    lines = asked.head("127.0.0.1:80", close=close).decode().split("\r\n")
    assert lines[0] == f"POST {asked.path} HTTP/1.1"
    assert ("connection: close" in lines) is close
    assert f"content-length: {len(asked.body)}" in lines
