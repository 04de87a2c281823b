"""What is run as a plain process."""

from __future__ import annotations

import sys

import pytest

from hitless.engines.process import ProcessEngine, process_command
from hitless.engines.running import Start
from hitless.errors import InputError
from hitless.images.configuration import Configuration, empty
from hitless.images.manifest import Platform

SERVER = [sys.executable, "-m", "hitless.serving", "dir"]
IMAGE = empty(Platform("amd64", "linux")).executing(Cmd=["sh", "/home/run.sh"], User="1000:100", WorkingDir="/opt")
BARE = empty(Platform("amd64", "linux")).executing(Entrypoint=["/app"])
THERE = ["sh", "-c", 'cd "$0" && exec "$@"']


@pytest.mark.parametrize(
    ("start", "image", "expected"),
    [
        pytest.param(Start("dir"), None, SERVER, id="package"),
        pytest.param(Start("dir", user="1000:100"), None,
                     ["setpriv", "--reuid=1000", "--regid=100", "--clear-groups", *SERVER], id="package-as-user"),
        pytest.param(Start("dir", command=("true",)), None, ["true"], id="command"),
        pytest.param(Start("dir"), IMAGE,
                     ["chroot", "--userspec=1000:100", "dir", *THERE, "/opt", "sh", "/home/run.sh"], id="image"),
        pytest.param(Start("dir", user="0:0", command=("true",)), IMAGE,
                     ["chroot", "--userspec=0:0", "dir", *THERE, "/opt", "true"], id="image-otherwise"),
        pytest.param(Start("dir"), BARE, ["chroot", "--userspec=0:0", "dir", *THERE, "/", "/app"], id="bare-image"),
    ],
)  # fmt: skip
def test_commands(start: Start, image: Configuration | None, expected: list[str]) -> None:
    assert process_command(start, image) == expected


@pytest.mark.parametrize("start", [Start("d", read_only=True), Start("d", writable=("/tmp",))], ids=["root", "tmp"])
def test_what_a_process_cannot_have_is_refused(start: Start) -> None:
    with pytest.raises(InputError, match="ENG-1"):
        ProcessEngine().start(start)
