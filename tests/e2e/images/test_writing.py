"""Written by real processes: the same bytes whatever the machine, nothing half-written on a full disk, whole at every
moment for those who read meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.e2e.images.outside import needs, run
from tests.unit.images.samples import file, image_of, layer_of

from hitless.images.digest import digest_of
from hitless.images.faults import ImageError
from hitless.images.layout import LayoutSource, write_layout
from hitless.images.packing import Packing, gzip, stored
from hitless.images.reading import read_images
from hitless.images.tarball import Entry, of_bytes, tar_pieces
from hitless.images.validate import validate

PROGRAM = Path(__file__).with_name("writing.py")

MACHINES: list[tuple[str, int, Mapping[str, str], int]] = [
    ("usual", 0o022, {}, 0),
    ("umask 077", 0o077, {"TZ": "Asia/Shanghai"}, 1),
    ("umask 000", 0o000, {"TZ": "America/St_Johns", "LC_ALL": "C"}, 2),
    ("other hashes", 0o027, {"PYTHONHASHSEED": "7", "LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8"}, 3),
]


def write(
    folder: Path, order: int, *arguments: str, umask: int = 0o022, **environment: str
) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "TZ"))}
    return subprocess.run(
        [sys.executable, str(PROGRAM), str(folder), str(order), *arguments],
        env={**kept, **environment}, umask=umask, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode & 0o777)
        for path in [*(folder / "layout").rglob("*"), *folder.glob("*.tar")]
        if path.is_file()
    }


def test_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    results = []
    for name, umask, environment, order in MACHINES:
        done = write(tmp_path / name, order, umask=umask, **environment)
        assert (done.returncode, done.stderr) == (0, "")
        results.append((done.stdout, files(tmp_path / name)))
    assert len(results[0][1]) == 8
    assert all(result == results[0] for result in results)


def test_a_full_disk(tmp_path: Path) -> None:
    """2 MB do not fit where a file may have 1 MB: what was there stays as it was, and there are no left-overs."""
    folder = tmp_path / "it"
    folder.mkdir()
    write_layout(folder / "layout", {"v1": image_of(layer_of(file("before")))})
    (folder / "app.tar").write_bytes(b"before")
    before = files(folder)
    done = write(folder, 0, "1000000")
    assert done.returncode == 3
    assert done.stderr.count("cannot be written: File too large") == 2
    after = files(folder)
    assert {name: after[name] for name in before} == before
    for name in after.keys() - before.keys():
        assert name == f"layout/blobs/{digest_of(after[name][0]).replace(':', '/')}"
    (image,) = read_images(LayoutSource(folder / "layout"), "it")
    assert validate(image) == []
    assert write(folder, 0).returncode == 0


def test_those_who_read_meanwhile_see_a_whole_layout(tmp_path: Path) -> None:
    images = [image_of(layer_of(file("a", bytes([number]) * 300_000), packing=stored())) for number in range(12)]
    write_layout(tmp_path, {"v1": images[0]})
    wrong: list[str] = []
    done = threading.Event()
    seen: set[str] = set()

    def read() -> None:
        while not done.is_set():
            try:
                found = read_images(LayoutSource(tmp_path, "v1"), "it")
            except ImageError as error:
                wrong.append(str(error))
                return
            for image in found:
                seen.add(image.digest)
                wrong.extend(str(problem) for problem in validate(image))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for image in images[1:]:
        write_layout(tmp_path, {"v1": image})
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert seen <= {image.digest for image in images}


ENTRIES = [of_bytes("a/ü " + "n" * 200, b"1" * 5000), Entry("a/link", link="t" * 150), of_bytes("z", b"", uid=1 << 22)]


def test_gnu_tar_reads_our_tars(tmp_path: Path) -> None:
    needs("tar")
    (tmp_path / "a.tar").write_bytes(b"".join(tar_pieces(ENTRIES)))
    listed = run(
        "tar", "--list", "--verbose", "--numeric-owner", "--quoting-style=literal", "--file", tmp_path / "a.tar"
    )
    assert [line.split(None, 5)[5] for line in listed.splitlines()] == [
        "a/link -> " + "t" * 150, "a/ü " + "n" * 200, "z"]  # fmt: skip
    assert "0/0" in listed
    assert f"{1 << 22}/0" in listed


@pytest.mark.parametrize("packing", [gzip(), stored()], ids=lambda packing: packing.identity)
def test_gzip_tests_our_layers(tmp_path: Path, packing: Packing) -> None:
    needs("gzip")
    data = os.urandom(3_000_000) + bytes(3_000_000)
    (tmp_path / "a.gz").write_bytes(b"".join(packing.pack([data])))
    run("gzip", "--test", tmp_path / "a.gz")
    assert subprocess.run(["gzip", "-dc", tmp_path / "a.gz"], capture_output=True, check=True).stdout == data
