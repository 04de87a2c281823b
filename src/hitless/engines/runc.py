"""An unpacked image run by runc, without any engine: namespaces, limits and an address of its own. Needs root."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from hitless.engines.accounts import account_of
from hitless.engines.calling import call
from hitless.engines.roots import NAMESPACE
from hitless.engines.runc_bundle import bundle_config
from hitless.engines.running import Start
from hitless.engines.sandbox import Sandbox, Scratch, begin_sandbox, make_scratch, sweep_sandboxes
from hitless.images.configuration import Configuration

_STATE = "state"
_NAME = "container"  # each has a folder of states of its own
_PID_FILE = "container.pid"
_WITHIN_S = 60.0
# The hook's standard input is the state of the container (runtime-spec, runtime.md).
_PID_OF_STATE = "pid=$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/')"


class RuncEngine:
    """`configuration`: of the image whose root the subject is, unpacked. Everything it starts is confined."""

    name = "runc"

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def start(self, start: Start) -> Sandbox:
        account = account_of(start.user or self._configuration.user, Path(start.subject))
        scratch = make_scratch(start)
        instance = None
        try:
            hook = f"{_PID_OF_STATE} && {scratch.pair.moving('$pid')}" if scratch.pair is not None else ""
            group = f"/{scratch.folder.name}"
            place = scratch.folder
            config = bundle_config(start, self._configuration, account, scratch.root.place, place, group, hook)
            (place / "config.json").write_text(json.dumps(config))
            instance = begin_sandbox(_command(scratch), scratch, start, ended=_forget)
            instance.began(lambda: _first_process(place), self.name)
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


def _command(scratch: Scratch) -> list[str]:
    folder = scratch.folder
    words = ["runc", "--root", folder / _STATE, "run", "--bundle", folder, "--pid-file", folder / _PID_FILE, _NAME]
    run = "exec " + shlex.join(map(str, words))
    return [*NAMESPACE, "sh", "-c", f"{scratch.root.mounting} && {run}" if scratch.root.mounting else run]


def _first_process(folder: Path) -> int:
    """0 until it is there."""
    try:
        return int((folder / _PID_FILE).read_text() or 0)
    except OSError:
        return 0


def _forget(folder: Path) -> None:
    """What runc keeps of a container, its cgroups among it; nothing happens where that has gone."""
    if (folder / _STATE / _NAME).is_dir():
        call(("runc", "--root", str(folder / _STATE), "delete", "--force", _NAME), _WITHIN_S)
