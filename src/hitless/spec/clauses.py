"""Every clause of the custom-image specification, edition 2024-09, by its permanent id. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class NeededFor(StrEnum):
    """The kind of deployment that a clause binds."""

    ALL = "all"
    HITLESS = "hitless upgrade"
    BATCH = "batch"
    EXAMPLE = "the example image"


@dataclass(frozen=True)
class Clause:
    """One demand of the specification. `id` is cited by code, rules, tests and docs, and never changes."""

    id: str
    text: str
    needed_for: NeededFor


CLAUSES: Mapping[str, Clause] = {
    clause.id: clause
    for clause in (
        Clause("SAFE-1", "The image holds no malicious code.", NeededFor.ALL),
        Clause("SIZE-1", "The image is at most 50 GB.", NeededFor.ALL),
        Clause(
            "API-1",
            "The image serves an inference API; "
            "every `url` in `apis` of config.json is the path that the image serves.",
            NeededFor.ALL,
        ),
        Clause(
            "API-2",
            "The API answers directly once the image is started, on the container's own address: "
            "`POST http://{container ip}:8080/` (so it binds 0.0.0.0, not the loopback).",
            NeededFor.ALL,
        ),
        Clause(
            "API-3",
            "The example: a model trained on MNIST that recognises handwritten digits. "
            '`curl -X POST http://{ip}:8080/ -F images=@seven.jpg` answers `{"mnist_result": 7}`.',
            NeededFor.EXAMPLE,
        ),
        Clause(
            "HEALTH-1",
            "A health API, declared in config.json: the healthy state while the service runs properly, "
            "an error once it is faulty.",
            NeededFor.HITLESS,
        ),
        Clause(
            "HEALTH-2",
            'The example: `GET /health` answers 200 and `{"health": "true"}` (the word is a string).',
            NeededFor.EXAMPLE,
        ),
        Clause("LOG-1", "Logs go to standard output.", NeededFor.ALL),
        Clause(
            "BOOT-1",
            'The boot file is `/home/run.sh`, and the default boot path is set with `CMD ["sh", "/home/run.sh"]`.',
            NeededFor.BATCH,
        ),
        Clause("DEPS-1", "Python, a JRE/JDK and ZIP are installed in the image.", NeededFor.BATCH),
        Clause("KEEP-1", "HTTP keep-alive is 200 s.", NeededFor.HITLESS),
        Clause("EXIT-1", "The container catches SIGTERM.", NeededFor.HITLESS),
        Clause(
            "EXIT-2",
            "After SIGTERM it goes on for 60 s before it leaves (requests still arrive until the routes are updated: "
            "it accepts and answers them).",
            NeededFor.HITLESS,
        ),
        Clause("EXIT-3", "It processes every request that it received before it leaves.", NeededFor.HITLESS),
        Clause("EXIT-4", "It has left at most 90 s after SIGTERM.", NeededFor.HITLESS),
        Clause(
            "HITLESS-1",
            "A rolling upgrade of the service interrupts no request (the sum of HEALTH-1, KEEP-1, EXIT-1..4).",
            NeededFor.HITLESS,
        ),
    )
}
