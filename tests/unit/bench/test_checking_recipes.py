"""Recipes of images: what of a folder goes where, and the times that are filled in."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.checking.bases import PACKAGES
from bench.checking.real import PEERS
from bench.checking.recipes import Recipe, filled, read_recipe, read_recipes
from tests.specimens.good.recipes import RECIPES

from hitless.spec.profiles import DEFAULT, PROFILES

ALL = {f"peer {name}": recipe for name, recipe in read_recipes(PEERS).items()}
ALL |= {f"good {name}": recipe for name, recipe in RECIPES.items()}


def test_files_go_into_app_and_the_boot_file_to_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "answers").mkdir(parents=True)
    for name in ("run.sh", "app.py", "answers/one.json"):
        (folder / name).write_text("")
    (tmp_path / "config.json").write_text("{}")
    (folder / "recipe.toml").write_text(
        'title = "Mine"\nbase = "plain"\ncommand = ["sh", "/home/run.sh"]\nwhy = "So."\n'
        '[files]\n"/app/config.json" = "../config.json"\n'
    )
    recipe = read_recipe(folder)
    assert (recipe.name, recipe.title, recipe.why) == ("mine", "Mine", "So.")
    assert recipe.files == {
        "/home/run.sh": folder / "run.sh",
        "/app/app.py": folder / "app.py",
        "/app/answers/one.json": folder / "answers/one.json",
        "/app/config.json": tmp_path / "config.json",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("sleep {linger}", "sleep 60", id="linger"),
        pytest.param("idle {idle}s", "idle 210s", id="a little more than keep-alive"),
        pytest.param("{patience}", "20", id="two thirds of what is left"),
        pytest.param("{other} ${x}", "{other} ${x}", id="nothing else"),
    ],
)
def test_times_of_the_edition_are_filled_in(text: str, expected: str) -> None:
    assert filled(text, DEFAULT) == expected


def test_an_edition_without_times_gives_none_to_wait() -> None:
    edition = next(one for one in PROFILES.values() if one.linger_s is None)
    assert filled("{linger} {patience}", edition) == "0 1"


@pytest.mark.parametrize("recipe", [pytest.param(recipe, id=name) for name, recipe in ALL.items()])
def test_every_recipe_is_whole(recipe: Recipe) -> None:
    assert recipe.base in PACKAGES
    assert recipe.command
    assert "/app/config.json" in recipe.files
    assert all(path.is_file() for path in recipe.files.values())
    assert all("==" in wheel for wheel in recipe.wheels)
    assert recipe.purpose in ("realtime", "hitless")
    is_source = any(path.suffix in (".go", ".java") for path in recipe.files.values())
    assert (recipe.compiler in ("go", "javac")) is is_source


def test_there_are_enough_good_ones() -> None:
    assert sum(recipe.purpose == "hitless" for recipe in RECIPES.values()) >= 12
