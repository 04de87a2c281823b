"""A start that does not come to its end leaves no process behind, though it has a session of its own."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from hitless.engines.roots import Root
from hitless.engines.running import Start
from hitless.engines.sandbox import Scratch, begin_sandbox

WITHIN_S = 20.0


def test_what_would_have_become_its_first_process_ends(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "run", Root(tmp_path, "", tmp_path, 0), None)
    scratch.folder.mkdir()
    seen: list[Path] = []
    told = tmp_path / "pid"
    command = ("sh", "-c", f"setsid sh -c 'echo $$ >{told}.new; mv {told}.new {told}; exec sleep 600' & wait")
    instance = begin_sandbox(command, scratch, Start("image"), ended=seen.append)
    until = time.monotonic() + WITHIN_S
    while not told.exists() and time.monotonic() < until:
        time.sleep(0.01)
    pid = int(told.read_text())
    instance.remove()
    instance.remove()
    assert seen == [scratch.folder]
    assert not scratch.folder.exists()
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
