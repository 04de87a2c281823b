"""A health probe as a value: what is asked, how often, and how long a container may take to start by it.

Nothing here waits or asks. The seconds that a config.json leaves out come from a default table that a profile names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

CheckMethod = Literal["HTTP", "EXEC"]

# An HTTP probe passes on 200–399, an EXEC probe on exit code 0 (Inference 2.0 pages, 2025-11).
HTTP_SUCCESS = range(200, 400)
EXEC_SUCCESS = 0


@dataclass(frozen=True)
class ProbeDefaults:
    """What the platform fills in where a probe is silent; `source` says which page prints the numbers."""

    name: str
    initial_delay_s: int
    timeout_s: int
    period_s: int
    failure_threshold: int
    source: str


CONSOLE = ProbeDefaults(
    name="console",
    initial_delay_s=12,
    timeout_s=30,
    period_s=5,
    failure_threshold=12,
    source="console form of the image import, inference-modelarts-0056 (international 2025, OTC 2025-08); "
    "no page states its timeout: 30 s is that of the v2 table and of the published example",
)
V2 = ProbeDefaults(
    name="v2",
    initial_delay_s=30,
    timeout_s=30,
    period_s=10,
    failure_threshold=3,
    source="huaweicloud-sdk-python-v3, modelarts/v1/model, probe defaults of the v2 API (2025-11)",
)
DEFAULT_TABLES: Mapping[str, ProbeDefaults] = {table.name: table for table in (CONSOLE, V2)}


@dataclass(frozen=True)
class Probe:
    """One declared health check. `protocol` is lower-case; an EXEC probe has a command and no url."""

    check_method: CheckMethod = "HTTP"
    protocol: str = "http"
    url: str | None = "/health"
    command: str | None = None
    initial_delay_s: int = CONSOLE.initial_delay_s
    timeout_s: int = CONSOLE.timeout_s
    period_s: int = CONSOLE.period_s
    failure_threshold: int = CONSOLE.failure_threshold
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def worst_case_start_s(self) -> int:
        """Seconds after the start at which the last failure that the threshold allows is counted.

        delay + (threshold − 1) × period. Worked: 12 + (12 − 1) × 5 = 67 s with the console's defaults.
        """
        return self.initial_delay_s + (self.failure_threshold - 1) * self.period_s
