"""What every peer's app answers: the same as the package of hitless."""

import hashlib
import os

INSTANCE = os.environ.get("ROLLOUT_INSTANCE", "")
PARTS = 10
PAUSE_S = 0.1


def echo(asked: dict) -> dict:
    pad = "x" * asked.get("pad", 0)
    return {"number": asked["number"], "digest": md5(asked["text"].encode()), "pad": pad, "instance": INSTANCE}


def upload(body: bytes) -> dict:
    return {"number": int(body[:16]), "digest": md5(body), "instance": INSTANCE}


def part(asked: dict, number: int) -> bytes:
    return b"%d %d\n" % (asked["number"], number)


def end(asked: dict) -> bytes:
    return md5(asked["text"].encode()).encode()


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
