"""What an engine does with something that is not trusted, tried in the lab, where its addresses are reached.

python confined_client.py WHAT ENGINE SUBJECT CONFIGURATION LAB: prints what was seen as JSON. SUBJECT: an image's id,
or a folder for the engines without one; CONFIGURATION: the file of the image's configuration.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from hitless.engines.bubblewrap import BubblewrapEngine
from hitless.engines.containers import ContainerEngine
from hitless.engines.runc import RuncEngine
from hitless.engines.running import Confinement, Engine, Instance, Start, started
from hitless.engines.runs import this_run
from hitless.engines.sweeping import reference_of_run, sweep
from hitless.images.configuration import parse_configuration

PORT = 8080
WITHIN_S = 40.0
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def engine_of(name: str, configuration: Path, lab: Path) -> Engine:
    if name in ("podman", "docker"):
        return ContainerEngine(name, [str(lab / "inside" / name)])
    parsed = parse_configuration(configuration.read_bytes(), "the configuration")
    return RuncEngine(parsed) if name == "runc" else BubblewrapEngine(parsed)


def start_of(subject: str, **more: Any) -> Start:
    command = ("/usr/bin/python3", "/telling_server.py", str(PORT))
    confinement = Confinement(memory_bytes=256 << 20, processes=64)
    return Start(
        subject, PORT, command, environment={"ASKED": "yes", "RUN": this_run()}, confinement=confinement, **more
    )


def asked(instance: Instance, path: str, port: int = PORT) -> Any:
    """The answer; None where there is none. On its own port, it waits until somebody listens."""
    until = time.monotonic() + WITHIN_S
    while True:
        try:
            with DIRECT.open(f"http://{instance.address().host}:{port}{path}", timeout=WITHIN_S) as reply:
                return json.loads(reply.read())
        except (http.client.HTTPException, ConnectionResetError):
            return None
        except urllib.error.URLError:
            if port != PORT or instance.wait(0) is not None or time.monotonic() > until:
                return None
            time.sleep(0.05)


def life(engine: Engine, subject: str) -> dict[str, Any]:
    lines: list[tuple[str, str]] = []
    with started(engine, start_of(subject, writable=("/tmp",))) as instance:
        instance.follow(lambda stream, line: lines.append((stream, line)))
        told = asked(instance, "/write")
        seen_in_time = waits(lambda: ("stdout", "asked for /write") in lines)
        seen = {
            "told": told, "own": instance.address().own, "lacks": instance.lacks, "memory": instance.memory_bytes(),
            "written": instance.written(), "behind the loopback": asked(instance, "/", PORT + 1),
            "seen in time": seen_in_time, "still": instance.wait(0),
        }  # fmt: skip
        instance.signal(signal.SIGTERM)
        seen |= {"code": instance.wait(WITHIN_S), "logs": instance.logs()}
        waits(lambda: len(lines) >= 3)
    return {**seen, "lines": lines, "threads": threading.active_count()}


def limits(engine: Engine, subject: str) -> dict[str, Any]:
    with started(engine, start_of(subject)) as instance:
        children = asked(instance, "/children")
        asked(instance, "/memory")
        return {"children": children, "code": instance.wait(WITHIN_S)}


def careful(engine: Engine, subject: str) -> dict[str, Any]:
    """As another user, with a root that cannot be written."""
    with started(engine, start_of(subject, user="1000:100", read_only=True, writable=("/tmp",))) as instance:
        told = asked(instance, "/")
        broken = asked(instance, "/write")  # /var/tmp cannot be written: the server's connection is cut
        return {"told": told, "broken": broken, "written": instance.written()}


def interrupted(engine: Engine, subject: str) -> dict[str, Any]:
    try:
        with started(engine, start_of(subject)) as instance:
            asked(instance, "/")
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(WITHIN_S)
    except KeyboardInterrupt:
        return {"left": left(engine, this_run())}
    raise AssertionError("it was not interrupted")


def killed(engine: Engine, subject: str) -> dict[str, Any]:
    """Prints where it is, and is no more."""
    instance = engine.start(start_of(subject))
    asked(instance, "/")
    if isinstance(engine, ContainerEngine):
        engine.do("tag", subject, str(reference_of_run()))
    say({"run": this_run(), "left": left(engine, this_run())})
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def swept(engine: Engine, run: str) -> dict[str, Any]:
    """What the next run does first."""
    sweep(engine) if isinstance(engine, ContainerEngine) else engine.sweep()  # type: ignore[attr-defined]
    waits(lambda: not left(engine, run))
    return {"left": left(engine, run)}


def left(engine: Engine, run: str) -> list[str]:
    """All that a run made and that is there."""
    if isinstance(engine, ContainerEngine):
        label = f"label=org.hitless.run={run}"
        found = engine.do("ps", "--all", "--quiet", "--filter", label).split()
        found += engine.do("network", "ls", "--quiet", "--filter", label).split()
        images = engine.do("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
        return found + [name for name in images if name.endswith(run)]
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    folders = [*Path(tempfile.gettempdir()).glob(f"hitless-run-{run}-*"), *Path("/sys/fs/cgroup").glob(f"*/*{run}*")]
    pairs = [f": hitless{file.read_text()}@" for folder in folders for file in folder.glob("pair")]
    return [*map(str, folders), *(pair for pair in pairs if pair in links), *processes(run)]


def processes(run: str) -> list[str]:
    """Those that have its name among their words or in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = [(folder / name).read_bytes().decode("utf-8", "replace") for name in ("cmdline", "environ")]
        except OSError:
            continue
        if run in "".join(told) and int(folder.name) != os.getpid():
            found.append(told[0])
    return found


def say(seen: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(seen))
    sys.stdout.flush()


def waits(condition: Any) -> bool:
    until = time.monotonic() + WITHIN_S
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def main(what: str, name: str, subject: str, configuration: str, lab: str) -> None:
    engine = engine_of(name, Path(configuration), Path(lab))
    doing = {"life": life, "limits": limits, "careful": careful, "interrupted": interrupted, "killed": killed,
             "swept": swept}[what]  # fmt: skip
    say(doing(engine, subject))


if __name__ == "__main__":
    main(*sys.argv[1:])
