"""What runs of before left in a container engine because they were killed: containers, networks, images. Removed."""

from __future__ import annotations

import json
from typing import Any, cast

from hitless.engines.commands import RUN
from hitless.engines.containers import ContainerEngine
from hitless.engines.runs import is_abandoned, this_run
from hitless.images.reference import Reference, parse_reference

_IMAGES = "localhost/hitless-run"  # an image cannot be labelled without becoming another one: its tag tells the run


def reference_of_run(name: str = "subject") -> Reference:
    """For an image that this run loads into an engine, by a name in lower case."""
    return parse_reference(f"{_IMAGES}/{name}:{this_run()}")


def sweep(engine: ContainerEngine) -> list[str]:
    """Names of what was there and is gone. What cannot be removed stays for the next time."""
    return [*_containers(engine), *_networks(engine), *_images(engine)]


def _containers(engine: ContainerEngine) -> list[str]:
    found = engine.ask("ps", "--all", "--quiet", "--filter", f"label={RUN}").output.split()
    told = _told(engine, "container", found)
    left = [one["Id"] for one in told if is_abandoned(_label((one.get("Config") or {}).get("Labels")))]
    for identity in left:
        engine.remove(identity)
    return left


def _networks(engine: ContainerEngine) -> list[str]:
    found = engine.ask("network", "ls", "--quiet", "--filter", f"label={RUN}").output.split()
    told = [{key.lower(): value for key, value in one.items()} for one in _told(engine, "network", found)]
    left = [str(one["name"]) for one in told if is_abandoned(_label(one.get("labels")))]
    return [name for name in left if engine.ask("network", "rm", name).ok]


def _images(engine: ContainerEngine) -> list[str]:
    listed = engine.ask("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").output.split()
    left = [name for name in listed if name.startswith(f"{_IMAGES}/") and is_abandoned(name.rpartition(":")[2])]
    return [name for name in left if engine.forget(name)]


def _label(labels: dict[str, str] | None) -> str:
    return (labels or {}).get(RUN, "")


def _told(engine: ContainerEngine, kind: str, names: list[str]) -> list[dict[str, Any]]:
    """What `inspect` tells of each; what has gone meanwhile is not among them."""
    answer = engine.ask(kind, "inspect", *names) if names else None
    return cast("list[dict[str, Any]]", json.loads(answer.output or "[]")) if answer is not None else []
