"""Packages of the base's distribution: read from what dpkg and apk keep, and never more than can be."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.unit.images.samples import file, image_of, layer_of

from hitless.building import system_packages
from hitless.building.system_packages import (
    Distribution,
    SystemPackage,
    distribution_of,
    is_database,
    system_packages_of,
)
from hitless.images.filesystem import Filesystem
from hitless.images.flattening import flatten

DPKG = b"""\
Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Version: 2.36-9+deb12u10
Description: GNU C Library
 Version: of the text
 .
 Package: of the text

Package: removed
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: bash
Status: install ok installed
Architecture: amd64
Version: 5.2.15-2+b7
"""
APK = b"C:Q1hash\nP:musl\nV:1.2.5-r0\nA:x86_64\nS:1\n\nP:busybox\nV:1.36.1-r29\nA:x86_64\nF:bin\nR:sh\n\n"
LIBC = SystemPackage("libc6", "2.36-9+deb12u10", "amd64", "deb")
BASH = SystemPackage("bash", "5.2.15-2+b7", "amd64", "deb")
BUSYBOX, MUSL = (
    SystemPackage("busybox", "1.36.1-r29", "x86_64", "apk"),
    SystemPackage("musl", "1.2.5-r0", "x86_64", "apk"),
)


def system_of(files: Mapping[str, bytes]) -> Filesystem:
    image = image_of(layer_of(*(file(path, content) for path, content in files.items())))
    return flatten(image, is_database)


@pytest.mark.parametrize(
    ("files", "packages"),
    [
        pytest.param({"var/lib/dpkg/status": DPKG}, (BASH, LIBC), id="debian"),
        pytest.param(
            {
                "var/lib/dpkg/status.d/tzdata": b"Package: tzdata\nVersion: 2025b-0+deb12u1\nArchitecture: all\n",
                "var/lib/dpkg/status.d/tzdata.md5sums": b"Package: none\nVersion: 1\n",
            },
            (SystemPackage("tzdata", "2025b-0+deb12u1", "all", "deb"),),
            id="distroless",
        ),
        pytest.param({"lib/apk/db/installed": APK}, (BUSYBOX, MUSL), id="alpine"),
        pytest.param({"usr/lib/apk/db/installed": APK}, (BUSYBOX, MUSL), id="alpine-with-merged-usr"),
        pytest.param({"var/lib/rpm/rpmdb.sqlite": b"SQLite format 3"}, (), id="rpm-is-not-read"),
        pytest.param({"var/lib/dpkg/status": b"\xff\xfe\x00"}, (), id="no-database"),
        pytest.param({"var/lib/dpkg/status": b"Package: a\n\nVersion: 2\n"}, (), id="halves-are-not-joined"),
        pytest.param({"var/lib/dpkg/status": b"Package: a\nVersion: " + b"9" * 201}, (), id="too-long"),
        pytest.param({"etc/passwd": b""}, (), id="nothing"),
    ],
)
def test_what_is_installed(files: Mapping[str, bytes], packages: tuple[SystemPackage, ...]) -> None:
    assert system_packages_of(system_of(files)) == packages


def test_there_is_an_end_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_packages, "MOST_PACKAGES", 3)
    many = b"".join(b"Package: p%d\nVersion: 1\nArchitecture: all\n\n" % number for number in range(9))
    assert [one.name for one in system_packages_of(system_of({"var/lib/dpkg/status": many}))] == ["p0", "p1", "p2"]


@pytest.mark.parametrize(
    ("files", "distribution"),
    [
        pytest.param(
            {"etc/os-release": b'ID=debian\nVERSION_ID="12"\nID_LIKE=x\n'}, Distribution("debian", "12"), id="etc"
        ),
        pytest.param(
            {"usr/lib/os-release": b"VERSION_ID=3.22.1\nID=alpine\n"}, Distribution("alpine", "3.22.1"), id="usr"
        ),
        pytest.param({"etc/os-release": b"ID=debian\n"}, Distribution("debian"), id="testing-has-no-version"),
        pytest.param({"etc/os-release": b"ID=../../x\n"}, Distribution(), id="no-name"),
        pytest.param({}, Distribution(), id="nothing"),
    ],
)
def test_whose_they_are(files: Mapping[str, bytes], distribution: Distribution) -> None:
    assert distribution_of(system_of({"etc/passwd": b"", **files})) == distribution


@pytest.mark.parametrize(
    ("distribution", "package", "purl"),
    [
        pytest.param(Distribution("debian", "12"), LIBC,
                     "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12", id="debian"),
        pytest.param(Distribution("debian"), SystemPackage("attr", "1:2.4.47-2+b1", "amd64", "deb"),
                     "pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64", id="with-an-epoch"),
        pytest.param(Distribution("alpine", "3.22.1"), SystemPackage("libstdc++", "14.2.0-r6", "", "apk"),
                     "pkg:apk/alpine/libstdc%2B%2B@14.2.0-r6?distro=alpine-3.22.1", id="alpine"),
        pytest.param(Distribution(), MUSL, "pkg:apk/musl@1.2.5-r0?arch=x86_64", id="of-nobody"),
        pytest.param(Distribution("debian", "12"), SystemPackage("a b?#", "1/2", "x&y", "deb"),
                     "pkg:deb/debian/a%20b%3F%23@1%2F2?arch=x%26y&distro=debian-12", id="hostile"),
    ],
)  # fmt: skip
def test_package_urls(distribution: Distribution, package: SystemPackage, purl: str) -> None:
    assert distribution.purl(package) == purl
