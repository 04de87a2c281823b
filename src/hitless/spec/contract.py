"""The contract: what a config.json means, as frozen values. Nothing here reads, judges or writes one.

`extra` holds, at every level, the keys that the specification does not name, so that writing loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hitless.spec.health import Probe

JSON = "application/json"
MULTIPART = "multipart/form-data"
EVENT_STREAM = "text/event-stream"

DEFAULT_PORT = 8080
WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE"})  # methods whose request is in the query (RFC 9110, section 9.3)


@dataclass(frozen=True)
class Payload:
    """A request or a response body: its media type (lower-case, no parameters) and its schema in the house dialect."""

    content_type: str = JSON
    schema: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Api:
    """One entry of `apis`. `method` is upper-case; `protocol` is None where the entry does not say."""

    url: str = "/"
    method: str = "POST"
    protocol: str | None = None
    request: Payload | None = None
    response: Payload | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Package:
    """One package to install. `restraint` is EXACT, ATLEAST or ATMOST, and None exactly when `version` is."""

    name: str
    version: str | None = None
    restraint: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def specifier(self) -> str:
        """The requirement as pip reads it: `numpy==1.15.0`, or the bare name."""
        if self.version is None or self.restraint is None:
            return self.name
        return f"{self.name}{OPERATORS[self.restraint]}{self.version}"


OPERATORS: Mapping[str, str] = {"EXACT": "==", "ATLEAST": ">=", "ATMOST": "<="}


@dataclass(frozen=True)
class Dependency:
    """One entry of `dependencies`. Entries are installed in order, so an earlier one may be needed to build a later."""

    installer: str = "pip"
    packages: tuple[Package, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Contract:
    """The parsed config.json. `protocol` is the one that the container speaks on `port`, for all apis."""

    model_algorithm: str
    model_type: str
    runtime: str | None = None
    swr_location: str | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    apis: tuple[Api, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    health: Probe | None = None
    readiness_health: Probe | None = None
    startup_health: Probe | None = None
    liveness_health: Probe | None = None
    port: int = DEFAULT_PORT
    protocol: Literal["http", "https"] = "http"
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def probes(self) -> Mapping[str, Probe]:
        """The declared probes by their key."""
        declared = ((key, getattr(self, key)) for key in PROBE_KEYS)
        return {key: probe for key, probe in declared if probe is not None}

    @property
    def health_urls(self) -> tuple[str, ...]:
        """The distinct urls that the declared HTTP probes ask, in order; empty where none is declared."""
        urls = (probe.url for probe in self.probes.values() if probe.check_method == "HTTP")
        return tuple(dict.fromkeys(url for url in urls if url is not None))


PROBE_KEYS = ("health", "readiness_health", "startup_health", "liveness_health")
