"""A wheel → the files of a virtual environment, as they are to lie in the image: by PyPA's installer, in scratch.

No interpreter of the image is needed, and none of this machine is seen: scripts get the image's in their first line.
"""

from __future__ import annotations

import stat
from pathlib import Path

from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.exceptions import InstallerError
from installer.sources import WheelFile

from hitless.building.target import Target
from hitless.building.wheels import Wheel
from hitless.errors import InputError, Problem
from hitless.images.tarball import FILE, PROGRAM, Entry

VENV = "opt/hitless/venv"  # in the image
_DROPPED = frozenset({"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})


def site_packages(target: Target) -> str:
    return f"{VENV}/lib/python{target.python[0]}.{target.python[1]}/site-packages"


def installed(wheel: Wheel, file: Path, target: Target, scratch: Path) -> list[Entry]:
    """The files of a wheel; `scratch` is an empty folder that stays until they have been packed."""
    site = site_packages(target)
    places = {
        "purelib": site,
        "platlib": site,
        "scripts": f"{VENV}/bin",
        "data": VENV,
        "headers": f"{VENV}/include/python{target.python[0]}.{target.python[1]}/{wheel.name}",
    }
    destination = SchemeDictionaryDestination(
        {scheme: str(scratch / place) for scheme, place in places.items()},
        interpreter=f"/{VENV}/bin/python",
        script_kind="posix",
        bytecode_optimization_levels=(),
    )
    try:
        with WheelFile.open(file) as source:
            install(source, destination, additional_metadata={})
    except (InstallerError, ValueError, OSError) as error:
        remedy = "Ask for another version of it."
        raise InputError([Problem("BUILD-4", f"{wheel.filename} cannot be installed: {error}", remedy)]) from error
    return [_entry(path, path.relative_to(scratch).as_posix()) for path in _files(scratch)]


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not _is_dropped(path)]


def _is_dropped(path: Path) -> bool:
    return path.name in _DROPPED and path.parent.name.endswith(".dist-info")


def _entry(path: Path, name: str) -> Entry:
    facts = path.stat()
    mode = PROGRAM if facts.st_mode & stat.S_IXUSR else FILE
    return Entry(name, mode, facts.st_size, lambda: path.open("rb"))
