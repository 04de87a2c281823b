"""Good subjects: real servers in several languages, each with its own way to linger. No rule may fail on them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.checking.recipes import Recipe, read_recipes

from hitless.spec.profiles import DEFAULT, Profile

RECIPES: dict[str, Recipe] = read_recipes(Path(__file__).parent / "servers")
# A check in a quarter of a minute: the edition's times in miniature. Both sides of the promise keep their proportions.
SHORT: Profile = replace(DEFAULT, name="short", linger_s=6, deadline_s=12, keep_alive_s=8)
EDITIONS = {"true": DEFAULT, "short": SHORT}
