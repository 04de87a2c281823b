"""Every rule, by its permanent id. A module for each part of the contract; HL1xx to HL9xx number them."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from hitless.checking.rule import Rule
from hitless.checking.rules import (
    api,
    batch,
    batch_run,
    boot_script,
    boot_server,
    boot_signals,
    boot_times,
    boot_traps,
    config,
    health,
    health_declared,
    image,
    keep_alive,
    leaving,
    logs,
    robustness,
    rollout,
    run,
    safety,
    secrecy,
    starting,
    termination,
    users,
)

MODULES: tuple[ModuleType, ...] = (
    image,
    starting,
    config,
    health_declared,
    batch,
    batch_run,
    boot_script,
    boot_signals,
    boot_times,
    boot_traps,
    boot_server,
    run,
    logs,
    users,
    api,
    robustness,
    health,
    keep_alive,
    termination,
    leaving,
    rollout,
    safety,
    secrecy,
)
RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in sorted(
        (value for module in MODULES for value in vars(module).values() if isinstance(value, Rule)),
        key=lambda rule: rule.id,
    )
}
