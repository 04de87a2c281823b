"""Running specimens, checked as a user would: an image in a layout, every rule, several side by side, rounds.

with namespaces(): …      is not possible from inside of a process, so `alone` gives the command for a new one
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import tempfile
import threading
import traceback
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.specimens.dynamic import GOLDEN, Running

from hitless.checking.check import check
from hitless.checking.probes.golden import golden_request
from hitless.checking.probes.request import Request
from hitless.checking.verdict import Outcome
from hitless.checking.wishes import Wishes
from hitless.images.layout import LayoutSource, write_layout
from hitless.images.reading import read_image
from hitless.spec.contract import Contract

# The network of an instance is made where the check runs: this keeps the machine's own clean.
ALONE = (
    "unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", 'ip link set lo up && exec "$@"', "sh",
)  # fmt: skip
UNSCANNED = ("HL40", "HL41", "HL421", "HL423")  # the base would be scanned for each of them again


@dataclass(frozen=True)
class Result:
    """What a check said of one specimen. `outcomes`: rule → outcome; `messages`: of those that failed or broke."""

    name: str
    rule: str
    outcomes: dict[str, str]
    messages: dict[str, str]

    @property
    def failed(self) -> list[str]:
        return [rule for rule, outcome in self.outcomes.items() if outcome in (Outcome.FAILED, Outcome.ERROR)]

    @property
    def is_right(self) -> bool:
        return self.failed == ([self.rule] if self.rule else [])


def written(specimens: Iterable[Running], base: Path, folder: Path) -> Path:
    """A layout with all of their images, each under its name."""
    below = read_image(LayoutSource(base), "the base")
    write_layout(folder, {one.name: one.image(below) for one in specimens})
    return folder


def checked(one: Running, layout: Path, engine: str = "runc", record: Path | None = None) -> Result:
    """One that breaks the check itself is told as a result, too."""
    try:
        return _checked(one, layout, engine, record)
    except KeyboardInterrupt:
        os._exit(1)  # the pool would go on with the next one
    except Exception:
        return Result(one.name, one.rule, {"check": Outcome.ERROR.value}, {"check": traceback.format_exc()})


def _checked(one: Running, layout: Path, engine: str, record: Path | None) -> Result:
    wishes = Wishes(
        profile=one.profile, purpose=one.purpose, ignore=UNSCANNED, engine=engine, record=record,
        goldens=_golden if one.has_golden else lambda _: (),
    )  # fmt: skip
    report = check(f"{layout}:{one.name}", wishes)
    outcomes = {judged.rule.id: judged.verdict.outcome.value for judged in report.judged}
    told = {
        judged.rule.id: f"{judged.verdict.message} ({judged.verdict.actual})"
        for judged in report.judged
        if judged.verdict.outcome in (Outcome.FAILED, Outcome.ERROR, Outcome.UNPROVEN)
    }
    return Result(one.name, one.rule, outcomes, told)


def _golden(contract: Contract) -> tuple[Request, ...]:
    body, expected = GOLDEN
    return (golden_request(contract, "/", "application/json", body, expected),)


def all_checked(
    specimens: Sequence[Running], layout: Path, at_once: int, engine: str = "runc", records: Path | None = None
) -> Iterator[Result]:
    """As they are over."""
    with ProcessPoolExecutor(at_once, multiprocessing.get_context("spawn"), _end_with_the_campaign) as pool:
        places = [records / f"{one.name}.ndjson" if records is not None else None for one in specimens]
        runs = [pool.submit(checked, one, layout, engine, place) for one, place in zip(specimens, places, strict=True)]
        try:
            for run in as_completed(runs):
                yield run.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # of one that is broken off


def _end_with_the_campaign() -> None:
    """A worker whose campaign was killed ends what it has started, and does not go on with what is waiting."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=_ended_with, args=(multiprocessing.parent_process(),), daemon=True).start()


def _ended_with(parent: BaseProcess | None) -> None:
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def certificate() -> bytes:
    """One that its holder has signed, with its key."""
    with tempfile.TemporaryDirectory() as folder:
        key, own = Path(folder, "key.pem"), Path(folder, "own.pem")
        words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=specimen"]
        subprocess.run([*words, "-keyout", str(key), "-out", str(own)], check=True, capture_output=True)
        return own.read_bytes() + key.read_bytes()
