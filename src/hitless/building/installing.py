"""A wheel → the files of a virtual environment, as they are to lie in the image: by PyPA's installer, read when packed.

No interpreter of the image is needed, and none of this machine is seen: scripts get the image's in their first line.
Files stay in the wheel until they are packed; only libraries that are stripped are unpacked into scratch.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import posixpath
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from installer import install
from installer.destinations import WheelDestination
from installer.exceptions import InstallerError
from installer.records import RecordEntry
from installer.scripts import Script
from installer.sources import WheelFile
from installer.utils import Scheme, fix_shebang

from hitless.building.places import VENV, site_packages
from hitless.building.stripping import strip
from hitless.building.target import Target
from hitless.building.wheels import Wheel
from hitless.errors import InputError, Problem
from hitless.images.digest import PIECE
from hitless.images.tarball import FILE, PROGRAM, Entry, of_bytes

if TYPE_CHECKING:
    from installer.scripts import ScriptSection

_DROPPED = frozenset({"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})
_LIBRARY = re.compile(r"\.so(\.[0-9.]+)?$")
_CHANGED = ""  # the name in the wheel of a file that is not as it is there
_Files = Sequence[tuple[Entry, str]]  # each with its name in the wheel


def installed(
    wheel: Wheel, file: Path, target: Target, keeps: Callable[[str], bool], until_packed: ExitStack, *, strips: bool
) -> list[Entry]:
    """The files of a wheel, to be packed before `until_packed` is closed. InputError for one that is broken.

    `keeps` is asked for each, by its path below site-packages.
    """
    try:
        archive = until_packed.enter_context(zipfile.ZipFile(file))
        source = WheelFile(archive)
        collected = _Collected(wheel, target, archive)
        install(source, collected, additional_metadata={})
        site = site_packages(target)
        files: _Files = [one for one in collected.files if keeps(one[0].path.removeprefix(f"{site}/"))]
        if strips:
            files = list(_stripped(files, until_packed))
        return [*(entry for entry, _ in files), _record(files, source, site)]
    except (InstallerError, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        remedy = "Ask for another version of it."
        raise InputError([Problem("BUILD-4", f"{wheel.filename} cannot be installed: {error}", remedy)]) from error


class _Collected(WheelDestination):
    """Takes what the installer would write."""

    def __init__(self, wheel: Wheel, target: Target, archive: zipfile.ZipFile) -> None:
        site = site_packages(target)
        version = f"python{target.python[0]}.{target.python[1]}"
        self._places = {"purelib": site, "platlib": site, "scripts": f"{VENV}/bin", "data": VENV,
                        "headers": f"{VENV}/include/{version}/{wheel.name}"}  # fmt: skip
        self._interpreter = f"/{VENV}/bin/python"
        self._archive = archive
        self.files: list[tuple[Entry, str]] = []

    def write_script(self, name: str, module: str, attr: str, section: ScriptSection) -> RecordEntry:
        file, data = Script(name, module, attr, section).generate(self._interpreter, "posix")
        self.files.append((of_bytes(self._place("scripts", file), data, PROGRAM), _CHANGED))
        return RecordEntry(file, None, None)

    def write_file(
        self, scheme: Scheme, path: str | PathLike[str], stream: BinaryIO, is_executable: bool
    ) -> RecordEntry:
        place, mode = self._place(scheme, str(path)), PROGRAM if is_executable else FILE
        if scheme == "scripts":
            with fix_shebang(stream, self._interpreter) as mended:
                self.files.append((of_bytes(place, mended.read(), mode), _CHANGED))
        elif not (posixpath.basename(place) in _DROPPED and posixpath.dirname(place).endswith(".dist-info")):
            member = self._archive.getinfo(stream.name)
            entry = Entry(place, mode, member.file_size, lambda: self._archive.open(member))
            self.files.append((entry, member.filename))
        return RecordEntry(str(path), None, None)

    def finalize_installation(
        self, scheme: Scheme, record_file_path: str, records: Iterable[tuple[Scheme, RecordEntry]]
    ) -> None:
        """RECORD follows once it is known what stays."""

    def _place(self, scheme: str, path: str) -> str:
        root = self._places[scheme]
        place = posixpath.normpath(posixpath.join(root, path))
        if not place.startswith(f"{root}/"):
            raise ValueError(f"{path!r} lies outside of its folder")
        return place


def _stripped(files: _Files, until_packed: ExitStack) -> Iterator[tuple[Entry, str]]:
    scratch: Path | None = None
    for number, (entry, member) in enumerate(files):
        if entry.open is None or not _LIBRARY.search(entry.path):
            yield entry, member
            continue
        if scratch is None:
            scratch = Path(until_packed.enter_context(tempfile.TemporaryDirectory(prefix="hitless-build-")))
        path = scratch / str(number)
        with closing(entry.open()) as packed, path.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked, PIECE)
        changed = strip(path)
        yield _entry(entry, path), _CHANGED if changed else member


def _entry(entry: Entry, path: Path) -> Entry:
    return Entry(entry.path, entry.mode, path.stat().st_size, lambda: path.open("rb"))


def _record(files: _Files, source: WheelFile, site: str) -> Entry:
    """RECORD, as the wheel has it but for what has been changed or left out (PyPA, recording installed projects)."""
    known = {row[0]: row[1:] for row in csv.reader(source.read_dist_info("RECORD").splitlines()) if len(row) == 3}
    place = f"{source.dist_info_dir}/RECORD"
    rows = [[posixpath.relpath(entry.path, site), *(known.get(member) or _measured(entry))] for entry, member in files]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([*sorted(rows), [place, "", ""]])
    return of_bytes(f"{site}/{place}", text.getvalue().encode())


def _measured(entry: Entry) -> tuple[str, str]:
    if entry.open is None:
        return "", ""
    digest = hashlib.sha256()
    with closing(entry.open()) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return "sha256=" + base64.urlsafe_b64encode(digest.digest()).decode().rstrip("="), str(entry.size)
