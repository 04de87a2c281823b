"""The model of the load: it says back what was asked, with a digest, so that no wrong answer passes for a right one."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator

INSTANCE = os.environ.get("ROLLOUT_INSTANCE", "")
PARTS = 10
PAUSE_S = 0.1


class Model:
    def echo(self, number: int, text: str, pad: int = 0) -> dict[str, int | str]:
        return {"number": number, "digest": md5(text.encode()), "pad": "x" * pad, "instance": INSTANCE}

    def upload(self, body: bytes) -> dict[str, int | str]:
        return {"number": int(body[:16]), "digest": md5(body), "instance": INSTANCE}

    async def stream(self, number: int, text: str) -> AsyncIterator[bytes]:
        for part in range(PARTS):
            await asyncio.sleep(PAUSE_S)
            yield b"%d %d\n" % (number, part)
        yield md5(text.encode()).encode()


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
