"""The same digest wherever it is built: each row builds from nothing but wheels, with one thing changed."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.images.command import FailedError, run
from bench.images.workshop import HITLESS, Workshop

_DIGEST = re.compile(r"^sha256:[0-9a-f]{64}$", re.MULTILINE)


@dataclass(frozen=True)
class Way:
    """`before` runs the build: another user, no network, another umask."""

    title: str
    before: Sequence[str] = ()
    environ: Mapping[str, str] = field(default_factory=dict)


_MAY_READ = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")  # a Python in a home of root's
WAYS = (
    Way("as it is"),
    Way("another folder, other file times and modes"),
    Way("umask 077", ("sh", "-c", 'umask 077; exec "$@"', "sh")),
    Way("time zone of Tokyo, language C", (), {"TZ": "Asia/Tokyo", "LC_ALL": "C"}),
    Way("Turkish language", (), {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}),
    Way("without a network", ("unshare", "--net")),
    Way("another user", ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *_MAY_READ)),
    Way("one processor", ("taskset", "--cpu-list", "0")),
)


def compare(workshop: Workshop) -> Iterator[tuple[str, str]]:
    """(way, digest), or why there is none."""
    for number, way in enumerate(WAYS):
        package = workshop.package(f"same {number}" if number == 1 else f"same-{number}")
        if number == 1:
            _disguise(package)
        yield way.title, _digest(workshop, way, package, number)


def _disguise(package: Path) -> None:
    for path in package.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700 if path.is_dir() else 0o600)


def _digest(workshop: Workshop, way: Way, package: Path, number: int) -> str:
    if way.before and (shutil.which(way.before[0]) is None or (way.before[0] != "sh" and os.geteuid())):
        return "not tried: needs root"
    cache = workshop.cache(f"same-{number}")
    if way.before[:1] == ("setpriv",):
        workshop.folder.chmod(0o755)  # access(2), which options for paths are checked with, knows no such capability
        for path in (cache, package, *package.rglob("*")):
            os.chown(path, 65534, 65534)
    output = cache / "image"
    options: list[str | Path] = ["--base", workshop.base, "--cache", cache, "-o", output]
    command = [*way.before, *HITLESS, "build", package, *options]
    try:
        found = _DIGEST.findall(run(command, environ={"HOME": str(cache), **way.environ}).output)
    except FailedError as error:
        said = " ".join(re.findall(r"[^\s╭╮╰╯│─]+", str(error).partition("\n")[2]))  # without frames
        return f"failed: {said[-100:]}"
    return str(found[-1])
