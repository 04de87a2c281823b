"""The configuration of an image (image-spec, config.md): read with every key kept, changed by making another."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hitless.images.digest import check_digest, digest_of
from hitless.images.faults import unreadable
from hitless.images.manifest import MOST_CONFIG_BYTES, Platform, canonical


@dataclass(frozen=True)
class Configuration:
    """`data`: its exact bytes; `value`: what they say, checked as far as we use it. Not to be changed in place."""

    data: bytes
    value: Mapping[str, Any] = field(repr=False)

    @property
    def digest(self) -> str:
        return digest_of(self.data)

    @property
    def platform(self) -> Platform:
        return Platform(self.value["architecture"], self.value["os"], self.value.get("variant") or "")

    @property
    def diff_ids(self) -> tuple[str, ...]:
        return tuple(self.value["rootfs"]["diff_ids"])

    @property
    def history(self) -> Sequence[Mapping[str, Any]]:
        return self.value.get("history") or ()

    @property
    def entrypoint(self) -> tuple[str, ...]:
        return tuple(self._execution.get("Entrypoint") or ())

    @property
    def command(self) -> tuple[str, ...]:
        return tuple(self._execution.get("Cmd") or ())

    @property
    def effective_command(self) -> tuple[str, ...]:
        """What is started: the entrypoint with the command as its arguments."""
        return self.entrypoint + self.command

    @property
    def environment(self) -> Mapping[str, str]:
        pairs = (entry.partition("=") for entry in self._execution.get("Env") or ())
        return {name: value for name, _, value in pairs}

    @property
    def user(self) -> str:
        return str(self._execution.get("User") or "")

    @property
    def working_dir(self) -> str:
        return str(self._execution.get("WorkingDir") or "")

    @property
    def exposed_ports(self) -> tuple[str, ...]:
        return tuple(self._execution.get("ExposedPorts") or ())

    @property
    def labels(self) -> Mapping[str, str]:
        return self._execution.get("Labels") or {}

    @property
    def stop_signal(self) -> str:
        return str(self._execution.get("StopSignal") or "")

    @property
    def created(self) -> str:
        return str(self.value.get("created") or "")

    @property
    def _execution(self) -> Mapping[str, Any]:
        return self.value.get("config") or {}

    def appended(self, diff_ids: Iterable[str], history: Iterable[Mapping[str, Any]], created: str) -> Configuration:
        """With more layers on top; one entry of history for each."""
        value = copy.deepcopy(dict(self.value))
        value["rootfs"]["diff_ids"] = [*self.diff_ids, *diff_ids]
        value["history"] = [*self.history, *history]
        value["created"] = created
        return made(value)

    def executing(self, **changes: Any) -> Configuration:
        """With other values in `config`, by the specification's keys (`Cmd`, `Env`, …); None removes a key."""
        value = copy.deepcopy(dict(self.value))
        execution = {**(value.get("config") or {}), **changes}
        value["config"] = {key: entry for key, entry in execution.items() if entry is not None}
        return made(value)

    def with_environment(self, additions: Mapping[str, str]) -> Configuration:
        """Variables replaced where they are, new ones behind them."""
        merged = {**self.environment, **additions}
        return self.executing(Env=[f"{name}={value}" for name, value in merged.items()])

    def with_labels(self, additions: Mapping[str, str]) -> Configuration:
        return self.executing(Labels={**self.labels, **additions})


def made(value: Mapping[str, Any]) -> Configuration:
    """A configuration in canonical bytes."""
    return Configuration(canonical(value), value)


def empty(platform: Platform) -> Configuration:
    """Of an image without a layer."""
    value: dict[str, Any] = {"architecture": platform.architecture, "os": platform.os}
    if platform.variant:
        value["variant"] = platform.variant
    return made({**value, "config": {}, "rootfs": {"type": "layers", "diff_ids": []}, "history": []})


class _Execution(msgspec.Struct):
    Entrypoint: list[str] | None = None
    Cmd: list[str] | None = None
    Env: list[str] | None = None
    User: str | None = None
    WorkingDir: str | None = None
    ExposedPorts: dict[str, Any] | None = None
    Labels: dict[str, str] | None = None
    StopSignal: str | None = None


class _RootFs(msgspec.Struct):
    diff_ids: list[str]


class _Shape(msgspec.Struct):
    architecture: str
    os: str
    rootfs: _RootFs
    variant: str | None = None
    config: _Execution | None = None
    history: list[dict[str, Any]] | None = None
    created: str | None = None


def parse_configuration(data: bytes, what: str) -> Configuration:
    """The configuration in some bytes; ImageError for what is none."""
    if len(data) > MOST_CONFIG_BYTES:
        raise unreadable(what, f"a configuration of {len(data):,} bytes is larger than {MOST_CONFIG_BYTES:,}")
    try:
        shape = msgspec.json.decode(data, type=_Shape)
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(what, str(error)) from None
    for diff_id in shape.rootfs.diff_ids:
        check_digest(diff_id, what)
    return Configuration(data, value)
