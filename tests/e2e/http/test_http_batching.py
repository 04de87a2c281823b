"""Requests that are ready together are one call; what is wrong with one of them is felt by nobody else."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from tests.e2e.http import packages
from tests.e2e.http.wire import Reply, Wire, post_json, request
from tests.e2e.serving_process import ServingProcess


@contextlib.contextmanager
def asked(server: ServingProcess, path: str, items: Sequence[Any]) -> Iterator[list[Wire]]:
    """One connection an item, its request sent."""
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(Wire(server.port)) for _ in items]
        for wire, item in zip(wires, items, strict=True):
            wire.send(post_json(path, {"item": item}))
        yield wires


def answers(server: ServingProcess, path: str, items: Sequence[Any]) -> list[Reply]:
    with asked(server, path, items) as wires:
        return [wire.reply() for wire in wires]


def test_together_up_to_the_largest_size(batches: ServingProcess) -> None:
    replies = [reply.json() for reply in answers(batches, "/waiting", range(8))]
    assert [reply["item"] for reply in replies] == list(range(8))
    assert [reply["batch"] for reply in replies] == [[0, 1, 2, 3]] * 4 + [[4, 5, 6, 7]] * 4


def test_a_batch_that_is_not_full_waits_no_longer_than_it_may(batches: ServingProcess) -> None:
    assert [reply.json()["batch"] for reply in answers(batches, "/waiting", "ab")] == [["a", "b"]] * 2


def test_alone_there_is_no_wait(batches: ServingProcess) -> None:
    with Wire(batches.port) as wire:
        for number in range(20):
            assert wire.ask(post_json("/quick", {"item": number})).json() == {"item": number, "batch": [number]}


def test_while_the_model_works_the_next_batch_gathers(batches: ServingProcess) -> None:
    """No timer: the first goes alone, the rest have come before it is done."""
    replies = [reply.json() for reply in answers(batches, "/threaded", range(9))]
    assert [reply["item"] for reply in replies] == list(range(9))
    sizes = [len(reply["batch"]) for reply in replies]
    assert max(sizes) == 4
    assert sum(1 / size for size in sizes) < 6, "fewer calls than requests"


def test_a_batched_coroutine(batches: ServingProcess) -> None:
    replies = [reply.json() for reply in answers(batches, "/awaited", range(5))]
    assert [reply["item"] for reply in replies] == list(range(5))


def test_several_arguments_are_a_list_each(batches: ServingProcess) -> None:
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(Wire(batches.port)) for _ in range(6)]
        for number, wire in enumerate(wires):
            wire.send(post_json("/pairs", {"left": number * 10, "right": number}))
        assert [wire.reply().json() for wire in wires] == [number * 9 for number in range(6)]


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        pytest.param("raise", 500, id="raises-for-the-whole-batch"),
        pytest.param("refuse", 400, id="an-exception-in-the-list"),
        pytest.param("no-json", 500, id="a-result-without-a-json-form"),
        pytest.param("unspeakable", 400, id="a-reason-that-is-no-text"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_bad_item_spoils_only_itself(batches: ServingProcess, bad: str, status: int, place: int) -> None:
    items = ["a", "b", "c", "d"]
    items[place] = bad
    for item, reply in zip(items, answers(batches, "/moody", items), strict=True):
        if item == bad:
            assert reply.status == status
        else:
            assert (reply.status, reply.json()["item"]) == (200, item)


@pytest.mark.parametrize(
    ("path", "bad", "status"),
    [pytest.param("/short", "short", 200, id="too-few"), pytest.param("/wrong", "wrong", 500, id="no-list")],
)
def test_a_wrong_number_of_results_spoils_only_the_guilty(
    batches: ServingProcess, path: str, bad: str, status: int
) -> None:
    """The calls are repeated one by one; a single result is one too few no more."""
    replies = answers(batches, path, ["a", bad, "c"])
    assert [replies[place].json()["item"] for place in (0, 2)] == ["a", "c"]
    assert replies[1].status == status


def test_an_item_that_breaks_the_contract_never_gets_to_the_batch(batches: ServingProcess) -> None:
    with Wire(batches.port) as good, Wire(batches.port) as bad, Wire(batches.port) as other:
        good.send(post_json("/pairs", {"left": 3, "right": 1}))
        bad.send(post_json("/pairs", {"left": "x", "right": 1}))
        other.send(post_json("/pairs", {"left": 5}))
        assert good.reply().json() == 2
        assert bad.reply().status == 422
        assert other.reply().status == 422


@pytest.mark.parametrize("leave", [Wire.close, Wire.reset], ids=["close", "reset"])
def test_a_client_that_leaves_before_its_batch_is_left_out(batches: ServingProcess, leave: Any) -> None:
    """An end of sending that soon may be a half-close: then it is computed, and nobody else is hurt."""
    with asked(batches, "/waiting", ["stays", "leaves", "stays, too"]) as wires:
        leave(wires[1])
        together = ["stays", "stays, too"] if leave is Wire.reset else ["stays", "leaves", "stays, too"]
        for wire, item in ((wires[0], "stays"), (wires[2], "stays, too")):
            assert wire.reply().json() == {"item": item, "batch": together}


@pytest.mark.parametrize("leave", [Wire.close, Wire.reset], ids=["close", "reset"])
def test_a_client_that_leaves_while_its_batch_is_computed(batches: ServingProcess, leave: Any) -> None:
    since = len(batches.entries)
    with asked(batches, "/threaded", ["a", "b", "c"]) as wires:
        batches.wait_for_entry(lambda entry: "computing" in entry["message"] and entry in batches.entries[since:])
        leave(wires[0])
        assert [wire.reply().json()["item"] for wire in wires[1:]] == ["b", "c"]


def test_a_slow_model_keeps_nothing_else_waiting(batches: ServingProcess) -> None:
    """It starts in a thread, and stays there: two hundred health checks are answered while it computes."""
    with asked(batches, "/threaded", range(4)) as wires:
        with Wire(batches.port) as probe:
            for _ in range(200):
                assert probe.ask(request("GET /health")).json() == {"health": "true"}
                assert probe.ask(post_json("/quick", {"item": 1})).status == 200
        assert [wire.reply().json()["item"] for wire in wires] == list(range(4))


def test_work_of_a_client_that_has_gone_is_not_begun(tmp_path_factory: pytest.TempPathFactory) -> None:
    package = packages.general(tmp_path_factory.mktemp("gone") / "package")
    with (
        ServingProcess(package, "--placement", "thread") as server,
        Wire(server.port) as first,
        Wire(server.port) as last,
    ):
        first.send(post_json("/sleep", {"seconds": 0.5}))
        server.wait_for_entry(lambda entry: entry["message"] == "sleeping for 0.5")
        gone = [Wire(server.port).send(post_json("/sleep", {"seconds": 30})) for _ in range(5)]
        assert last.ask(request("GET /health")).status == 200
        time.sleep(0.2)  # an end of sending right after a request would be a half-close
        for wire in gone:
            wire.close()
        assert first.reply().json() == {"slept": 0.5}
        assert last.ask(post_json("/sleep", {"seconds": 0})).json() == {"slept": 0.0}, "none of the five is in the way"
