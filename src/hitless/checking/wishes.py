"""How a subject is to be checked: what the user asked for, as a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hitless.checking.probes.request import Request
from hitless.checking.rule import Purpose
from hitless.checking.waivers import Waiver
from hitless.errors import Problem
from hitless.spec.contract import Contract
from hitless.spec.profiles import DEFAULT, PROFILES, Profile

Tell = Callable[[str, str], None]  # a stage's name, or empty for the whole; what is being done


@dataclass(frozen=True)
class Wishes:
    """How a subject is to be checked. `goldens`: the requests that the user gave, once the contract is known.

    `static`: nothing is run. `pid`, `container`: of a running service, for the signals. `engine`: the only one to use.
    `record`: the file that everything seen is written to as it is seen. `flags`: those of the command that say what the
    subject is and what it is asked, for whoever checks it again.
    """

    profile: Profile = DEFAULT
    purpose: Purpose = Purpose.HITLESS
    config: Path | None = None
    quick: bool = False
    static: bool = False
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    engine: str = ""
    waivers: Sequence[Waiver] = ()
    record: Path | None = None
    flags: tuple[str, ...] = ()
    goldens: Callable[[Contract], tuple[Request, ...]] = lambda _: ()
    seed: int = 1
    pid: int = 0
    container: str = ""
    tell: Tell = lambda _, __: None


def unknown_edition(name: str) -> Problem:
    return Problem("CHK-9", f"there is no edition {name!r}", f"Choose one of {', '.join(PROFILES)}.")
