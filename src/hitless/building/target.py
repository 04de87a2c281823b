"""What wheels must fit: the image's processor, Python and C library. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from packaging.tags import Tag, compatible_tags, cpython_tags

from hitless.images.manifest import Platform

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}  # the OCI's names → those of wheels
_LEGACY = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}  # PEP 600
_UV_KNOWS = 40  # uv names manylinux_2_40 at most


@dataclass(frozen=True)
class Target:
    """`python` is (3, 11); `libc` is "glibc" or "musl", with its version."""

    platform: Platform
    python: tuple[int, int]
    libc: str
    libc_version: tuple[int, int]

    @property
    def machine(self) -> str:
        return MACHINES[self.platform.architecture]

    @property
    def uv_platform(self) -> str:
        """As `uv --python-platform` names it."""
        if self.libc == "musl":
            return f"{self.machine}-unknown-linux-musl"
        return f"{self.machine}-manylinux_2_{min(self.libc_version[1], _UV_KNOWS)}"

    @cached_property
    def tags(self) -> tuple[Tag, ...]:
        """The tags of wheels that fit, the best first (PEP 425, 600, 656)."""
        platforms = list(self._platforms())
        interpreter = f"cp{self.python[0]}{self.python[1]}"
        return (
            *cpython_tags(self.python, [interpreter], platforms),
            *compatible_tags(self.python, interpreter, platforms),
        )

    @property
    def platform_tags(self) -> tuple[str, ...]:
        return tuple(self._platforms())

    def _platforms(self) -> Iterator[str]:
        major, newest = self.libc_version
        if self.libc == "musl":
            yield from (f"musllinux_{major}_{minor}_{self.machine}" for minor in range(newest, -1, -1))
        else:
            oldest = 5 if self.machine == "x86_64" else 17
            for minor in range(newest, oldest - 1, -1):
                yield f"manylinux_{major}_{minor}_{self.machine}"
                if (major, minor) in _LEGACY:
                    yield f"{_LEGACY[major, minor]}_{self.machine}"
        yield f"linux_{self.machine}"

    def __str__(self) -> str:
        libc = ".".join(map(str, self.libc_version))
        return f"{self.platform}, Python {self.python[0]}.{self.python[1]}, {self.libc} {libc}"
