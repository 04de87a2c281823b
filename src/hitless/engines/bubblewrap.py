"""An unpacked image run by bubblewrap, where there is no runc: namespaces, limits and an address of its own.

Needs root. Another user than root is alone in a user namespace: files of others look there as if they were nobody's.
"""

from __future__ import annotations

import json
import os
import shlex
import threading
from pathlib import Path

from hitless.engines.accounts import Account, account_of
from hitless.engines.cgroups import Limits, limited, limits_named
from hitless.engines.commands import CAPABILITIES
from hitless.engines.roots import NAMESPACE
from hitless.engines.runc_bundle import HOSTNAME, command_of, environment_of
from hitless.engines.running import Confinement, Start
from hitless.engines.sandbox import Sandbox, Scratch, begin_sandbox, make_scratch, sweep_sandboxes
from hitless.errors import UnavailableError
from hitless.images.configuration import Configuration

_INFO = "info"  # what bubblewrap tells about its child
_PLACE = "/mnt"  # of the root, in a mount namespace: other users cannot reach it where it really is


class BubblewrapEngine:
    """`configuration`: of the image whose root the subject is, unpacked. Everything it starts is confined."""

    name = "bwrap"

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def start(self, start: Start) -> Sandbox:
        account = account_of(start.user or self._configuration.user, Path(start.subject))
        scratch = make_scratch(start)
        instance = None
        try:
            folder = self._configuration.working_dir or "/"
            wrapped = bubblewrap_command(start, self._configuration, account)
            limits, lacks = _limits(scratch, start.confinement or Confinement())
            command = _command(limits, scratch, start, folder, account, wrapped)
            instance = begin_sandbox(command, scratch, start, lacks, _forget)
            instance.began(lambda: _first_process(scratch.folder), self.name)
        except BaseException:
            if instance is not None:
                instance.remove()
            _forget(scratch.folder)
            scratch.remove()
            raise
        return instance

    def sweep(self) -> list[str]:
        """What runs of before left because they were killed."""
        return sweep_sandboxes(_forget)


def _limits(scratch: Scratch, confinement: Confinement) -> tuple[Limits, tuple[str, ...]]:
    """With what it lacks where none can be made."""
    name = scratch.folder.name
    try:
        return limited(name, memory_bytes=confinement.memory_bytes, processes=confinement.processes), ()
    except UnavailableError as error:
        return Limits(()), (f"it has no limits on memory and processes: {error}",)


def _forget(folder: Path) -> None:
    limits_named(folder.name).remove()


def bubblewrap_command(start: Start, configuration: Configuration, account: Account) -> list[str]:
    """With the root at `_PLACE`, and a file descriptor 3 that is told the child's process id."""
    folder = configuration.working_dir or "/"
    words = ["bwrap", "--bind", _PLACE, "/", "--proc", "/proc", "--dev", "/dev"]
    for place in start.writable:
        words += ["--perms", "1777", "--tmpfs", place]
    if start.read_only:
        words += ["--remount-ro", "/"]
    words += ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", HOSTNAME, "--as-pid-1"]
    words += ["--cap-drop", "ALL"]
    if account.uid == 0:
        words += [word for name in CAPABILITIES for word in ("--cap-add", f"CAP_{name}")]
    words += ["--chdir", folder, "--clearenv", "--info-fd", "3"]
    for name, value in environment_of(start, configuration, account).items():
        words += ["--setenv", name, value]
    return [*words, "--", *command_of(start, configuration)]


def _command(
    limits: Limits, scratch: Scratch, start: Start, working_dir: str, account: Account, wrapped: list[str]
) -> list[str]:
    """In a mount and a network namespace: make the root, get the other end of the pair, become the user, start."""
    root, folder = shlex.quote(str(scratch.root.place)), shlex.quote(str(scratch.folder))
    steps = [step for step in (limits.entering, scratch.root.mounting) if step]
    steps += [_folder(root, name) for name in ("/proc", "/dev", working_dir, *start.writable)]
    for name in ("hosts", "resolv.conf"):
        target = f"{root}/etc/{name}"  # a link there would lead out of the root
        steps.append(
            f"if [ ! -L {root}/etc ] && [ -d {root}/etc ] && [ ! -L {target} ]; then "
            f": >>{target} && mount --bind -o ro {folder}/{name} {target}; fi"
        )
    steps.append(f"mount --rbind {root} {_PLACE}")
    if scratch.pair is not None:
        ours = f"/proc/{os.getpid()}/task/{threading.get_native_id()}/ns/net"  # each thread may be in another
        outside = f"nsenter --net={ours}"
        steps.append(f"export me=$$ && {outside} sh -c {shlex.quote(scratch.pair.moving('$me'))}")
    else:
        steps.append("ip link set lo up")
    steps.append(f"exec {shlex.join([*_as_user(account), *wrapped])} 3>{folder}/{_INFO}")
    return [*NAMESPACE, "--net", "sh", "-c", " && ".join(steps)]


def _folder(root: str, path: str) -> str:
    """Shell: make a folder in a root where it is missing; what lies behind a link is left as it is."""
    parts = " ".join(shlex.quote(part) for part in path.split("/") if part not in ("", ".", ".."))
    step = 'at="$at/$part"; if [ -L "$at" ]; then break; fi; if [ ! -e "$at" ]; then mkdir "$at"; fi'
    return f"at={root} && for part in {parts}; do {step}; done"


def _as_user(account: Account) -> list[str]:
    if account.uid == 0:
        return []
    groups = f"--groups={','.join(map(str, account.groups))}" if account.groups else "--clear-groups"
    return ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", groups]


def _first_process(folder: Path) -> int:
    """0 until it is there."""
    try:
        return int(json.loads((folder / _INFO).read_text())["child-pid"])
    except (OSError, ValueError):
        return 0
