"""The URL of a service that runs already."""

from __future__ import annotations

import pytest

from hitless.engines.running import Address, Start
from hitless.engines.service import ServiceEngine, service_address
from hitless.errors import InputError, UnavailableError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("http://127.0.0.1:8080", Address("127.0.0.1", 8080), id="loopback"),
        pytest.param("http://10.0.0.7:8080/", Address("10.0.0.7", 8080, own=True), id="its-own"),
        pytest.param("http://model.example", Address("model.example", 80, own=True), id="no-port"),
        pytest.param("http://[::1]:81", Address("::1", 81), id="version-6"),
    ],
)
def test_addresses(url: str, expected: Address) -> None:
    assert service_address(url) == expected


@pytest.mark.parametrize("url", ["https://a:1", "http://", "http://a:port", "http://a/path", "http://a:1/?q", "a:1"])
def test_what_is_none(url: str) -> None:
    with pytest.raises(InputError, match="ENG-4"):
        ServiceEngine(url)


def test_one_of_which_no_more_is_known() -> None:
    engine = ServiceEngine("http://10.0.0.7:8080")
    assert not engine.can_signal
    instance = engine.start(Start(""))
    assert (instance.address().own, instance.wait(0), instance.written(), len(instance.lacks)) == (True, None, None, 1)
    with pytest.raises(UnavailableError, match="signal 15 cannot be sent"):
        instance.signal(15)
    instance.remove()
    with pytest.raises(InputError, match="ENG-3"):
        engine.start(Start("", user="1000:100"))
