"""What the user asks to build: `[build]` of hitless.toml, read with every problem at once. Pure but for one file."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from hitless.errors import InputError, Problem

SETTINGS = "hitless.toml"
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?")
_VARIABLE = re.compile(r"[^=\x00-\x20]+")
WEIGHTS = (
    "*.onnx", "*.pt", "*.pth", "*.bin", "*.safetensors", "*.gguf", "*.npz", "*.npy", "*.pkl", "*.joblib", "*.h5",
    "*.keras", "*.pb", "*.tflite", "*.params",
)  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """`[build]`: every key is optional. Paths are relative to the package."""

    base: str = ""  # a reference, a layout's folder or an archive
    packages: tuple[str, ...] = ()  # requirements as pip writes them
    requirements: str = ""  # a file of them
    system_packages: tuple[str, ...] = ()  # of the base's distribution; needs an engine
    user: str = "1000:100"
    labels: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()  # patterns of the package's files
    trim: tuple[str, ...] = ()  # patterns of files of wheels that the model does without
    strip: bool = True  # take symbols and debugging sections out of the libraries of wheels
    weights: tuple[str, ...] = WEIGHTS
    batch: bool = False  # a JRE, zip and unzip are needed as well (BATCH-1)


@dataclass(frozen=True)
class Setting:
    """A key of `[build]`: the type of its value, what to write, and what it does, as the reference has it."""

    kind: type
    wanted: str
    text: str


KEYS: Mapping[str, Setting] = {
    "base": Setting(str, 'a text, such as "registry.example/python:3.11" or "../base"',
                    "The image below: a reference, a layout's folder or an archive. Paths start at the package."),
    "packages": Setting(list, 'a list of texts, such as ["numpy>=2"]',
                        "Python packages, as pip writes them; `./wheels/NAME.whl` is a wheel of your own."),
    "requirements": Setting(str, 'the name of a file, such as "requirements.txt"',
                            "A file of them, instead of `packages`."),
    "system-packages": Setting(list, 'a list of texts, such as ["libgomp1"]',
                               "Packages of the base's distribution. What it does not have needs a container engine."),
    "user": Setting(str, 'a text, such as "1000:100" or "root"', "As whom the container runs by default."),
    "labels": Setting(dict, "a table of texts", "Labels of the image, over those of the base."),
    "environment": Setting(dict, "a table of texts", "Environment variables, over those of the base."),
    "leave-out": Setting(list, 'a list of patterns, such as ["notes/*"]',
                         "Files of the package that do not go into the image. Hidden files never do."),
    "trim": Setting(list, 'a list of patterns, such as ["numpy/*/tests/*"]',
                    "Files of the wheels that the model does without, by their path below site-packages. `*` is also "
                    "any slash."),
    "strip": Setting(bool, "true or false", "Take symbols and debugging sections out of the libraries of wheels."),
    "weights": Setting(list, 'a list of patterns, such as ["*.onnx"]',
                       "Files of the package that lie in a layer of their own, unpacked; from 32 kB on."),
    "batch": Setting(bool, "true or false", "For batch services: the base must have a JRE, zip and unzip."),
}  # fmt: skip


def read_recipe(folder: Path) -> Recipe:
    """The recipe of a package; InputError names everything that is wrong with it."""
    file = folder / SETTINGS
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("build", {})
    except FileNotFoundError:
        return Recipe()
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError([Problem("PKG-4", f"it cannot be read: {error}", "Correct it.", str(file))]) from error
    return parse_recipe(table, str(file))


def parse_recipe(table: Any, file: str = SETTINGS) -> Recipe:
    """The recipe in a `[build]` table."""
    if not isinstance(table, dict):
        raise InputError(
            [Problem("BUILD-10", "build is no table", "Write [build] on a line of its own.", file, path="build")]
        )
    problems = [problem for key, value in table.items() if (problem := _problem(key, value, file)) is not None]
    if table.get("packages") and table.get("requirements"):
        problems.append(
            Problem("BUILD-13", "packages and requirements are both given", "Keep one of them.", file, path="build")
        )
    packages = table.get("packages")
    if isinstance(packages, list):
        problems += [problem for entry in packages if (problem := _bad_requirement(entry, file)) is not None]
    problems = problems or list(_bad_values(table, file))
    if problems:
        raise InputError(problems)
    return Recipe(**{key.replace("-", "_"): _frozen(value) for key, value in table.items()})


def _bad_requirement(entry: Any, file: str) -> Problem | None:
    """What is no requirement (PEP 508), and no path of a wheel."""
    if not isinstance(entry, str) or entry.startswith((".", "/")):
        return None
    try:
        Requirement(entry)
    except InvalidRequirement as error:
        reason = str(error).partition("\n")[0]
        remedy = 'Write it like "numpy>=2", or "./wheels/name.whl".'
        return Problem("BUILD-14", f"{entry!r} is no requirement: {reason}", remedy, file, path="build.packages")
    return None


def _bad_values(table: Mapping[str, Any], file: str) -> Iterator[Problem]:
    """Texts that no container could be started with."""
    if "user" in table and not _USER.fullmatch(table["user"]):
        remedy = 'Write it like "1000:100", "root" or "name:group".'
        yield Problem("BUILD-15", f"{table['user']!r} is no user", remedy, file, path="build.user")
    for name in table.get("environment", {}):
        if not _VARIABLE.fullmatch(name):
            remedy = "Names have letters, digits and underscores, and no `=`."
            yield Problem("BUILD-15", f"{name!r} is no name of a variable", remedy, file, path="build.environment")


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _problem(key: str, value: Any, file: str) -> Problem | None:
    path = f"build.{key}"
    if key not in KEYS:
        close = difflib.get_close_matches(key, KEYS, 1)
        remedy = f"Did you mean {close[0]}?" if close else f"It knows: {', '.join(KEYS)}."
        return Problem("BUILD-11", f"there is no setting {key!r}", remedy, file, path=path)
    kind, example = KEYS[key].kind, KEYS[key].wanted
    inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    if not isinstance(value, kind) or not all(isinstance(one, str) for one in inner):
        return Problem("BUILD-12", f"{value!r} is no value for it", f"Write {example}.", file, path=path)
    return None
