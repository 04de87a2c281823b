"""How long is waited, and when it is given up."""

from __future__ import annotations

import email.utils
import time

import httpx
import pytest

from hitless.errors import UnavailableError
from hitless.images.registry.patience import Interrupted, Patience
from hitless.images.registry.refusals import Reply


def busy(after: str = "") -> Reply:
    headers = httpx.Headers({"Retry-After": after} if after else {})
    return Reply(503, headers, b'{"errors": [{"code": "BUSY", "message": "so\\u001b much"}]}', httpx.URL("https://r/"))


def test_three_tries() -> None:
    waits: list[float] = []
    patience = Patience("r.example", waits.append)
    patience.after(Interrupted("reset"))
    patience.after(busy())
    with pytest.raises(
        UnavailableError, match=r"r\.example could not be reached in 3 tries: it answers 503 \(so  much\)"
    ):
        patience.after(busy())
    assert waits == [1.0, 3.0]


def test_progress_gives_new_tries() -> None:
    waits: list[float] = []
    patience = Patience("r.example", waits.append)
    for _ in range(5):
        patience.after(busy())
        patience.renew()
    assert waits == [1.0] * 5


@pytest.mark.parametrize(
    ("after", "wait"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("120", 120.0),
        ("soon", 1.0),
        ("-5", 1.0),
        ("", 1.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
    ],
)
def test_what_the_registry_asks_for(after: str, wait: float) -> None:
    waits: list[float] = []
    Patience("r.example", waits.append).after(busy(after))
    assert waits == [wait]


@pytest.mark.parametrize(
    "after",
    ["121", "9" * 50, email.utils.formatdate(time.time() + 3600, usegmt=True)],
    ids=["seconds", "for ever", "a date"],
)
def test_too_long_is_not_waited_for(after: str) -> None:
    waits: list[float] = []
    with pytest.raises(UnavailableError, match="asks us to come back in"):
        Patience("r.example", waits.append).after(busy(after))
    assert waits == []
