"""Images of real servers as recipes: a folder with recipe.toml and the files that go into the image. Reads only.

    title = "uvicorn, FastAPI"
    base = "python"                       # a name in bases.PACKAGES
    wheels = ["uvicorn==0.54.0"]          # fetched by pip, with what they need
    command = ["python3", "app.py"]
    [files]                               # more than those of the folder: place in the image → path from the folder
    "/app/app.py" = "../flask/app.py"

Every file of the folder goes into /app, but run.sh, which is /home/run.sh, and what is compiled. {linger}, {idle} and
{patience} in a text stand for the edition's linger, a little more than its keep-alive, and what a server may take to
finish what it has: seconds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hitless.spec.profiles import DEFAULT, Profile

BOOT = "/home/run.sh"
_APP = "/app"
_RECIPE = "recipe.toml"
_IDLE_MARGIN = 1.05


@dataclass(frozen=True)
class Recipe:
    """`files`: place in the image → file here. `purpose`: the most that it is made for. `compiler`: go or javac."""

    name: str
    title: str
    base: str
    command: tuple[str, ...]
    files: Mapping[str, Path] = field(hash=False)
    wheels: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    entrypoint: tuple[str, ...] = ()
    user: str = ""
    stop_signal: str = ""
    purpose: str = "hitless"
    compiler: str = ""
    why: str = ""  # in a sentence, where the rules that it fails do not say it


def read_recipe(folder: Path) -> Recipe:
    """KeyError for one that lacks something."""
    value = tomllib.loads((folder / _RECIPE).read_text())
    files = {_place(path.relative_to(folder).as_posix()): path for path in sorted(folder.rglob("*")) if _goes_in(path)}
    files |= {place: (folder / path).resolve() for place, path in value.get("files", {}).items()}
    return Recipe(
        folder.name,
        value["title"],
        value["base"],
        tuple(value["command"]),
        files,
        wheels=tuple(value.get("wheels", ())),
        environment=value.get("environment", {}),
        entrypoint=tuple(value.get("entrypoint", ())),
        user=value.get("user", ""),
        stop_signal=value.get("stop_signal", ""),
        purpose=value.get("purpose", "hitless"),
        compiler=value.get("compiler", ""),
        why=value.get("why", ""),
    )


def read_recipes(folder: Path) -> dict[str, Recipe]:
    """By name, in the order of their names."""
    return {path.parent.name: read_recipe(path.parent) for path in sorted(folder.glob(f"*/{_RECIPE}"))}


def filled(text: str, profile: Profile = DEFAULT) -> str:
    """With the seconds of an edition."""
    linger, deadline = profile.linger_s or 0, profile.deadline_s or 0
    seconds = {
        "{linger}": linger,
        "{idle}": round((profile.keep_alive_s or 0) * _IDLE_MARGIN + 0.5),
        "{patience}": max(1, (deadline - linger) * 2 // 3),
    }
    for word, value in seconds.items():
        text = text.replace(word, str(value))
    return text


def _goes_in(path: Path) -> bool:
    return path.is_file() and path.name != _RECIPE and "__pycache__" not in path.parts


def _place(relative: str) -> str:
    return BOOT if relative == "run.sh" else f"{_APP}/{relative}"
