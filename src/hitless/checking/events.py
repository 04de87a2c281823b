"""What is seen of a running subject, as values: the lines of a record. Nothing here looks or judges.

`at_s`: seconds since its stage began, by a monotonic clock. `stage`: which instance and which test of it.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Stage(StrEnum):
    """One thing that is looked at. A rule names the stages it needs; what of them was not seen leaves it unproven."""

    IMAGE = "image"  # manifest, configuration, layers: ImageSeen
    FILES = "files"  # the files that a container sees: FileSeen, FilesSeen
    CONFIG = "config"  # the config.json: ConfigSeen
    SAFETY = "safety"  # scanners: ScannerSeen, Finding
    START = "start"  # an instance from its start to its first answers, logs among them, idle for a while
    API = "api"  # the same instance: every api, its health check, malformed requests, large bodies
    USER = "user"  # an instance as 1000:100
    READ_ONLY = "read-only"  # an instance whose root cannot be written
    BATCH = "batch"  # an instance as a batch service starts it
    KEEP_ALIVE = "keep-alive"  # an instance with connections that are idle for longer than 200 s
    STOP = "stop"  # an instance that is sent SIGTERM under load
    ROLLOUT = "rollout"  # two instances behind a balancer, one replaced by the other under load


class Seconds(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="event"):
    """What all events of a stage have. They are many and refer to nothing that refers to them: gc is spared them."""

    stage: Stage
    at_s: float


class Begun(Seconds, frozen=True, tag="begun"):
    """An instance was started. `instance`: its name within the stage. `where`: the engine.

    `confined`: no route out, no capabilities, limits. `address`: host:port, as clients reach it from outside; `own`: it
    is the container's own one, so that who listens on its loopback only does not answer there.
    """

    instance: str
    where: str
    address: str
    own: bool
    confined: bool
    command: tuple[str, ...] = ()
    user: str = ""
    read_only: bool = False


class Failure(StrEnum):
    """How a request ended without a whole answer."""

    REFUSED = "refused"  # the connection could not be made
    RESET = "reset"  # cut by RST before the first byte of an answer
    CLOSED = "closed"  # ended by FIN before the first byte of an answer
    CUT = "cut short"  # the answer began and did not end
    SILENT = "silent"  # no end of the answer within the client's patience
    NO_HTTP = "no HTTP"  # what came is none


class Exchange(Seconds, frozen=True, tag="exchange"):
    """One request and what came of it. `at_s`: when it was due; `until_s`: when its end was seen. `late_s`: how much
    later than due its first byte left, or it was tried to connect: what a busy machine or a full queue costs.
    `stretched_s`: how much longer than intended it paused within a body that is sent slowly.

    `purpose` tells why it was sent (a rule looks for its own). `connection` numbers the client's connections, `nth` the
    requests on it, from 1. `status` is 0 exactly when there is a `failure`. Bodies are kept up to some length, `size`
    is the answer's whole length in bytes. `curl`: a command that sends the same, `{address}` for host:port.
    """

    purpose: str
    instance: str
    connection: int
    nth: int
    until_s: float
    method: str = "GET"
    path: str = "/"
    api: int | None = None  # of the contract, from 0
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()  # names in lower case
    body: bytes = b""
    size: int = 0
    failure: Failure | None = None
    detail: str = ""
    curl: str = ""
    expected: str | None = None  # the JSON of the answer, where the user gave one
    late_s: float = 0.0
    stretched_s: float = 0.0

    @property
    def sent_s(self) -> float:
        return self.at_s + self.late_s


class Closed(Seconds, frozen=True, tag="closed"):
    """The subject ended a connection on which no request was open. `idle_s`: since its last answer, or its start."""

    instance: str
    connection: int
    idle_s: float
    reset: bool = False


class Signalled(Seconds, frozen=True, tag="signalled"):
    instance: str
    number: int


class Logged(Seconds, frozen=True, tag="logged"):
    """A line of its output, without its end. `at_s`: when it was seen here. `stream`: stdout, stderr, or empty where
    the engine does not tell them apart."""

    instance: str
    line: str
    stream: str = ""


class Exited(Seconds, frozen=True, tag="exited"):
    """`code`: 128 + n for signal n. `removed`: it was ended by us."""

    instance: str
    code: int
    removed: bool = False


class Measured(Seconds, frozen=True, tag="measured"):
    """A figure that was read: `memory_bytes`, …"""

    instance: str
    name: str
    value: float


class Wrote(Seconds, frozen=True, tag="wrote"):
    """Files that the instance made or changed in its own file system, as its engine tells."""

    instance: str
    paths: tuple[str, ...]


class Noted(Seconds, frozen=True, tag="noted"):
    """A phase of a stage that has a name for rules and for pictures, such as `ready`, `swap begun`, `load ended`."""

    what: str
    detail: str = ""


class Ended(Seconds, frozen=True, tag="ended"):
    """A stage was looked at. `complete`: for as long as its rules need; else `why` not."""

    complete: bool = True
    why: str = ""


class Unseen(msgspec.Struct, frozen=True, tag_field="event", tag="unseen"):
    """A stage was not looked at: why. Its rules are unproven."""

    stage: Stage
    why: str


Event = Begun | Exchange | Closed | Signalled | Logged | Exited | Measured | Wrote | Noted | Ended
