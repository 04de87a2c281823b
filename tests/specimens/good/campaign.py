"""Good subjects made and checked side by side, each in namespaces of its own: what was said against each."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from bench.checking.isolated import NAMESPACES
from bench.checking.recipes import Recipe
from bench.checking.workshop import Workshop
from tests.specimens.good.recipes import EDITIONS

from hitless.checking.rule import Level
from hitless.checking.verdict import Outcome
from hitless.errors import UnavailableError

REPOSITORY = Path(__file__).parents[3]
_LONGEST_S = 900.0


@dataclass(frozen=True)
class Said:
    """`rules`: rule → outcome, level, message of all that is not fine. `missing`: why it was not checked."""

    name: str
    conclusion: str = ""
    rules: dict[str, dict[str, str]] | None = None
    missing: str = ""

    @property
    def alarms(self) -> list[str]:
        """False ones: rules of weight that failed or broke, and those that must hold and were not proven."""
        found = (self.rules or {}).items()
        return [f"{name} {one['outcome']}: {one['message']}" for name, one in found if _is_alarm(one)]


def _is_alarm(rule: dict[str, str]) -> bool:
    if rule["outcome"] == Outcome.UNPROVEN:
        return rule["level"] == Level.MUST
    return rule["level"] != Level.INFO


def all_said(recipes: Sequence[Recipe], edition: str, made: Path, at_once: int) -> Iterator[Said]:
    """As they are over."""
    workshop = Workshop(made)
    with ThreadPoolExecutor(at_once) as pool:
        runs = []
        for recipe in recipes:
            try:
                layout = workshop.made(recipe, EDITIONS[edition])
            except UnavailableError as error:
                yield Said(recipe.name, missing=str(error))
                continue
            runs.append(pool.submit(said, recipe, layout, edition, made / "records"))
        for run in as_completed(runs):
            yield run.result()


def said(recipe: Recipe, layout: Path, edition: str, records: Path) -> Said:
    """Of one whose image is made. AssertionError with what the check wrote, if it broke."""
    records.mkdir(parents=True, exist_ok=True)
    record = records / f"good-{edition}-{recipe.name}.ndjson"
    command = [sys.executable, "-m", "tests.specimens.good.one", layout, edition, recipe.purpose, record]
    shell = f"ip link set lo up && exec {shlex.join(map(str, command))}"
    done = subprocess.run(
        [*NAMESPACES, "sh", "-c", shell],
        capture_output=True, text=True, timeout=_LONGEST_S, check=False, cwd=REPOSITORY,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    return Said(recipe.name, value["conclusion"], value["rules"])
