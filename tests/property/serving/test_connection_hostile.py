"""Random and broken bytes: never an exception, never a hang, always an answer or the end, and nothing left behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.property.serving.in_memory import Bench, cut
from tests.property.serving.request_bytes import CUTS, mutated


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def ends_well(bench: Bench, data: bytes, cuts: list[int]) -> None:
    wire = bench.connect()
    wire.feed(cut(data, cuts))
    answers = wire.replies()
    assert all(answer.keeps for answer in answers[:-1]), "something was said after the last word"
    assert wire.transport.done is bool(answers and not answers[-1].keeps)
    assert 500 not in {answer.status for answer in answers}
    wire.wait_for_the_end(bench.loop)
    assert wire.transport.closed, "it would stay open for ever"
    wire.connection.connection_lost(None)
    assert bench.in_flight == 0
    assert bench.service.buffered == 0
    assert wire.connection not in bench.service.connections


@settings(max_examples=400, deadline=None)
@given(data=mutated(), cuts=CUTS)
@example(b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n\x16\x03", [])
@example(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n\0", [3])
@example(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 1\r\n\r\n", [])
def test_broken_requests(bench: Bench, data: bytes, cuts: list[int]) -> None:
    ends_well(bench, data, cuts)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=300), cuts=CUTS)
def test_noise(bench: Bench, data: bytes, cuts: list[int]) -> None:
    ends_well(bench, data, cuts)


@settings(max_examples=300, deadline=None)
@given(start=st.sampled_from([b"GET ", b"GET / ", b"GET / HTTP/1.1\r\n",
                              b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ",
                              b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"]),
       data=st.binary(max_size=200), cuts=CUTS)  # fmt: skip
def test_noise_after_a_good_start(bench: Bench, start: bytes, data: bytes, cuts: list[int]) -> None:
    ends_well(bench, start + data, cuts)
