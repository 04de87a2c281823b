"""Control groups, of version 1 or 2 (cgroups(7)): where they are mounted, and some of our own that hold limits."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hitless.errors import UnavailableError

_LIMITS = {  # by controller: the file in a hierarchy of version 1, and of version 2
    "memory": ("memory.limit_in_bytes", "memory.max"),
    "pids": ("pids.max", "pids.max"),
}
_MEMBERS, _USABLE = "cgroup.procs", "cgroup.subtree_control"
_EMPTY_WITHIN_S = 5.0
_STEP_S = 0.02


def cgroups_of(pid: int) -> dict[str, str]:
    """Path by controller, "" for that of version 2; empty where there is no such process."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return {}
    parts = [line.split(":", 2) for line in lines]
    return {name: path for _, names, path in parts for name in names.split(",")}


def mounted(controller: str, path: str) -> Path | None:
    """Where a cgroup is seen here (proc_pid_mountinfo(5)). `controller`: of version 1; "": version 2."""
    kind = "cgroup" if controller else "cgroup2"
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        root, place = before.split()[3:5]
        known, _, options = after.split(" ", 2)
        inside = path == root or path.startswith(root.rstrip("/") + "/")
        if known == kind and inside and (not controller or controller in options.split(" ")[-1].split(",")):
            return Path(place + path.removeprefix(root.rstrip("/")))
    return None


@dataclass(frozen=True)
class Limits:
    """Groups of one name, a folder for each hierarchy."""

    folders: tuple[Path, ...]

    @property
    def entering(self) -> str:
        """Shell: it, and what it starts, is held from here on."""
        return " && ".join(f"echo $$ >{shlex.quote(str(folder / _MEMBERS))}" for folder in self.folders)

    def remove(self) -> None:
        """Once its last process is gone; where it does not go, the group is left."""
        until = time.monotonic() + _EMPTY_WITHIN_S
        for folder in self.folders:
            while folder.is_dir() and time.monotonic() < until:
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    break
                time.sleep(_STEP_S)


def limits_named(name: str) -> Limits:
    """Those of `limited` that are there."""
    return Limits(tuple({folder for folder, _ in _places(name).values() if folder.is_dir()}))


def limited(name: str, *, memory_bytes: int, processes: int) -> Limits:
    """New ones. UnavailableError where that is not permitted; then nothing is left."""
    if whole := mounted("", "/"):
        with contextlib.suppress(OSError):
            (whole / _USABLE).write_text(" ".join(f"+{controller}" for controller in _LIMITS))
    places = _places(name)
    made = Limits(tuple({folder for folder, _ in places.values()}))
    try:
        for folder in made.folders:
            folder.mkdir()
        for controller, value in (("memory", memory_bytes), ("pids", processes)):
            folder, file = places[controller]
            (folder / file).write_text(str(value))
    except (OSError, KeyError) as error:
        made.remove()
        raise UnavailableError(f"no cgroup can hold it: {error}") from error
    return made


def _places(name: str) -> Mapping[str, tuple[Path, str]]:
    """By controller, the folder and the file of the limit; none for a controller that is nowhere."""
    found = {}
    for controller, (first, second) in _LIMITS.items():
        if folder := mounted(controller, "/"):
            found[controller] = (folder / name, first)
        elif (folder := mounted("", "/")) and controller in _controllers(folder):
            found[controller] = (folder / name, second)
    return found


def _controllers(folder: Path) -> list[str]:
    """Those that groups below may use."""
    try:
        return (folder / _USABLE).read_text().split()
    except OSError:
        return []
