"""Every rule, by its permanent id. A module for each part of the contract; HL1xx to HL9xx number them."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from hitless.checking.rule import Rule

MODULES: tuple[ModuleType, ...] = ()
RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in sorted(
        (value for module in MODULES for value in vars(module).values() if isinstance(value, Rule)),
        key=lambda rule: rule.id,
    )
}
