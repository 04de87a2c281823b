"""Hostile forms take linear time: 32 times the size costs far less than the 1024 times that squares would.

Time is CPU time of the process and only ever compared with itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from hitless.serving.multipart import FormError, parse_multipart, parse_urlencoded

LARGE = 1 << 30
START = b'--B\r\nContent-Disposition: form-data; name="a"'
HOSTILE: dict[str, Callable[[int], bytes]] = {
    "almost-boundaries": lambda n: START + b"\r\n\r\n" + b"\r\n--Bx" * (n // 6) + b"\r\n--B--",
    "line-breaks": lambda n: START + b"\r\n\r\n" + b"\r\n" * (n // 2) + b"\r\n--B--",
    "dashes": lambda n: START + b"\r\n\r\n\r\n" + b"-" * n + b"\r\n--B--",
    "padding": lambda n: START + b"\r\n\r\n\r\n--B" + b" " * n + b"x\r\n--B--",
    "parts": lambda n: (START + b"\r\n\r\n\r\n") * (n // len(START)) + b"--B--",
    "headers": lambda n: START + b"\r\nX: 1" * (n // 6) + b"\r\n\r\nv\r\n--B--",
    "endless-head": lambda n: START + b"\r\nX: 1\r" * (n // 7),
    "semicolons": lambda n: START + b";" * n + b"\r\n\r\nv\r\n--B--",
    "parameters": lambda n: START + b";k=v" * (n // 4) + b"\r\n\r\nv\r\n--B--",
    "blanks-in-parameters": lambda n: START + b"; " + b" " * n + b'"\r\n\r\nv\r\n--B--',
    "backslashes": lambda n: START + b'; k="' + b"\\" * n + b"\r\n\r\nv\r\n--B--",
    "escaped-quotes": lambda n: START + b'; filename="' + b'\\"' * (n // 2) + b"\r\n\r\nv\r\n--B--",
    "quotes": lambda n: START + b"; k=" + b'"' * n + b"\r\n\r\nv\r\n--B--",
    "percents": lambda n: START + b'; filename="' + b"%2" * (n // 2) + b'"\r\n\r\nv\r\n--B--',
    "apostrophes": lambda n: START + b"; filename*=" + b"'" * n + b"\r\n\r\nv\r\n--B--",
    "blanks-behind-content-type": lambda n: START + b"\r\nContent-Type: x" + b" " * n + b"\r\n\r\nv\r\n--B--",
}


def cpu_seconds(work: Callable[[], object]) -> float:
    """Of this process, the best of three; refusals take time too."""
    times = []
    for _ in range(3):
        start = time.process_time()
        with suppress(FormError):
            work()
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_linear_in_hostile_bodies(hostile: Callable[[int], bytes]) -> None:
    small, large = hostile(1 << 15), hostile(1 << 20)
    read = partial(parse_multipart, boundary=b"B", max_parts=LARGE, max_part_head=LARGE)
    assert cpu_seconds(lambda: read(large)) < 32 * 8 * max(cpu_seconds(lambda: read(small)), 1e-4)


@pytest.mark.parametrize("piece", [b"&", b"%", b"%2", b"%41", b"a%41", b"+", b"=", b"a=b&"])
def test_linear_in_hostile_fields(piece: bytes) -> None:
    small, large = piece * ((1 << 15) // len(piece)), piece * ((1 << 20) // len(piece))
    read = partial(parse_urlencoded, max_fields=LARGE)
    assert cpu_seconds(lambda: read(large)) < 32 * 8 * max(cpu_seconds(lambda: read(small)), 1e-4)
