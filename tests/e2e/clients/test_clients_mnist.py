"""The clients that people use, on the example: each with its own encoder, its own pool, its own idea of HTTP."""

from __future__ import annotations

import asyncio
import concurrent.futures
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests
from PIL import Image
from tests.e2e.serving_process import ServingProcess

SEVEN = {"mnist_result": 7}
CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
WRK = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")


@pytest.fixture(scope="module")
def server(mnist_example: Path) -> Iterator[ServingProcess]:
    with ServingProcess(mnist_example, "--workers", "2", "--access-log") as process:
        yield process


@pytest.fixture(scope="module")
def seven(mnist_example: Path) -> bytes:
    return (mnist_example / "seven.jpg").read_bytes()


@pytest.fixture(scope="module")
def large_picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise of three megabytes: no digit, but a picture."""
    file = tmp_path_factory.mktemp("pictures") / "noise.png"
    Image.effect_noise((1800, 1800), 100).save(file)
    assert file.stat().st_size > 2_500_000
    return file


@pytest.fixture(scope="module")
def too_large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("pictures") / "huge.jpg"
    file.write_bytes(bytes(20_000_000))
    return file


def curl(*arguments: str) -> str:
    done = subprocess.run(["curl", "-sS", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@CURL
def test_curl_keeps_its_connection(server: ServingProcess, mnist_example: Path) -> None:
    upload = ["-F", f"images=@{mnist_example}/seven.jpg", "-w", "\n%{http_code} %{num_connects}\n"]
    next_one = ["--next", "-sS", *upload, server.url]
    lines = curl(*upload, server.url, *next_one, *next_one).splitlines()
    assert [json.loads(line) for line in lines[::2]] == [SEVEN] * 3
    assert lines[1::2] == ["200 1", "200 0", "200 0"]


@CURL
@pytest.mark.parametrize("version", ["--http1.0", "--http1.1"])
def test_curl_of_either_version(server: ServingProcess, mnist_example: Path, version: str) -> None:
    assert json.loads(curl(version, "-F", f"images=@{mnist_example}/seven.jpg", server.url)) == SEVEN


@CURL
def test_curl_offers_http_2(server: ServingProcess, mnist_example: Path) -> None:
    if "HTTP2" not in curl("--version"):
        pytest.skip("this curl speaks no HTTP/2")
    form = ["-F", f"images=@{mnist_example}/seven.jpg", "-w", "\n%{http_version}"]
    body, version = curl("--http2", *form, server.url).splitlines()
    assert (json.loads(body), version) == (SEVEN, "1.1")


@CURL
def test_curl_sends_chunks(server: ServingProcess, mnist_example: Path) -> None:
    form = ["-F", f"images=@{mnist_example}/seven.jpg", "-H", "Transfer-Encoding: chunked"]
    assert json.loads(curl(*form, server.url)) == SEVEN


@CURL
def test_curl_waits_for_100_before_a_large_body(server: ServingProcess, large_picture: Path) -> None:
    said = curl("-v", "-H", "Expect: 100-continue", "-F", f"images=@{large_picture}", server.url)
    assert "HTTP/1.1 100 Continue" in said
    assert "HTTP/1.1 200 OK" in said
    assert "mnist_result" in said


@CURL
@pytest.mark.parametrize("expect", ["Expect: 100-continue", "Expect:"], ids=["asks-first", "just-sends"])
def test_curl_reads_413(server: ServingProcess, too_large: Path, expect: str) -> None:
    write = "\n%{http_code} %{size_upload}"
    body, last = curl("-H", expect, "-F", f"images=@{too_large}", "-w", write, server.url).splitlines()
    status, uploaded = last.split()
    assert status == "413"
    assert "12,582,912" in json.loads(body)["detail"]
    if expect != "Expect:":
        assert int(uploaded) < 1_000_000, "the body was not sent"


def test_httpx_keeps_its_connection(server: ServingProcess, seven: bytes) -> None:
    with httpx.Client() as client:
        addresses = set()
        for _ in range(10):
            answer = client.post(server.url, files={"images": seven})
            assert (answer.status_code, answer.json()) == (200, SEVEN)
            addresses.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
    assert len(addresses) == 1


def test_httpx_reads_413_and_goes_on(server: ServingProcess, too_large: Path, seven: bytes) -> None:
    with httpx.Client(timeout=30) as client:
        assert client.post(server.url, files={"images": too_large.read_bytes()}).status_code == 413
        assert client.post(server.url, files={"images": seven}).json() == SEVEN


def test_requests_keeps_its_connection(server: ServingProcess, seven: bytes) -> None:
    with requests.Session() as session:
        for _ in range(10):
            answer = session.post(server.url, files={"images": ("seven.jpg", seven, "image/jpeg")}, timeout=30)
            assert (answer.status_code, answer.json()) == (200, SEVEN)
        pools = session.get_adapter(server.url).poolmanager.pools  # type: ignore[attr-defined]
        [pool] = [pools[key] for key in pools.keys()]  # noqa: SIM118 (it is no mapping)
        assert (pool.num_connections, pool.num_requests) == (1, 10)


def test_requests_streams_a_generator_in_chunks(server: ServingProcess, seven: bytes) -> None:
    sent = requests.Request("POST", server.url, files={"images": seven}).prepare()
    body, kind = sent.body, sent.headers["content-type"]
    assert isinstance(body, bytes)
    pieces = (body[at : at + 100] for at in range(0, len(body), 100))
    answer = requests.post(server.url, data=pieces, headers={"content-type": kind}, timeout=30)
    assert answer.json() == SEVEN


def test_aiohttp_keeps_its_connections(server: ServingProcess, seven: bytes) -> None:
    made: list[str] = []

    async def made_one(*_: object) -> None:
        made.append("connection")

    async def ask() -> None:
        tracing = aiohttp.TraceConfig()
        tracing.on_connection_create_end.append(made_one)
        async with aiohttp.ClientSession(trace_configs=[tracing]) as session:
            for _ in range(10):
                async with session.post(server.url, data=form(seven)) as answer:
                    assert (answer.status, await answer.json()) == (200, SEVEN)

    asyncio.run(ask())
    assert len(made) == 1


def form(picture: bytes) -> aiohttp.FormData:
    made = aiohttp.FormData()
    made.add_field("images", io.BytesIO(picture), filename="seven.jpg", content_type="image/jpeg")
    return made


def test_aiohttp_expects_100(server: ServingProcess, large_picture: Path) -> None:
    async def ask() -> None:
        async with aiohttp.ClientSession() as session:
            data = form(large_picture.read_bytes())
            async with session.post(server.url, data=data, expect100=True) as answer:
                assert answer.status == 200
                assert "mnist_result" in await answer.json()

    asyncio.run(ask())


def test_sixty_four_at_once_with_aiohttp(server: ServingProcess, seven: bytes) -> None:
    async def ask() -> Sequence[object]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:

            async def one() -> object:
                async with session.post(server.url, data=form(seven)) as answer:
                    return await answer.json()

            return await asyncio.gather(*(one() for _ in range(512)))

    assert asyncio.run(ask()) == [SEVEN] * 512


def test_sixty_four_at_once_with_httpx(server: ServingProcess, seven: bytes) -> None:
    async def ask() -> Sequence[object]:
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        async with httpx.AsyncClient(limits=limits, timeout=60) as client:
            answers = await asyncio.gather(*(client.post(server.url, files={"images": seven}) for _ in range(192)))
            return [answer.json() for answer in answers]

    assert asyncio.run(ask()) == [SEVEN] * 192


def test_sixty_four_threads_of_requests(server: ServingProcess, seven: bytes) -> None:
    def one(_: int) -> object:
        return requests.post(server.url, files={"images": seven}, timeout=60).json()

    with concurrent.futures.ThreadPoolExecutor(64) as threads:
        assert list(threads.map(one, range(192))) == [SEVEN] * 192


@WRK
@pytest.mark.parametrize("connections", [1, 64])
def test_wrk_sees_no_error(server: ServingProcess, seven: bytes, tmp_path: Path, connections: int) -> None:
    sent = requests.Request("POST", server.url, files={"images": seven}).prepare()
    kind = str(sent.headers["content-type"])
    assert isinstance(sent.body, bytes)
    body = "".join(f"\\{byte:03}" for byte in sent.body)
    script = tmp_path / "post.lua"
    script.write_text(f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "{kind}"\nwrk.body = "{body}"\n')
    command = ["wrk", "-t1", f"-c{connections}", "-d1s", "-s", str(script), server.url + "/"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "Socket errors" not in said, said
    assert "Non-2xx" not in said, said
    answered = re.search(r"(\d+) requests in", said)
    assert answered
    assert int(answered[1]) > connections
