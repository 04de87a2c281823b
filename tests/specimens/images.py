"""Small images in memory, in milliseconds, made by our own code: a file system by path, and what the image says of it.

specimen({"/home/run.sh": b"exec sleep 9\n", "/bin/sh": PROGRAM}, command=["sh", "/home/run.sh"], ports=[8080])
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hitless.images.configuration import empty
from hitless.images.digest import digest_of
from hitless.images.image import Image
from hitless.images.layer import Blob, Layer
from hitless.images.manifest import Descriptor, Platform
from hitless.images.media import layer_type
from hitless.images.packing import Packing, plain
from hitless.images.tarball import FILE, FOLDER, Entry, of_bytes, tar_pieces
from hitless.images.tarball import PROGRAM as EXECUTABLE

CREATED = "1980-01-01T00:00:01Z"
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MACHINES = {"amd64": 0x3E, "arm64": 0xB7, "386": 0x03, "riscv64": 0xF3}


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class File:
    """A file with more than its bytes."""

    data: bytes = b""
    mode: int = FILE
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True)
class Folder:
    mode: int = FOLDER
    uid: int = 0
    gid: int = 0


Content = bytes | str | File | Folder | Link


def elf(architecture: str = "amd64") -> bytes:
    """The head of a binary for this processor; it cannot be executed."""
    return struct.pack("<4sBBBB8xHHI", b"\x7fELF", 2, 1, 1, 0, 2, _MACHINES[architecture], 1) + bytes(40)


def program(architecture: str = "amd64") -> File:
    """A file that looks like a program."""
    return File(elf(architecture), EXECUTABLE)


PASSWD = b"root:x:0:0:root:/root:/bin/sh\nma-user:x:1000:100::/home/ma-user:/bin/sh\n"
GROUP = b"root:x:0:\nma-group:x:100:\n"
# What a small distribution has, as far as rules without a running instance look.
SYSTEM: Mapping[str, Content] = {
    "/bin/sh": program(),
    "/usr/bin/python3": program(),
    "/etc/passwd": PASSWD,
    "/etc/group": GROUP,
}
BATCH_SYSTEM: Mapping[str, Content] = {
    **SYSTEM, "/usr/bin/java": program(), "/usr/bin/zip": program(), "/usr/bin/unzip": program(),
}  # fmt: skip
CONFIG: Mapping[str, Any] = {
    "model_algorithm": "image_classification",
    "model_type": "Image",
    "apis": [
        {
            "url": "/",
            "method": "post",
            "request": {"Content-type": "application/json", "data": {"type": "object"}},
            "response": {"Content-type": "application/json", "data": {"type": "object"}},
        }
    ],
    "health": {
        "check_method": "HTTP",
        "protocol": "http",
        "url": "/health",
        "initial_delay_seconds": "12",
        "timeout_seconds": "30",
        "period_seconds": "5",
        "failure_threshold": "12",
    },
}


def layer(files: Mapping[str, Content], packing: Packing | None = None, *, docker: bool = False) -> Layer:
    """One layer. Paths with or without a leading slash; `.wh.` names remove, as in any layer."""
    how = packing or plain()
    tar = b"".join(tar_pieces([_entry(path.lstrip("/"), content) for path, content in files.items()]))
    packed = b"".join(how.pack([tar]))
    descriptor = Descriptor(layer_type(how.compression, docker=docker), digest_of(packed), len(packed))
    return Layer(Blob(descriptor, lambda: io.BytesIO(packed)), digest_of(tar))


def _entry(path: str, content: Content) -> Entry:
    match content:
        case Link(target):
            return Entry(path, link=target)
        case Folder(mode, uid, gid):
            return Entry(path, mode, is_folder=True, uid=uid, gid=gid)
        case File(data, mode, uid, gid):
            return of_bytes(path, data, mode, uid=uid, gid=gid)
        case str():
            return of_bytes(path, content.encode())
        case _:
            return of_bytes(path, content)


def specimen(
    files: Mapping[str, Content] | None = None,
    *,
    command: Sequence[str] | None = ("sh", "/home/run.sh"),
    entrypoint: Sequence[str] | None = None,
    user: str = "",
    env: Mapping[str, str] | None = None,
    ports: Sequence[int | str] = (8080,),
    config: Mapping[str, Any] | None = CONFIG,
    working_dir: str = "/app",
    stop_signal: str = "",
    labels: Mapping[str, str] | None = None,
    platform: str = "linux/amd64",
    base: Image | Mapping[str, Content] | None = SYSTEM,
) -> Image:
    """An image of one layer on a base. `config`: the config.json in its working folder, None for none.

    `base`: an image, or the files of one; SYSTEM looks right to every rule that reads, and nothing in it runs: take a
    base that does for those that start it. None: no base at all.
    """
    own = dict(files if files is not None else {"/home/run.sh": b"#!/bin/sh\nexec python3 -m server\n"})
    if config is not None:
        own[f"{working_dir}/config.json"] = json.dumps(config, indent=2).encode()
    image = base if isinstance(base, Image) else _base(base, platform)
    image = image.on_top(
        [layer(own, docker=image.is_docker)], [{"created_by": "specimen", "created": CREATED}], CREATED
    )
    inherited = image.configuration.environment
    variables = {"PATH": DEFAULT_PATH, **inherited, **(env or {})}
    execution: dict[str, Any] = {
        "Entrypoint": list(entrypoint) if entrypoint is not None else None,
        "Cmd": list(command) if command is not None else None,
        "Env": [f"{name}={value}" for name, value in variables.items()],
        "User": user or None,
        "WorkingDir": working_dir,
        "ExposedPorts": {f"{port}/tcp" if isinstance(port, int) else port: {} for port in ports} or None,
        "StopSignal": stop_signal or None,
        "Labels": dict(labels) if labels else None,
    }
    return image.configured(image.configuration.executing(**execution))


def _base(files: Mapping[str, Content] | None, platform: str) -> Image:
    image = Image(empty(Platform.parse(platform)), ())
    if files is None:
        return image
    entry = {"created_by": "ADD file:base in /", "created": CREATED}
    last = {"created_by": 'CMD ["sh"]', "created": CREATED, "empty_layer": True}
    with_files = image.on_top([layer(files)], [entry], CREATED)
    return with_files.configured(with_files.configuration.appended([], [last], CREATED))
