"""The packages of a base's distribution, told from the database of its package manager. Pure.

Debian's and Ubuntu's (dpkg; distroless images have a file for each package) and Alpine's (apk). That of rpm is a binary
file and is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote

from hitless.images.filesystem import Filesystem

MOST_PACKAGES = 10_000  # a desktop has some 3 000
_LONGEST = 200  # characters of a name or version
_DPKG, _DPKG_FOLDER = "var/lib/dpkg/status", "var/lib/dpkg/status.d/"
_APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")  # the second since Alpine 3.22
_OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
_INSTALLED = "install ok installed"
_DISTRIBUTION = re.compile(r"[a-z0-9._-]{1,40}")


@dataclass(frozen=True, order=True)
class SystemPackage:
    """`kind` is the package-url's type: "deb" or "apk"; `architecture` as the distribution calls it."""

    name: str
    version: str
    architecture: str
    kind: str


@dataclass(frozen=True)
class Distribution:
    """ID and VERSION_ID of os-release(5): "debian" and "12"; empty where it does not tell."""

    name: str = ""
    version: str = ""

    def purl(self, package: SystemPackage) -> str:
        """The package-url, as purl-spec has it for deb and apk."""
        place = "/".join(part for part in (package.kind, self.name) if part)
        release = "-".join(part for part in (self.name, self.version) if part)
        qualifiers = {"arch": package.architecture, "distro": release if self.version else ""}
        asked = "&".join(f"{key}={_quoted(value)}" for key, value in qualifiers.items() if value)
        return f"pkg:{place}/{_quoted(package.name)}@{_quoted(package.version)}" + (f"?{asked}" if asked else "")


def _quoted(text: str) -> str:
    return quote(text, safe=":")


def is_database(path: str) -> bool:
    """Whether a file tells of packages, or of whose they are."""
    of_one = path.startswith(_DPKG_FOLDER) and not path.endswith(".md5sums")
    return path == _DPKG or path in _APK or path in _OS_RELEASE or of_one


def distribution_of(files: Filesystem) -> Distribution:
    """Where os-release names no system, it is empty."""
    for path in _OS_RELEASE:
        fields = dict(re.findall(r'^(ID|VERSION_ID)="?([^"\n]*)"?$', _text(files, path), re.MULTILINE))
        if _DISTRIBUTION.fullmatch(fields.get("ID", "")):
            version = fields.get("VERSION_ID", "")
            return Distribution(fields["ID"], version if _DISTRIBUTION.fullmatch(version) else "")
    return Distribution()


def system_packages_of(files: Filesystem) -> tuple[SystemPackage, ...]:
    """Sorted, each once; at most MOST_PACKAGES."""
    singles = sorted(path for path in files.nodes if path.startswith(_DPKG_FOLDER) and is_database(path))
    debian = (package for path in (_DPKG, *singles) for package in _of_dpkg(_text(files, path)))
    alpine = (package for path in _APK for package in _of_apk(_text(files, path)))
    found = {package for packages in (debian, alpine) for package in islice(packages, MOST_PACKAGES)}
    return tuple(sorted(found)[:MOST_PACKAGES])


def _of_dpkg(text: str) -> Iterator[SystemPackage]:
    """deb822 paragraphs; those of distroless images have no Status."""
    for fields in _records(text, r"^(Package|Version|Architecture|Status): (.*)$"):
        if fields.get("Status", _INSTALLED) == _INSTALLED:
            yield from _package(fields, ("Package", "Version", "Architecture"), "deb")


def _of_apk(text: str) -> Iterator[SystemPackage]:
    """Alpine's wiki, "Apk spec", installed database: P is the name, V the version, A the architecture."""
    for fields in _records(text, r"^([PVA]):(.*)$"):
        yield from _package(fields, ("P", "V", "A"), "apk")


def _records(text: str, pattern: str) -> Iterator[Mapping[str, str]]:
    return (dict(re.findall(pattern, record, re.MULTILINE)) for record in re.split(r"\n\n+", text))


def _package(fields: Mapping[str, str], keys: tuple[str, str, str], kind: str) -> Iterator[SystemPackage]:
    name, version, architecture = (fields.get(key, "").strip() for key in keys)
    if name and version and max(map(len, (name, version, architecture))) <= _LONGEST:
        yield SystemPackage(name, version, architecture, kind)


def _text(files: Filesystem, path: str) -> str:
    return (files.read(path) or b"").decode("utf-8", "replace")
