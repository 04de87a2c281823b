"""A wheel as files of the image, without unpacking it."""

from __future__ import annotations

import base64
import csv
import hashlib
import shutil
import sys
import zipfile
from contextlib import ExitStack, closing
from pathlib import Path

import httptools.parser.parser
import pytest

from hitless.building.installing import installed
from hitless.building.target import Target
from hitless.building.wheels import Wheel
from hitless.errors import InputError
from hitless.images.manifest import Platform
from hitless.images.tarball import Entry

TARGET = Target(Platform("amd64", "linux"), (3, 11), "glibc", (2, 36))
WHEEL = Wheel("kit", "1.0", "kit-1.0-py3-none-any.whl", 1, "a" * 64)
SITE, BIN = "opt/hitless/venv/lib/python3.11/site-packages/", "opt/hitless/venv/bin/"
FILES = {
    "kit/__init__.py": b"A = 1\n",
    "kit/tests/test_kit.py": b"assert A\n",
    "kit-1.0.data/scripts/tool": b"#!python\nprint()\n",
    "kit-1.0.data/data/share/kit.txt": b"text",
    "kit-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: kit\nVersion: 1.0\n",
    "kit-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "kit-1.0.dist-info/entry_points.txt": b"[console_scripts]\nkit = kit:main\n",
    "kit-1.0.dist-info/INSTALLER": b"somebody",
}


def made(folder: Path, files: dict[str, bytes]) -> Path:
    rows = [f"{name},{_hash(data)},{len(data)}\n" for name, data in files.items()]
    place = folder / WHEEL.filename
    with zipfile.ZipFile(place, "w") as archive:
        for name, data in {**files, "kit-1.0.dist-info/RECORD": "".join(rows).encode()}.items():
            archive.writestr(name, data)
    return place


def _hash(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def contents(entries: list[Entry]) -> dict[str, bytes]:
    found = {}
    for entry in entries:
        assert entry.open is not None
        with closing(entry.open()) as file:
            found[entry.path] = file.read()
        assert len(found[entry.path]) == entry.size
    return found


def test_where_files_lie_and_what_is_in_them(tmp_path: Path) -> None:
    with ExitStack() as stack:
        entries = installed(WHEEL, made(tmp_path, FILES), TARGET, lambda _: True, stack, strips=True)
        found = contents(entries)
    modes = {entry.path: entry.mode for entry in entries}
    assert found[f"{SITE}kit/__init__.py"] == b"A = 1\n"
    assert found[f"{BIN}tool"] == b"#!/opt/hitless/venv/bin/python\nprint()\n"
    assert found[f"{BIN}kit"].startswith(b"#!/opt/hitless/venv/bin/python\n")
    assert found["opt/hitless/venv/share/kit.txt"] == b"text"
    assert f"{SITE}kit-1.0.dist-info/INSTALLER" not in found
    assert (modes[f"{BIN}kit"], modes[f"{SITE}kit/__init__.py"]) == (0o755, 0o644)


def test_what_is_not_kept_is_not_recorded(tmp_path: Path) -> None:
    with ExitStack() as stack:
        entries = installed(WHEEL, made(tmp_path, FILES), TARGET, lambda path: "tests" not in path, stack, strips=True)
        found = contents(entries)
    assert f"{SITE}kit/tests/test_kit.py" not in found
    rows = {row[0]: row[1:] for row in csv.reader(found[f"{SITE}kit-1.0.dist-info/RECORD"].decode().splitlines())}
    assert rows["kit/__init__.py"] == [_hash(b"A = 1\n"), "6"]
    assert rows["../../../bin/tool"][0] == _hash(found[f"{BIN}tool"])
    assert rows["kit-1.0.dist-info/RECORD"] == ["", ""]
    assert len(rows) == len(found)


@pytest.mark.skipif(sys.platform != "linux", reason="the wheels of other systems have other libraries")
def test_libraries_are_stripped_and_recorded_as_they_are(tmp_path: Path) -> None:
    library = Path(httptools.parser.parser.__file__).read_bytes()
    wheel = made(tmp_path, {**FILES, "kit/fast.so": library})
    with ExitStack() as stack:
        whole = contents(installed(WHEEL, wheel, TARGET, lambda _: True, stack, strips=False))
        found = contents(installed(WHEEL, wheel, TARGET, lambda _: True, stack, strips=True))
    assert whole[f"{SITE}kit/fast.so"] == library
    short = found[f"{SITE}kit/fast.so"]
    assert len(short) < len(library)
    assert f"kit/fast.so,{_hash(short)},{len(short)}" in found[f"{SITE}kit-1.0.dist-info/RECORD"].decode()


@pytest.mark.parametrize(
    ("files", "word"),
    [
        pytest.param({**FILES, "../../evil.py": b""}, "outside", id="climbs-out"),
        pytest.param({**FILES, "kit-1.0.data/nowhere/x": b""}, "nowhere", id="unknown-scheme"),
        pytest.param(
            {name: data for name, data in FILES.items() if not name.endswith("WHEEL")}, "WHEEL", id="no-WHEEL"
        ),
    ],
)
def test_broken_wheels(tmp_path: Path, files: dict[str, bytes], word: str) -> None:
    with ExitStack() as stack, pytest.raises(InputError) as refused:
        installed(WHEEL, made(tmp_path, files), TARGET, lambda _: True, stack, strips=True)
    assert [problem.id for problem in refused.value.problems] == ["BUILD-4"]
    assert word in refused.value.problems[0].message


def test_no_wheel_at_all(tmp_path: Path) -> None:
    shutil.copy(__file__, tmp_path / WHEEL.filename)
    with ExitStack() as stack, pytest.raises(InputError):
        installed(WHEEL, tmp_path / WHEEL.filename, TARGET, lambda _: True, stack, strips=True)
