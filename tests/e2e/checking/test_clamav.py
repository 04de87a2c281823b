"""ClamAV itself, with a signature of our own: by clamscan and by a clamd that is started here."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.scanning.clamav import ClamAV
from hitless.checking.scanning.clamd import Clamd

BAD = b"a specimen of nothing bad, " + b"known to this test only"
GOOD = {"a.txt": b"good", "b/c.bin": random.Random(1).randbytes(300_000), "empty": b""}

pytestmark = pytest.mark.skipif(shutil.which("clamscan") is None, reason="ClamAV is not installed")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signatures")
    folder.chmod(0o755)
    (folder / "own.ndb").write_text(f"Own.Specimen:0:*:{BAD.hex()}\n")
    return folder


@pytest.fixture(scope="module")
def clamd(database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    program = shutil.which("clamd")
    if program is None:
        pytest.skip("clamd is not installed")
    folder = tmp_path_factory.mktemp("clamd")
    path = folder / "s"
    lines = [f"LocalSocket {path}", f"DatabaseDirectory {database}", "Foreground yes", f"TemporaryDirectory {folder}"]
    (folder / "conf").write_text("\n".join(lines) + "\n")
    with subprocess.Popen(
        [program, f"--config-file={folder / 'conf'}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _await(path, process)
            yield path
        finally:
            process.kill()


def _await(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert Clamd(path).version().startswith("ClamAV")
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.skip(f"clamd does not start: {error}")
            time.sleep(0.1)
        else:
            return


def scan(scanner: ClamAV, files: dict[str, bytes]) -> tuple[list[Finding], ScannerSeen]:
    findings: list[Finding] = []
    for name, data in files.items():
        sink = scanner.begin(ScannedFile(name, len(data), 0o644, layer=1))
        assert sink is not None
        for at in range(0, len(data), 100_000):
            sink.feed(data[at : at + 100_000])
        findings += sink.end()
    *rest, seen = scanner.finish()
    assert isinstance(seen, ScannerSeen)
    return [*findings, *(one for one in rest if isinstance(one, Finding))], seen


def told(findings: list[Finding]) -> list[tuple[str, str, str, int]]:
    return [(one.kind, one.path, one.what, one.layer) for one in findings]


def test_clamscan_finds_what_its_database_knows(database: Path) -> None:
    findings, seen = scan(ClamAV(database), {**GOOD, "x/bad.sh": b"#!/bin/sh\n" + BAD})
    assert told(findings) == [("virus", "x/bad.sh", "Own.Specimen.UNOFFICIAL", 1)]
    assert seen.version.startswith("ClamAV")
    assert (seen.lacking, seen.files) == ("", 4)


def test_clamscan_looks_in_batches(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitless.checking.scanning.clamscan.MOST_BATCH_FILES", 2)
    findings, seen = scan(ClamAV(database), {"bad": BAD, **GOOD, "worse": BAD})
    assert sorted(one.path for one in findings) == ["bad", "worse"]
    assert seen.lacking == ""


def test_clamd_is_given_streams(clamd: Path) -> None:
    findings, seen = scan(ClamAV(sockets=(clamd,)), {**GOOD, "x/bad.sh": BAD})
    assert told(findings) == [("virus", "x/bad.sh", "Own.Specimen.UNOFFICIAL", 1)]
    assert (seen.lacking, seen.files) == ("", 4)


def test_good_files_are_good(database: Path) -> None:
    findings, seen = scan(ClamAV(database), GOOD)
    assert (findings, seen.lacking) == ([], "")


def test_without_signatures_it_is_lacking(tmp_path: Path) -> None:
    scanner = ClamAV(tmp_path)
    assert scanner.begin(ScannedFile("a", 1, 0o644)) is None
    (seen,) = scanner.finish()
    assert isinstance(seen, ScannerSeen)
    assert "no signatures" in seen.lacking


def test_a_broken_database_is_lacking_and_never_clean(tmp_path: Path) -> None:
    (tmp_path / "own.ndb").write_text("rubbish\n")
    findings, seen = scan(ClamAV(tmp_path), GOOD)
    assert findings == []
    assert "ClamAV could not look" in seen.lacking


def test_what_there_is_no_time_for_is_told(database: Path) -> None:
    scanner = ClamAV(database, seconds=-1)
    assert scanner.begin(ScannedFile("a", 1, 0o644)) is None
    (seen,) = scanner.finish()
    assert isinstance(seen, ScannerSeen)
    assert "the time for it was over: a" in seen.lacking
