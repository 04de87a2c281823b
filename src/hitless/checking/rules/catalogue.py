"""Every rule, by its permanent id. A module for each part of the contract; HL1xx to HL9xx number them."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from hitless.checking.rule import Rule
from hitless.checking.rules import (
    api,
    batch_run,
    health,
    keep_alive,
    leaving,
    logs,
    robustness,
    rollout,
    run,
    safety,
    static,
    termination,
    users,
)

MODULES: tuple[ModuleType, ...] = (
    *static.MODULES,
    batch_run,
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
)
RULES: Mapping[str, Rule] = static.rules_in(MODULES)
