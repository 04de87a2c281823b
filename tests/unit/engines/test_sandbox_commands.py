"""What runc and bubblewrap are told."""

from __future__ import annotations

from pathlib import Path

from hitless.engines.accounts import Account
from hitless.engines.bubblewrap import bubblewrap_command
from hitless.engines.runc_bundle import bundle_config
from hitless.engines.running import Confinement, Start
from hitless.images.configuration import empty
from hitless.images.manifest import Platform

IMAGE = empty(Platform("amd64", "linux")).executing(
    Entrypoint=["/app"], Cmd=["--all"], Env=["PATH=/bin", "A=1"], WorkingDir="/work"
)
ROOT, APP = Account(0, 0, (), "/root"), Account(1000, 100, (44,), "/home/app")
START = Start("root", environment={"A": "2"}, read_only=True, writable=("/run",), confinement=Confinement(1 << 30, 7))


def test_a_bundle() -> None:
    config = bundle_config(START, IMAGE, ROOT, Path("/r"), Path("/f"), "/group", "hook")
    process, linux = config["process"], config["linux"]
    assert process["args"] == ["/app", "--all"]
    assert process["env"] == ["PATH=/bin", "HOSTNAME=hitless", "HOME=/root", "A=2"]
    assert (process["cwd"], process["noNewPrivileges"], "rlimits" in process) == ("/work", True, False)
    assert "CAP_SYS_ADMIN" not in process["capabilities"]["bounding"]
    assert process["capabilities"]["effective"] == process["capabilities"]["bounding"]
    assert config["root"] == {"path": "/r", "readonly": True}
    assert [mount["type"] for mount in config["mounts"] if mount["destination"] == "/run"] == ["tmpfs"]
    assert {one["type"] for one in linux["namespaces"]} == {"pid", "mount", "ipc", "uts", "network"}
    assert (linux["resources"]["memory"], linux["resources"]["pids"]) == ({"limit": 1 << 30}, {"limit": 7})
    assert config["hooks"]["createRuntime"][0]["args"] == ["sh", "-c", "hook"]


def test_another_user_than_root_has_no_capabilities() -> None:
    process = bundle_config(START, IMAGE, APP, Path("/r"), Path("/f"), "/group", "")["process"]
    assert process["user"] == {"uid": 1000, "gid": 100, "additionalGids": [44]}
    assert (process["capabilities"]["effective"], process["capabilities"]["permitted"]) == ([], [])
    assert "--cap-add" not in bubblewrap_command(START, IMAGE, APP)


def test_without_a_hook_there_is_none() -> None:
    assert "hooks" not in bundle_config(START, IMAGE, ROOT, Path("/r"), Path("/f"), "/group", "")


def test_a_command_of_bubblewrap() -> None:
    command = " ".join(bubblewrap_command(START, IMAGE, ROOT))
    assert command.endswith("--setenv A 2 -- /app --all")
    for part in ("--bind /mnt /", "--as-pid-1", "--remount-ro /", "--tmpfs /run", "--chdir /work", "--clearenv"):
        assert part in command
    assert "--cap-drop ALL --cap-add CAP_CHOWN" in command
