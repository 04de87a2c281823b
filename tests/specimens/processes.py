"""Running specimens as plain processes: for the parts of a check that need neither root nor an image."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.specimens.dynamic import BROKEN, ENVIRONMENT, GOLDEN, GOOD, HERE, Running

from hitless.checking.probes.golden import golden_request
from hitless.checking.probes.request import Request
from hitless.checking.probes.site import Site
from hitless.engines.process import ProcessEngine
from hitless.engines.running import Start
from hitless.spec.config import parse

_ROOT = HERE.parents[1]
# What a process cannot show: it is no process 1, has no root and no address of its own, and writes where we do.
_OF_IMAGES = {"HL503", "HL506", "HL510", "HL521", "HL522", "HL306", "HL307", "HL308"}
_AS_PROCESS_1 = {"no-handler"}
FAULTS = [one for one in BROKEN if one.rule not in _OF_IMAGES and one.name not in _AS_PROCESS_1]


def site(name: str, folder: Path, **changes: Any) -> Site:
    """Where it runs in this folder, with the fields of the site that are to be changed."""
    one = next(one for one in (*BROKEN, *GOOD) if one.name == name)
    contract = parse(json.dumps(one.config), file="config.json", profile=one.profile).contract
    assert contract is not None
    goldens: tuple[Request, ...] = ()
    if one.has_golden:
        body, expected = GOLDEN
        goldens = (golden_request(contract, "/", "application/json", body, expected),)
    start = Start(str(folder), command=_command(one), environment=_environment(one))
    made = Site(ProcessEngine(), start, contract, one.profile, one.purpose, goldens=goldens)
    return replace(made, **changes)


def _command(one: Running) -> tuple[str, ...]:
    unbuffered = ("-u",) if " -u " in one.boot else ()
    return (sys.executable, *unbuffered, str(HERE / one.program), one.fault)


def _environment(one: Running) -> dict[str, str]:
    return {**ENVIRONMENT, "PYTHONPATH": str(_ROOT), "PYTHONUNBUFFERED": "", **one.environment}
