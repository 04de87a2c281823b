"""The example of the specification (API-3, HEALTH-2), through a running server and real clients."""

from __future__ import annotations

import asyncio
import gzip
import json
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.e2e.serving_process import ServingProcess

TO_REACH = 0.994  # of the 10 000 test images


@pytest.fixture(scope="module")
def server(mnist_example: Path) -> Iterator[ServingProcess]:
    with ServingProcess(mnist_example, "--workers", "2", "--access-log") as process:
        yield process


def test_the_call_of_the_specification(server: ServingProcess, mnist_example: Path) -> None:
    command = ["curl", "-sS", "-X", "POST", f"{server.url}/", "-F", f"images=@{mnist_example}/seven.jpg"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    assert json.loads(answer) == {"mnist_result": 7}


def test_health(server: ServingProcess) -> None:
    answer = httpx.get(f"{server.url}/health")
    assert (answer.status_code, answer.text) == (200, '{"health": "true"}')


def test_a_photograph_in_colour(server: ServingProcess, mnist_example: Path) -> None:
    with (mnist_example / "seven-photo.png").open("rb") as photo:
        assert httpx.post(server.url, files={"images": photo}).json() == {"mnist_result": 7}


@pytest.mark.parametrize(
    ("picture", "statuses"),
    [
        pytest.param(b"", (400, 422), id="empty"),
        pytest.param(b"\xff\xd8\xff\xe0 no jpeg", (400, 422), id="broken"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * 64, (400, 422), id="broken-png"),
        pytest.param(
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0) + bytes(32),
            (400, 422), id="bomb",
        ),
    ],
)  # fmt: skip
def test_a_bad_picture_gets_a_reason_and_the_server_lives(
    server: ServingProcess, mnist_example: Path, picture: bytes, statuses: tuple[int, ...]
) -> None:
    answer = httpx.post(server.url, files={"images": ("bad.jpg", picture)})
    assert answer.status_code in statuses
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    test_a_photograph_in_colour(server, mnist_example)


def test_a_request_leaves_a_trace_on_stdout(server: ServingProcess) -> None:
    httpx.get(f"{server.url}/health", headers={"x-request-id": "a-trace"})
    entry = server.wait_for_entry(lambda entry: entry.get("request_id") == "a-trace", within_s=10)
    assert (entry["message"], entry["path"], entry["status"]) == ("request", "/health", 200)


def test_accuracy_through_the_server(server: ServingProcess, mnist_data: Path) -> None:
    images, labels = _idx(mnist_data / "t10k-images-idx3-ubyte.gz"), _idx(mnist_data / "t10k-labels-idx1-ubyte.gz")
    answers = asyncio.run(_ask_all(server.url, images))
    assert len(answers) == len(labels) == 10_000
    assert float(np.mean(np.array(answers) == labels)) >= TO_REACH


def _idx(file: Path) -> NDArray[np.uint8]:
    data = gzip.decompress(file.read_bytes())
    dimensions = data[3]
    shape = struct.unpack(f">{dimensions}I", data[4 : 4 + 4 * dimensions])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


async def _ask_all(url: str, images: NDArray[np.uint8]) -> list[int]:
    from simplejpeg import encode_jpeg

    limit = asyncio.Semaphore(64)
    async with aiohttp.ClientSession() as session:

        async def ask(image: NDArray[np.uint8]) -> int:
            form = aiohttp.FormData()
            form.add_field("images", encode_jpeg(image[..., None], 95, "GRAY"), filename="digit.jpg")
            async with limit, session.post(url, data=form) as answer:
                return int((await answer.json())["mnist_result"])

        return list(await asyncio.gather(*(ask(image) for image in images)))
