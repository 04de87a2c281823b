"""The server itself as files of the image, copied from the installed hitless: tool and image cannot drift apart."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import hitless
from hitless.building.bootfile import BOOT_FILE, boot_file
from hitless.building.places import VENV, site_packages
from hitless.building.target import Target
from hitless.images.tarball import PROGRAM, Entry, of_bytes

PARTS = ("serving", "spec", "errors.py", "__init__.py")
REQUIREMENTS = ("uvloop>=0.21", "httptools>=0.6.4", "msgspec>=0.19", "jsonschema-rs>=0.60")  # docs/adr/0001


def runtime_files(target: Target, python: str) -> list[Entry]:
    """The boot file, the virtual environment around `python` (a path of the base), and the server's modules."""
    site = site_packages(target)
    version = ".".join(map(str, target.python))
    home = python.rpartition("/")[0]
    settings = f"home = {home}\ninclude-system-site-packages = false\nversion = {version}\n"
    metadata = f"Metadata-Version: 2.1\nName: hitless\nVersion: {hitless.__version__}\n"
    return [
        of_bytes(BOOT_FILE[1:], boot_file().encode(), PROGRAM),
        of_bytes(f"{VENV}/pyvenv.cfg", settings.encode()),
        Entry(f"{VENV}/bin/python", link=python),
        Entry(f"{VENV}/bin/python3", link="python"),
        of_bytes(f"{site}/hitless-{hitless.__version__}.dist-info/METADATA", metadata.encode()),
        *_modules(site),
    ]


def _modules(site: str) -> Iterator[Entry]:
    source = Path(hitless.__file__).parent
    for part in PARTS:
        place = source / part
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield of_bytes(f"{site}/hitless/{path.relative_to(source).as_posix()}", path.read_bytes())


def this_python() -> tuple[int, int]:
    return sys.version_info[:2]
