"""What is seen of an image without running it, as values: the other lines of a record."""

from __future__ import annotations

import msgspec

from hitless.checking.events import Stage


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """What all facts have."""

    stage: Stage


class Fault(msgspec.Struct, frozen=True):
    """A Problem of some reader, kept: its id, words, remedy, and whether it is only a warning."""

    id: str
    message: str
    remedy: str
    warning: bool = False
    place: str = ""


class LayerSeen(msgspec.Struct, frozen=True):
    """Sizes in bytes; `unpacked` and `files` are 0 where the layers could not be read. `in_base`: it comes from the
    base image, as far as the history tells."""

    digest: str
    size: int
    unpacked: int
    files: int
    created_by: str = ""
    in_base: bool = False


class ImageSeen(Fact, frozen=True, tag="image"):
    """Manifest and configuration. `faults`: what validation found, digests and sizes among them.

    `transferred`, `unpacked`, `effective`: the three sizes, in bytes (see images.filesystem.Sizes).
    """

    digest: str
    media_type: str
    platform: str
    transferred: int
    unpacked: int
    effective: int
    layers: tuple[LayerSeen, ...]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    environment: dict[str, str]
    user: str
    working_dir: str
    stop_signal: str
    ports: tuple[str, ...]
    labels: dict[str, str]
    faults: tuple[Fault, ...] = ()
    annotations: dict[str, str] = {}

    @property
    def effective_command(self) -> tuple[str, ...]:
        return self.entrypoint + self.command


class Step(msgspec.Struct, frozen=True):
    """A folder on the way to a file: who may pass it. `path` begins with a slash."""

    path: str
    mode: int
    uid: int
    gid: int


class FileSeen(Fact, frozen=True, tag="file"):
    """A file, folder or link that some rule asks about; links to it were followed, and `path` is as it was asked.

    `kind`: file, folder, other, or missing. `content`: of small files that rules read or that are sent, else None.
    Paths begin with a slash. `way`: the folders from the root to `real_path`. `asked_for`: why it was looked at:
    `boot file`, `program` (the first word of the effective command), `interpreter` (of that, if it is a script),
    `command` (scripts that the command names), `working folder`, `package`, `accounts`, `settings` (that a server finds
    by itself), `example` (requests of the package, with what they send).
    """

    path: str
    kind: str
    real_path: str = ""
    mode: int = 0
    uid: int = 0
    gid: int = 0
    size: int = 0
    layer: int = -1
    content: bytes | None = None
    way: tuple[Step, ...] = ()
    asked_for: str = ""


class FilesSeen(Fact, frozen=True, tag="files"):
    """The root file system as a whole. `programs`: for each name that rules ask about, where it was found on the PATH
    of a non-login shell, empty where it was not. `users`, `groups`: name → number, of /etc/passwd and /etc/group.
    `forms`: what those programs are: `script`, or the architecture of a binary as images name it (amd64, arm64, …);
    empty where that is not known. `has_path`: the image sets PATH itself."""

    count: int
    effective: int
    programs: dict[str, str]
    users: dict[str, int]
    groups: dict[str, int]
    path: str
    has_path: bool = True
    forms: dict[str, str] = {}


class ConfigSeen(Fact, frozen=True, tag="config"):
    """The config.json. `where`: how it is told to people; `assumed`: there was none, and this is the declared example
    (POST /, GET /health). `others`: further ones in the image, whose presence is a fault."""

    where: str
    text: bytes
    assumed: bool = False
    others: tuple[str, ...] = ()


class ScannerSeen(Fact, frozen=True, tag="scanner"):
    """`lacking`: why it could not be used, or not on everything that it should see; empty where it did. `files`,
    `bytes`: it read. `limits`: what it does not look at by design, told with its verdicts."""

    name: str
    version: str = ""
    lacking: str = ""
    files: int = 0
    bytes: int = 0
    limits: str = ""


class Finding(Fact, frozen=True, tag="finding"):
    """What a scanner found. `kind`: a word that rules select by, such as `signature`, `pickle`, `secret`, `setuid`."""

    scanner: str
    kind: str
    path: str
    what: str
    detail: str = ""
    layer: int = -1
