"""A small real root file system in a sandbox: as another user, read-only, as a batch service; and what fails there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NAMESPACES = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
APPLETS = ("sh", "cat", "sleep", "kill", "mkdir", "httpd", "echo", "touch", "rm")
WITHIN_S = 280
GOOD = "exec httpd -f -p 0.0.0.0:8080 -h /www\n"
ALL = ("HL501", "HL502", "HL503", "HL504", "HL521", "HL522", "HL306", "HL307", "HL308")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for namespaces"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("unshare", "ip", "busybox", "ldd")))
        or not any(map(shutil.which, ("bwrap", "runc"))),
        reason="needs unshare, ip, busybox, and bwrap or runc",
    ),
]


def root(folder: Path, boot: str) -> Path:
    """busybox with the libraries that it names, a boot file, a page, and an api in shell."""
    program = Path(shutil.which("busybox") or "")
    folder.mkdir()
    for name in ("bin", "home", "www/cgi-bin", "tmp", "proc", "dev", "etc", "run", "var/tmp", "var/log", "sys"):
        (folder / name).mkdir(parents=True)
    (folder / "tmp").chmod(0o1777)
    shutil.copy(program, folder / "bin" / "busybox")
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    for library in re.findall(r"/\S+", told):
        (folder / library[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, folder / library[1:])
    for name in APPLETS:
        (folder / "bin" / name).symlink_to("busybox")
    (folder / "home" / "run.sh").write_text(boot)
    (folder / "www" / "health").write_text('{"health": "true"}')
    api = folder / "www" / "cgi-bin" / "predict"
    api.write_text("#!/bin/sh\nread -r body\nprintf 'Content-Type: application/json\\r\\n\\r\\n{\"length\": 5}'\n")
    api.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("boot", "failing"),
    [
        pytest.param(GOOD, {}, id="good"),
        pytest.param("exec httpd -f -p 127.0.0.1:8080 -h /www\n", {"HL503": "failed"}, id="loopback"),
        pytest.param("exec httpd -f -p 5000 -h /www\n", {"HL502": "failed"}, id="another port"),
        pytest.param(f"set -e; mkdir /tmp/once; {GOOD}", {"HL307": "failed"}, id="starts once"),
        pytest.param(f'[ "$$" = 1 ] || exit 1; {GOOD}', {"HL306": "failed"}, id="only as process 1"),
        pytest.param(f"set -e; echo > /home/state; {GOOD}", {"HL521": "failed", "HL522": "failed"}, id="at home"),
        pytest.param(f"set -e; echo > /tmp/state; {GOOD}", {}, id="writes to /tmp"),
    ],
)  # fmt: skip
def test_what_fails(boot: str, failing: dict[str, str], tmp_path: Path) -> None:
    command = [
        *NAMESPACES,
        sys.executable,
        "-m",
        "tests.e2e.checking.variants_process",
        str(root(tmp_path / "r", boot)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    if "Operation not permitted" in done.stderr or "cannot be run here" in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout.splitlines()[-1])
    assert {name: outcome for name, outcome in outcomes.items() if outcome == "failed"} == failing, outcomes
    if not failing:
        assert [outcomes[name] for name in ALL] == ["passed"] * len(ALL)
