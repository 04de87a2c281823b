"""The rounds: every builder from nothing and after changes of code, in turns, so that noise meets all of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.images.real_registry import RealRegistry

from bench.images.builders import Builder, Ours
from bench.images.command import Done, FailedError
from bench.images.workshop import Workshop, blob_bytes, change

FIRST, CHANGE, CLONE = "first build and push", "code change, rebuild and push", "code change in a fresh clone"
CHANGES = 2


@dataclass(frozen=True)
class Point:
    """One measured build and push. `sent`: bytes that the registry has more than before."""

    builder: str
    what: str
    round: int
    seconds: float
    cpu_s: float
    sent: int


def measure(workshop: Workshop, builders: list[Builder], rounds: int, say: Callable[[str], None]) -> Iterator[Point]:
    for number in range(rounds):
        for builder in builders[number % len(builders) :] + builders[: number % len(builders)]:
            say(f"round {number + 1} of {rounds}: {builder.name}")
            data = workshop.folder / f"registry-{builder.name}-{number}"
            shutil.rmtree(data, ignore_errors=True)  # of an earlier run
            try:
                with RealRegistry(data) as registry:  # an empty one for each: what is sent, is new there
                    yield from _round(workshop, builder, number, registry.host, data / "data")
            except FailedError as error:
                say(f"{builder.name} cannot: {error}")
            shutil.rmtree(data, ignore_errors=True)


def _round(workshop: Workshop, builder: Builder, number: int, host: str, data: Path) -> Iterator[Point]:
    reference = f"{host}/bench/mnist:v1"

    def point(what: str, work: Callable[[], list[Done]]) -> Point:
        before = blob_bytes(data)
        done = work()
        seconds, cpu_s = sum(one.seconds for one in done), sum(one.cpu_s for one in done)
        return Point(builder.name, what, number, seconds, cpu_s, blob_bytes(data) - before)

    builder.prepare(number)
    try:
        yield point(FIRST, lambda: builder.first(reference))
        for change_number in range(CHANGES):
            yield point(CHANGE, lambda: builder.changed(reference, change_number))  # noqa: B023 - used at once
        if isinstance(builder, Ours):
            clone, cache = workshop.package(f"clone-{number}"), workshop.folder / "caches" / f"empty-{number}"
            change(clone / "model.py", 99)
            yield point(CLONE, lambda: [builder.build(clone, cache, reference)])
    finally:
        builder.finish()
