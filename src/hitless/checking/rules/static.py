"""The rules that need only look: nothing is run for them, and no bytes are searched. What a build ends with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType

from hitless.checking.events import Stage
from hitless.checking.rule import Rule
from hitless.checking.rules import (
    batch,
    boot_script,
    boot_server,
    boot_signals,
    boot_times,
    boot_traps,
    config,
    health_declared,
    image,
    secrecy,
    starting,
)

MODULES: tuple[ModuleType, ...] = (
    image,
    starting,
    config,
    health_declared,
    batch,
    boot_script,
    boot_signals,
    boot_times,
    boot_traps,
    boot_server,
    secrecy,
)
LOOKED_AT = frozenset({Stage.IMAGE, Stage.FILES, Stage.CONFIG})


def rules_in(modules: Iterable[ModuleType]) -> Mapping[str, Rule]:
    """All that are defined in them, by id and in its order."""
    found = (value for module in modules for value in vars(module).values() if isinstance(value, Rule))
    return {rule.id: rule for rule in sorted(found, key=lambda rule: rule.id)}


STATIC: Mapping[str, Rule] = {
    identifier: rule for identifier, rule in rules_in(MODULES).items() if LOOKED_AT.issuperset(rule.needs)
}
