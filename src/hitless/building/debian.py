"""A base image from Debian's packages, where no registry is at hand: Python, a shell and certificates; or with a JRE.

mmdebstrap unpacks the packages and runs none of their scripts; the little that those would have done is done here.
The same packages give the same digest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from hitless.building.base import PATH
from hitless.building.cache import LayerCache
from hitless.errors import InputError, Problem, UnavailableError
from hitless.images.configuration import empty
from hitless.images.image import Image
from hitless.images.layer import Layer
from hitless.images.layout import write_layout
from hitless.images.manifest import Platform
from hitless.images.packing import gzip
from hitless.images.tarball import EPOCH, Entry, of_bytes, tar_pieces

SUITES = {"bookworm": "3.11", "trixie": "3.13"}  # and their Python
CREATED = "1980-01-01T00:00:01Z"
_PYTHON = "python3-minimal,python{0}-minimal,libpython{0}-stdlib"
_ALWAYS = "ca-certificates,base-files,base-passwd,netbase,tzdata,libstdc++6,libgomp1,dash"
_JAVA = {"bookworm": "openjdk-17-jre-headless", "trixie": "openjdk-21-jre-headless"}
_DROPPED = ("usr/share/doc/", "usr/share/man/", "usr/share/locale/", "usr/share/info/", "usr/share/lintian/", "dev/",
            "var/cache/", "var/log/", "usr/share/bug/", "usr/share/bash-completion/", "var/lib/apt/")  # fmt: skip
# Nothing is configured, so dpkg's own database is empty: each package's facts, as distroless images have them.
_NOTED = (
    'mkdir -p "$1/var/lib/dpkg/status.d" && for deb in "$1"/var/cache/apt/archives/*.deb; do '
    'dpkg-deb --field "$deb" > "$1/var/lib/dpkg/status.d/$(dpkg-deb --field "$deb" Package)" || exit 1; done'
)
_LONGEST_S = 1800.0


@dataclass(frozen=True)
class Base:
    """What to make. `architecture` as Debian names it: amd64, arm64."""

    suite: str = "bookworm"
    architecture: str = "amd64"
    batch: bool = False

    @property
    def packages(self) -> str:
        python = _PYTHON.format(SUITES[self.suite])
        java = f",{_JAVA[self.suite]},coreutils,zip,unzip" if self.batch else ""
        return f"{python},{_ALWAYS}{java}"


def make_base(base: Base, folder: Path, name: str = "latest") -> Image:
    """Make it, into a layout. InputError for an unknown suite, UnavailableError without mmdebstrap or the packages."""
    if base.suite not in SUITES:
        remedy = f"Choose one of {', '.join(SUITES)}."
        raise InputError([Problem("BASE-1", f"the suite {base.suite!r} is not known here", remedy)])
    if shutil.which("mmdebstrap") is None:
        raise UnavailableError(
            "mmdebstrap is not installed\n    apt-get install mmdebstrap, or name a base with --base."
        )
    with tempfile.TemporaryDirectory(prefix="hitless-base-") as scratch:
        raw = Path(scratch) / "base.tar"
        _bootstrap(base, raw)
        with tarfile.open(raw) as archive:
            pieces = tar_pieces(_refined(archive))
            layer, _ = LayerCache(Path(scratch)).pack("base", pieces, gzip(), docker=False)
        image = _image(base, layer)
        write_layout(folder, {name: image})
    return image


def _image(base: Base, layer: Layer) -> Image:
    history = {"created": CREATED, "created_by": f"hitless base make: {base.suite}: {base.packages}"}
    image = Image(empty(Platform(base.architecture, "linux")), ()).on_top([layer], [history], CREATED)
    return image.configured(image.configuration.executing(Env=[f"PATH={PATH}"], Cmd=["/bin/sh"]))


def _bootstrap(base: Base, target: Path) -> None:
    command = ["mmdebstrap", "--quiet", "--variant=extract", f"--architectures={base.architecture}",
               f"--extract-hook={_NOTED}", f"--include={base.packages}", base.suite, str(target)]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False,
                              env={**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH)})  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"the packages did not come within {_LONGEST_S:g} s") from error
    if done.returncode:
        raise UnavailableError(f"the base cannot be made: {done.stderr.strip()[-800:]}")


def _refined(archive: tarfile.TarFile) -> list[Entry]:
    """The entries of the archive without what an image does without, and with what the packages' scripts make."""
    entries = {entry.path: entry for entry in _entries(archive)}
    for entry in _made(entries):
        entries.setdefault(entry.path, entry)
    return list(entries.values())


def _entries(archive: tarfile.TarFile) -> Iterator[Entry]:
    for member in archive:
        path = member.name.removeprefix("./")
        if path in ("", ".") or f"{path}/".startswith(_DROPPED):
            continue
        if member.isdir():
            yield Entry(path, member.mode, is_folder=True, uid=member.uid, gid=member.gid)
        elif member.issym():
            yield Entry(path, link=member.linkname, uid=member.uid, gid=member.gid)
        elif member.isfile() or member.islnk():
            yield _file(archive, path, archive.getmember(member.linkname) if member.islnk() else member)


def _file(archive: tarfile.TarFile, path: str, member: tarfile.TarInfo) -> Entry:
    def opened() -> BinaryIO:
        return cast(BinaryIO, archive.extractfile(member))

    return Entry(path, member.mode, member.size, opened, uid=member.uid, gid=member.gid)


def _made(entries: dict[str, Entry]) -> Iterator[Entry]:
    for kind in ("passwd", "group"):
        yield of_bytes(f"etc/{kind}", _content(entries[f"usr/share/base-passwd/{kind}.master"]))
    certificates = (entry for path, entry in sorted(entries.items()) if _is_certificate(path))
    yield of_bytes("etc/ssl/certs/ca-certificates.crt", b"".join(_content(entry) for entry in certificates))
    yield Entry("tmp", 0o1777, is_folder=True)
    for tool in ("java", "keytool"):
        place = next(
            (path for path in entries if path.startswith("usr/lib/jvm/") and path.endswith(f"/bin/{tool}")), ""
        )
        if place:
            yield Entry(f"usr/bin/{tool}", link=f"/{place}")


def _is_certificate(path: str) -> bool:
    return path.startswith("usr/share/ca-certificates/") and path.endswith(".crt")


def _content(entry: Entry) -> bytes:
    if entry.open is None:
        return b""
    with closing(entry.open()) as file:
        return file.read()
