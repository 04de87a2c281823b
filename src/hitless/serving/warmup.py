"""The package's example requests, before the server is ready: caches fill, and slow models are found out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from hitless.errors import InputError
from hitless.serving.examples import Example, examples_of
from hitless.serving.local import call

if TYPE_CHECKING:
    from hitless.serving.local import Answer
    from hitless.serving.package import Package
    from hitless.serving.service import Service

_ALONE = 3  # calls one after the other; then as many at once as make a full batch
_TOGETHER = 32
_QUICK_S = 0.02  # a model slower than this is warm after one call


async def warm_up(package: Package, service: Service) -> None:
    """Send every example. One that fails is a warning: the requests of users may be better."""
    try:
        examples = examples_of(package.folder, package.settings)
    except InputError as error:
        service.log.warning("no warm-up: %s", error)
        return
    for example in examples:
        try:
            await asyncio.wait_for(_warm(example, service), service.options.request_timeout_s)
        except TimeoutError:
            service.log.warning("the example of %s %s took too long for a warm-up", example.method, example.url)


async def _warm(example: Example, service: Service) -> None:
    for _ in range(_ALONE):
        started = service.loop.time()
        answer = await _send(example, service)
        if _judge(example, answer, service) or service.loop.time() - started > _QUICK_S:
            return
    await asyncio.gather(*(_send(example, service) for _ in range(_TOGETHER)))


async def _send(example: Example, service: Service) -> Answer:
    return await call(service, example.method, example.url, query=example.query,
                      content_type=example.content_type, body=example.body)  # fmt: skip


def _judge(example: Example, answer: Answer, service: Service) -> bool:
    """Say what is wrong with an answer; True if something is."""
    name = f"{example.method} {example.url}"
    if answer.status >= 400:
        service.log.warning(
            "the example of %s gets %s: %s", name, answer.status, answer.body[:300].decode("utf-8", "replace")
        )
        return True
    if example.answer is None:
        return False
    try:
        got = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        got = answer.body[:100]
    if got != example.answer:
        service.log.warning("the example of %s gets %r, its answer in hitless.toml is %r", name, got, example.answer)
    return bool(got != example.answer)
