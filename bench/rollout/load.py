"""The load generator, a process of its own: `python -m bench.rollout.load '{"port": …}'`. Runs until its input ends.

Prints `{"requests", "failed"}` once a second, and the whole tally as the last line.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict, dataclass

import uvloop

from bench.rollout.asked import Dialect, Shape
from bench.rollout.client import Client, Place
from bench.rollout.outcomes import Tally

POOLED = FRESH = 32
_SLOW = (Shape.SLOW_SEND, Shape.SLOW_SEND, Shape.SLOW_READ, Shape.SLOW_READ, Shape.STREAM, Shape.STREAM)
_SLOW_PERIOD_S = 1.5
_NUMBERS = 10**9  # of one client


@dataclass(frozen=True)
class Order:
    """`rate`: requests a second of all clients that are not slow."""

    host: str
    port: int
    rate: float
    seed: int
    shapes: tuple[str, ...] = tuple(Shape)
    dialect: str = Dialect.PLAIN

    def as_argument(self) -> str:
        return json.dumps(asdict(self))


def places(rate: float, shapes: tuple[str, ...], dialect: Dialect = Dialect.PLAIN) -> list[Place]:
    """32 pooled and 32 fresh-connection clients; of each, six are slow or take streams. Schedules are spread evenly."""
    made = []
    quick = POOLED + FRESH - 2 * len(_SLOW)
    for index in range(POOLED + FRESH):
        pooled, place = index % 2 == 0, index // 2
        shape = _SLOW[place] if place < len(_SLOW) and _SLOW[place] in shapes else Shape.MIXED
        slow = place < len(_SLOW)
        period = _SLOW_PERIOD_S if slow else quick / rate
        name = f"{'pooled' if pooled else 'fresh'}, {shape}"
        offset = period * index / (POOLED + FRESH)
        made.append(Place(name, pooled, shape, offset, period, (index + 1) * _NUMBERS, dialect))
    return made


async def run(order: Order) -> Tally:
    loop, stop, tally = asyncio.get_running_loop(), asyncio.Event(), Tally()
    loop.add_reader(sys.stdin, stop.set)
    start = loop.time() + 0.1
    address = (order.host, order.port)
    clients = [
        Client(place, address, order.seed, tally) for place in places(order.rate, order.shapes, Dialect(order.dialect))
    ]
    tasks = [loop.create_task(client.run(start, stop)) for client in clients]
    while not stop.is_set():
        _say({"requests": tally.requests, "failed": tally.failed})
        await asyncio.wait([loop.create_task(stop.wait())], timeout=1)
    loop.remove_reader(sys.stdin)
    await asyncio.gather(*tasks)
    tally.seconds = loop.time() - start
    return tally


def _say(value: object) -> None:
    print(json.dumps(value), flush=True)


def main() -> None:
    given = json.loads(sys.argv[1])
    order = Order(**{**given, "shapes": tuple(given["shapes"])})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        _say(runner.run(run(order)).as_json())


if __name__ == "__main__":
    main()
