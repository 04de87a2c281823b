"""What every stage is given: how an instance is started, what is asked of it, and how hard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hitless.checking.probes.request import Request
from hitless.checking.probes.turn import FirstTurn
from hitless.checking.rule import Purpose
from hitless.engines.running import Engine, Start
from hitless.spec.contract import Contract
from hitless.spec.profiles import Profile


@dataclass(frozen=True)
class Site:
    """`start`: how the subject is started without special wishes; stages change it with dataclasses.replace.

    `single`: there is one instance and no other can be started (a running service). `can_signal`: it can be stopped.
    `quick`: see what can be seen within 30 s in all. `seed`: of every random choice.
    """

    engine: Engine
    start: Start
    contract: Contract
    profile: Profile
    purpose: Purpose
    seed: int = 0
    quick: bool = False
    single: bool = False
    can_signal: bool = True
    goldens: tuple[Request, ...] = ()  # that the user gave, else those of its package
    tell: Callable[[str, str], None] = lambda _, __: None  # what each stage is doing; empty: it is over
    progress: Callable[[str], None] = lambda _: None  # what this stage is doing
    turn: FirstTurn = field(default_factory=FirstTurn, compare=False)  # who starts first
