"""A root of its own for each instance over one unpacked image: an overlay mount, or a copy where there can be none.

The mount is made in a mount namespace of the instance's (by a shell before the instance's program), and goes with it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hitless.engines.calling import call
from hitless.errors import UnavailableError

NAMESPACE = ("unshare", "--mount", "--propagation", "private")
_WITHIN_S = 600.0
MOST_WRITTEN = 100_000  # files of which the names are told
_MOUNTED = ("dev", "proc", "sys")
_IN_OPTIONS = set(",:\\")  # what has a meaning among the options of a mount
# Where something is mounted, so that engines make a file or a folder there.
_OF_THE_ENGINE = frozenset({"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"})


@dataclass(frozen=True)
class Root:
    """`place`: the root. `mounting`: Shell that makes it so, in a mount namespace; empty for a copy.

    `changed`: where what is written is found. `made_ns`: what has changed since is written by the instance.
    """

    place: Path
    mounting: str
    changed: Path
    made_ns: int

    def written(self) -> tuple[str, ...] | None:
        """Files that were made or changed, deleted ones left out; None for more than anybody reads."""
        found = list(islice(self._paths(), MOST_WRITTEN + 1))
        return tuple(sorted(set(found) - _OF_THE_ENGINE)) if len(found) <= MOST_WRITTEN else None

    def _paths(self) -> Iterator[str]:
        for above, _, names in os.walk(self.changed):
            for name in names:
                file = Path(above, name)
                try:
                    seen = file.lstat()
                except OSError:
                    continue
                is_whiteout = stat.S_ISCHR(seen.st_mode) and seen.st_rdev == 0
                if not is_whiteout and (self.mounting or seen.st_ctime_ns > self.made_ns):
                    yield f"/{file.relative_to(self.changed)}"


def root_over(unpacked: Path, scratch: Path) -> Root:
    """UnavailableError where neither can be made, and for a root that would lead an engine out of it."""
    for name in _MOUNTED:
        if (unpacked / name).is_symlink():  # runc makes its links in /dev wherever that leads here, as root
            raise UnavailableError(f"/{name} is a link: no engine here can put its own in that place")
    upper, work, place = (scratch / name for name in ("upper", "work", "root"))
    if not _IN_OPTIONS & set(f"{unpacked}{scratch}"):
        for folder in (upper, work, place):
            folder.mkdir()
        shutil.copystat(unpacked, upper)
        seen = unpacked.stat()
        os.chown(upper, seen.st_uid, seen.st_gid)
        options = f"lowerdir={unpacked},upperdir={upper},workdir={work}"
        mounting = f"mount -t overlay -o {shlex.quote(options)} hitless {shlex.quote(str(place))}"
        tried = call((*NAMESPACE, "sh", "-c", mounting), _WITHIN_S)
        if tried is not None and tried.ok:
            return Root(place, mounting, upper, 0)
        place.rmdir()
    return _copied(unpacked, place)


def _copied(unpacked: Path, place: Path) -> Root:
    answer = call(("cp", "--archive", "--reflink=auto", str(unpacked), str(place)), _WITHIN_S)
    if answer is None or not answer.ok:
        raise UnavailableError(
            f"{unpacked} cannot be copied: {answer.errors.strip() if answer else 'it takes too long'}"
        )
    return Root(place, "", place, time.time_ns())
