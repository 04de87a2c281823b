"""Bases of Debian's packages for the servers that are checked: each made once, as `hitless base make` makes its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hitless.building.debian import Base, make_base
from hitless.images.image import Image
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image

_SYSTEM = "base-files,base-passwd,netbase,tzdata,libc-bin,dash,coreutils,ca-certificates"
_PYTHON = "python3-minimal,python3.11-minimal,libpython3.11-stdlib,libstdc++6,libgomp1"
PACKAGES = {
    "plain": "",
    "python": _PYTHON,
    "node": "nodejs",
    "nginx": "nginx-light",
    "caddy": "caddy",
    "haproxy": "haproxy",
    "apache": "apache2",
    "java": "openjdk-17-jre-headless",
    "ruby": "ruby,ruby-webrick,puma",
    "busybox": "busybox",
}


@dataclass(frozen=True)
class _Packages(Base):
    names: str = ""

    @property
    def packages(self) -> str:
        return f"{_SYSTEM},{self.names}".rstrip(",")


def base_image(name: str, folder: Path) -> Image:
    """Made in that folder if it is not there. UnavailableError without mmdebstrap or the packages."""
    place = folder / name
    if not place.exists():
        new = folder / f"{name}.new"
        make_base(_Packages(names=PACKAGES[name]), new)
        new.rename(place)
    return read_image(LayoutSource(place), str(place))
