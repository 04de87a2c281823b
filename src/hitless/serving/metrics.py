"""Counters in the shared board, and their Prometheus text (exposition format 0.0.4).

Where each series lies in a worker's row is decided once, from the endpoints' names; counting is adding to a cell.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from hitless.serving.board import FIXED_CELLS, Board, Cell

# 499: the client went away before its answer; 0: any other
STATUSES = (200, 201, 202, 204, 206, 301, 302, 304, 400, 401, 403, 404, 405, 408, 409, 410, 413, 414, 415, 417, 422,
            429, 431, 499, 500, 501, 502, 503, 504, 505, 0)  # fmt: skip
_STATUS_INDEX = {status: index for index, status in enumerate(STATUSES)}
_OTHER = len(STATUSES) - 1

LATENCY_BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
BATCH_BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256)

_LATENCY_CELLS = len(LATENCY_BOUNDS_S) + 2  # buckets, +Inf, sum in microseconds
_BATCH_CELLS = len(BATCH_BOUNDS) + 2  # buckets, +Inf, sum
_CELLS = len(STATUSES) + _LATENCY_CELLS + _BATCH_CELLS

OTHER_ENDPOINT = "-"  # what no endpoint of the contract answered


def counters_for(endpoints: Sequence[str]) -> int:
    """How many counters a row needs for these endpoints and the one of everything else."""
    return _CELLS * (len(endpoints) + 1)


class EndpointMetrics:
    """The counters of one endpoint in one worker's row."""

    __slots__ = ("_batch", "_latency", "_row", "_status")

    def __init__(self, row: memoryview, index: int) -> None:
        self._row = row
        self._status = FIXED_CELLS + index * _CELLS
        self._latency = self._status + len(STATUSES)
        self._batch = self._latency + _LATENCY_CELLS

    def answered(self, status: int, seconds: float) -> None:
        """One answer, `seconds` after its request had arrived whole."""
        row = self._row
        row[self._status + _STATUS_INDEX.get(status, _OTHER)] += 1
        row[self._latency + bisect_left(LATENCY_BOUNDS_S, seconds)] += 1
        row[self._latency + _LATENCY_CELLS - 1] += int(seconds * 1e6)

    def called(self, size: int) -> None:
        """One call of the model with a batch of `size` requests."""
        row = self._row
        row[self._batch + bisect_left(BATCH_BOUNDS, size)] += 1
        row[self._batch + _BATCH_CELLS - 1] += size


def answered_by(board: Board, endpoints: int) -> int:
    """Answers of the first so many endpoints, all workers together."""
    starts = (FIXED_CELLS + index * _CELLS for index in range(endpoints))
    return sum(board.total(start + offset) for start in starts for offset in range(len(STATUSES)))


def exposition(board: Board, endpoints: Sequence[str]) -> str:
    """The text of /metrics: all workers together."""
    return "\n".join(_lines(board, [*endpoints, OTHER_ENDPOINT])) + "\n"


def _lines(board: Board, endpoints: Sequence[str]) -> Iterator[str]:
    yield from _family("hitless_requests_total", "counter", "Answers by endpoint and status.")
    for index, endpoint in enumerate(endpoints):
        start = FIXED_CELLS + index * _CELLS
        for offset, status in enumerate(STATUSES):
            count = board.total(start + offset)
            if count:
                label = status or "other"
                yield f'hitless_requests_total{{endpoint="{_escaped(endpoint)}",status="{label}"}} {count}'
    yield from _family("hitless_request_seconds", "histogram", "From a request's last byte to its answer.")
    for index, endpoint in enumerate(endpoints):
        start = FIXED_CELLS + index * _CELLS + len(STATUSES)
        yield from _histogram("hitless_request_seconds", endpoint, board, start, LATENCY_BOUNDS_S, 1e-6)
    yield from _family("hitless_batch_size", "histogram", "Requests in one call of the model.")
    for index, endpoint in enumerate(endpoints[:-1]):
        start = FIXED_CELLS + index * _CELLS + len(STATUSES) + _LATENCY_CELLS
        yield from _histogram("hitless_batch_size", endpoint, board, start, BATCH_BOUNDS, 1)
    for name, cell, text in _GAUGES:
        yield from _family(name, "gauge", text)
        yield f"{name} {board.total(cell)}"
    yield from _family("hitless_workers", "gauge", "Workers that have their model and take requests.")
    yield f"hitless_workers {board.serving()}"
    yield from _family("hitless_phase", "gauge", "0 starting, 1 ready, 2 lingering, 3 draining, 4 stopped.")
    yield f"hitless_phase {int(board.phase)}"
    yield from _family("hitless_worker_restarts_total", "counter", "Workers replaced because they had died.")
    yield f"hitless_worker_restarts_total {board.restarts}"
    yield from _family("hitless_reloads_total", "counter", "New versions of the package, by what became of them.")
    yield f'hitless_reloads_total{{outcome="serves"}} {board.reloads}'
    yield f'hitless_reloads_total{{outcome="not_loaded"}} {board.failed_reloads}'


_GAUGES = (
    ("hitless_connections", Cell.CONNECTIONS, "Open connections."),
    ("hitless_requests_in_flight", Cell.IN_FLIGHT, "Requests received and not yet answered."),
    ("hitless_requests_queued", Cell.QUEUED, "Requests that wait for the model."),
)


def _family(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"


def _histogram(
    name: str, endpoint: str, board: Board, start: int, bounds: Sequence[float], unit: float
) -> Iterator[str]:
    label, count = _escaped(endpoint), 0
    for offset, bound in enumerate([*map(str, bounds), "+Inf"]):
        count += board.total(start + offset)
        yield f'{name}_bucket{{endpoint="{label}",le="{bound}"}} {count}'
    yield f'{name}_sum{{endpoint="{label}"}} {board.total(start + len(bounds) + 1) * unit}'
    yield f'{name}_count{{endpoint="{label}"}} {count}'


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
