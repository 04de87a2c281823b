"""What ends a command from outside ends it as Ctrl-C does."""

from __future__ import annotations

import signal
import threading

import pytest

from hitless.cli.cleaning import ends_in_order

pytestmark = pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals are handled by the main thread"
)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("interrupt", [signal.default_int_handler, signal.SIG_IGN], ids=["shell", "background"])
def test_a_signal_is_an_interruption(number: signal.Signals, interrupt: object) -> None:
    before = {one: signal.getsignal(one) for one in (number, signal.SIGINT)}
    try:
        signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, interrupt)  # type: ignore[arg-type]
        with pytest.raises(KeyboardInterrupt), ends_in_order():
            signal.raise_signal(number)
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ends_in_order():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
