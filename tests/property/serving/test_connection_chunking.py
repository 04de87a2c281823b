"""However the network cuts a connection's bytes, the same requests are understood, and the same answers given.

Each example is cut in two at every place, at the places that hypothesis chose, and into single bytes: a few hundred
examples are tens of thousands of cases.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.property.serving.in_memory import Bench, LaterRoute, Reply, cut
from tests.property.serving.request_bytes import CUTS, Sent, mutated, pipelines, written

from hitless.serving.options import Options


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


@pytest.fixture(scope="module")
def later() -> Iterator[Bench]:
    made = Bench(later=True)
    yield made
    made.close()


@pytest.fixture(scope="module")
def narrow() -> Iterator[Bench]:
    # Heads, and what surrounds chunks, stay within 1 000 bytes: beyond, what never ends has to be refused unseen.
    made = Bench(Options(max_body_bytes=40, max_line_bytes=64, max_head_bytes=1000, max_headers=5))
    yield made
    made.close()


def served(bench: Bench, chunks: list[bytes]) -> tuple[list[Reply], bool]:
    """The answers, and whether the connection is still good. 100 Continue goes only to who has not yet sent a body."""
    wire = bench.connect()
    wire.feed(chunks)
    answers, alive = [answer for answer in wire.replies() if answer.status != 100], not wire.transport.done
    wire.hang_up()
    assert bench.in_flight == 0
    assert bench.service.buffered == 0
    return answers, alive


def every_way(data: bytes, cuts: list[int]) -> Iterator[list[bytes]]:
    yield cut(data, cuts)
    yield [data[place : place + 1] for place in range(len(data))]
    for place in range(1, len(data)):
        yield [data[:place], data[place:]]


@settings(max_examples=100, deadline=None)
@given(pipeline=pipelines(), cuts=CUTS)
def test_requests_are_understood_as_they_were_meant(bench: Bench, pipeline: list[Sent], cuts: list[int]) -> None:
    """parse(write(x)) == x, cut anywhere."""
    meant = [sent.understood() for sent in pipeline]
    for chunks in every_way(written(pipeline), cuts):
        bench.route.seen.clear()
        answers, alive = served(bench, chunks)
        assert bench.route.seen == meant
        assert [answer.status for answer in answers] == [200] * len(pipeline)
        assert [answer.keeps for answer in answers] == [not sent.closes for sent in pipeline]
        assert alive is not pipeline[-1].closes


@settings(max_examples=150, deadline=None)
@given(data=mutated(), cuts=CUTS)
@example(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\0", [])
@example(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n\r", [])
def test_broken_requests_are_answered_alike(bench: Bench, data: bytes, cuts: list[int]) -> None:
    whole = served(bench, [data])
    for chunks in every_way(data, cuts):
        assert served(bench, chunks) == whole


@settings(max_examples=150, deadline=None)
@given(data=st.one_of(pipelines(most=6).map(written), mutated()), cuts=CUTS)
def test_limits_are_felt_alike(narrow: Bench, data: bytes, cuts: list[int]) -> None:
    whole = served(narrow, [data])
    for chunks in every_way(data, cuts):
        assert served(narrow, chunks) == whole


@settings(max_examples=150, deadline=None)
@given(pipeline=pipelines(most=20), cuts=CUTS)
def test_late_answers_come_in_order(later: Bench, pipeline: list[Sent], cuts: list[int]) -> None:
    """The server stops reading when it has enough in hand, and goes on; nothing is lost, doubled or out of turn."""
    assert isinstance(later.route, LaterRoute)
    later.route.seen.clear()
    wire = later.connect()
    chunks = cut(written(pipeline), cuts)
    for _ in range(10 * len(pipeline) + len(chunks)):
        if chunks and wire.transport.reading:
            wire.connection.data_received(chunks.pop(0))
        else:
            later.route.answer_all()
    assert later.route.seen == [sent.understood() for sent in pipeline]
    assert [answer.status for answer in wire.replies()] == [200] * len(pipeline)
    wire.hang_up()
    assert later.in_flight == 0


@settings(max_examples=150, deadline=None)
@given(pipeline=pipelines(most=12), cuts=CUTS, answered=st.integers(0, 12))
def test_a_client_that_leaves_leaves_nothing_behind(
    later: Bench, pipeline: list[Sent], cuts: list[int], answered: int
) -> None:
    assert isinstance(later.route, LaterRoute)
    wire = later.connect()
    for chunk in cut(written(pipeline), cuts):
        if wire.transport.reading:
            wire.connection.data_received(chunk)
    for _ in range(answered):
        later.route.answer_all()
    wire.hang_up()
    later.route.answer_all()  # too late: goes nowhere
    assert later.in_flight == 0
    assert later.service.buffered == 0
    assert wire.connection not in later.service.connections
