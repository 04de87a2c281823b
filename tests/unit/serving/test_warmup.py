"""The warm-up: every example is sent, and what is wrong with one is a warning, never a failure."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.serving.packages import write_package

from hitless.serving.local import call, opened
from hitless.serving.options import Options
from hitless.serving.package import read_package
from hitless.serving.warmup import warm_up

COUNTING = """
import asyncio

class Model:
    def __init__(self):
        self.calls, self.sizes = 0, []

    def predict(self, a: int = 0):
        self.calls += 1
        return {"twice": 2 * a}

    def batch(self, a: list[int]):
        self.sizes.append(len(a))
        return [2 * one for one in a]
    batch.max_size = 16

    def fail(self):
        self.calls += 1
        raise ValueError("cold")

    async def forever(self):
        await asyncio.Event().wait()

    def seen(self):
        return [self.calls, self.sizes]
"""
APIS: list[dict[str, Any]] = [{"url": f"/{name}"} for name in ("predict", "batch", "fail", "forever", "seen")]


pytestmark = pytest.mark.usefixtures("own_imports")


def warmed(folder: Path, settings: str, options: Options | None = None) -> tuple[int, list[int]]:
    """How often the model was called, and with which batches."""

    async def run() -> tuple[int, list[int]]:
        package = read_package(write_package(folder, COUNTING, settings=settings, apis=APIS))
        async with opened(package, options or Options()) as service:
            await warm_up(package, service)
            calls, sizes = json.loads((await call(service, "POST", "/seen")).body)
            return calls, sizes

    return asyncio.run(asyncio.wait_for(run(), 30))


def warnings_of(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(record.getMessage() for record in caplog.records if record.levelname == "WARNING")


def test_no_examples(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert warmed(tmp_path, "") == (0, [])
    assert warnings_of(caplog) == ""


def test_an_example_is_sent_alone_and_then_together(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = '[[example]]\nurl = "/predict"\njson = { a = 3 }\nanswer = { twice = 6 }\n'
    calls, _ = warmed(tmp_path, settings)
    assert calls in (1, 2, 3, 35)  # fewer where this machine is slow today
    assert warnings_of(caplog) == ""


def test_full_batches_are_tried(tmp_path: Path) -> None:
    _, sizes = warmed(tmp_path, '[[example]]\nurl = "/batch"\njson = { a = 3 }\n')
    assert sizes[0] == 1
    assert max(sizes) in (1, 16)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param('url = "/fail"', "the example of POST /fail gets 500", id="fails"),
        pytest.param('url = "/nowhere"', "the example of POST /nowhere gets 404", id="unknown-url"),
        pytest.param('url = "/predict"\njson = { a = "x" }', "the example of POST /predict gets 422", id="refused"),
        pytest.param('url = "/predict"\nanswer = { twice = 1 }', "gets {'twice': 0}, its answer in hitless.toml is",
                     id="answer"),
        pytest.param('form = "x"', "no warm-up", id="bad-entry"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, settings: str, words: str
) -> None:
    warmed(tmp_path, f"[[example]]\n{settings}\n")
    assert words in warnings_of(caplog)


def test_a_failing_example_is_sent_once(tmp_path: Path) -> None:
    assert warmed(tmp_path, '[[example]]\nurl = "/fail"\n') == (1, [])


def test_an_example_that_never_ends(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    warmed(tmp_path, '[[example]]\nurl = "/forever"\n', Options(request_timeout_s=0.1))
    assert "took too long for a warm-up" in warnings_of(caplog)


def test_one_example_after_the_other(tmp_path: Path) -> None:
    calls, _ = warmed(tmp_path, '[[example]]\nurl = "/fail"\n[[example]]\nurl = "/predict"\n')
    assert calls >= 2
