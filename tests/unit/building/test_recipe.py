"""[build] of hitless.toml: every key, and every mistake at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hitless.building.recipe import Recipe, parse_recipe, read_recipe
from hitless.errors import InputError


def test_nothing_is_a_recipe(tmp_path: Path) -> None:
    assert read_recipe(tmp_path) == Recipe()
    (tmp_path / "hitless.toml").write_text("[serve]\nlinger = 5\n")
    assert read_recipe(tmp_path) == Recipe()


def test_every_key(tmp_path: Path) -> None:
    (tmp_path / "hitless.toml").write_text("""
[build]
base = "../base"
packages = ["numpy>=2"]
system-packages = ["libgomp1"]
user = "root"
leave-out = ["notes/*"]
trim = ["numpy/*/tests/*"]
weights = ["*.bin"]
batch = true
[build.labels]
team = "vision"
[build.environment]
OMP_NUM_THREADS = "1"
""")
    assert read_recipe(tmp_path) == Recipe(
        base="../base", packages=("numpy>=2",), system_packages=("libgomp1",), user="root", labels={"team": "vision"},
        environment={"OMP_NUM_THREADS": "1"}, leave_out=("notes/*",), trim=("numpy/*/tests/*",), weights=("*.bin",),
        batch=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param({"pakages": []}, [("BUILD-11", "build.pakages", "Did you mean packages?")], id="misspelt"),
        pytest.param({"zzz": 1}, [("BUILD-11", "build.zzz", "It knows: base")], id="unknown"),
        pytest.param({"base": 3}, [("BUILD-12", "build.base", "Write a text")], id="wrong-type"),
        pytest.param({"packages": "numpy"}, [("BUILD-12", "build.packages", "Write a list")], id="text-for-a-list"),
        pytest.param({"packages": [1]}, [("BUILD-12", "build.packages", "Write a list")], id="numbers-in-a-list"),
        pytest.param({"labels": {"a": 1}}, [("BUILD-12", "build.labels", "Write a table")], id="numbers-in-a-table"),
        pytest.param({"packages": ["numpy>=2", "!!", "./a.whl", "a b"]},
                     [("BUILD-14", "build.packages", "Write it like"), ("BUILD-14", "build.packages", "")],
                     id="no-requirements"),
        pytest.param({"batch": "yes"}, [("BUILD-12", "build.batch", "Write true or false")], id="text-for-a-switch"),
        pytest.param({"packages": ["a"], "requirements": "r"}, [("BUILD-13", "build", "Keep one")], id="both"),
        pytest.param({"user": "bob nobody:x:y", "environment": {"A=1": "", "B": "", "": ""}},
                     [("BUILD-15", "build.user", "Write it like"), *[("BUILD-15", "build.environment", "Names")] * 2],
                     id="texts-that-start-nothing"),
        pytest.param({"base": 1, "user": 2},
                     [("BUILD-12", "build.base", ""), ("BUILD-12", "build.user", "")], id="all-at-once"),
        pytest.param([], [("BUILD-10", "build", "Write [build]")], id="no-table"),
    ],
)  # fmt: skip
def test_mistakes(table: Any, expected: list[tuple[str, str, str]]) -> None:
    with pytest.raises(InputError) as refused:
        parse_recipe(table)
    found = refused.value.problems
    assert [(problem.id, problem.path) for problem in found] == [(identifier, path) for identifier, path, _ in expected]
    for problem, (_, _, remedy) in zip(found, expected, strict=True):
        assert problem.remedy.startswith(remedy)


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    (tmp_path / "hitless.toml").write_text("[build")
    with pytest.raises(InputError):
        read_recipe(tmp_path)
