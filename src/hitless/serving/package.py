"""A package folder → contract, settings and model object. Reads files and imports the model's code."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hitless.errors import InputError, Problem
from hitless.spec import config
from hitless.spec.contract import Contract

CODE, WEIGHTS, SETTINGS, CONTRACT = "model.py", "model.onnx", "hitless.toml", "config.json"


@dataclass(frozen=True)
class Package:
    """A package as read, its code not yet imported. `folder` is absolute; `settings` is the whole hitless.toml."""

    folder: Path
    contract: Contract
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()

    @property
    def serve_settings(self) -> Mapping[str, Any]:
        """The table [serve] of hitless.toml; InputError where it is none."""
        table = self.settings.get("serve", {})
        if isinstance(table, Mapping):
            return table
        file = str(self.folder / SETTINGS)
        raise InputError(
            [Problem("OPT-5", "serve is to be a table", "Write [serve] on a line of its own.", file, path="serve")]
        )

    @property
    def has_code(self) -> bool:
        return (self.folder / CODE).is_file()

    @property
    def model_file(self) -> str:
        return CODE if self.has_code else WEIGHTS


def read_package(folder: Path) -> Package:
    """Read config.json and hitless.toml. InputError with every problem of both, and of the folder."""
    if not folder.is_dir():
        remedy = "Give the folder that holds config.json and model.py; `hitless init DIR` makes one."
        raise InputError([Problem("PKG-1", f"{folder} is no folder", remedy)])
    problems: list[Problem] = []
    reading = config.read(folder / CONTRACT)
    problems += reading.errors
    settings = _settings(folder / SETTINGS, problems)
    if not (folder / CODE).is_file() and not (folder / WEIGHTS).is_file():
        remedy = f"Put the model's class into {CODE}, or a network into {WEIGHTS}."
        problems.append(Problem("PKG-2", f"there is neither {CODE} nor {WEIGHTS} in {folder}", remedy))
    if problems or reading.contract is None:
        raise InputError(problems)
    return Package(folder.resolve(), reading.contract, settings, tuple(reading.warnings))


def _settings(file: Path, problems: list[Problem]) -> Mapping[str, Any]:
    try:
        with file.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(Problem("PKG-3", f"cannot be read: {error}", "Mend the TOML at that place.", str(file)))
        return {}


def load_model(package: Package) -> object:
    """Import the model's code and make the model (`Model(path)`), or wrap a bare model.onnx.

    InputError for what is wrong with the package; whatever the model's own code raises comes through.
    """
    if not package.has_code:
        from hitless.serving.onnx_model import OnnxModel

        return OnnxModel(package.folder / WEIGHTS, package.contract)
    cls = _model_class(_import_code(package.folder))
    parameters = _init_parameters(cls)
    if "path" in parameters and parameters["path"].kind is not inspect.Parameter.POSITIONAL_ONLY:
        return cls(path=package.folder)
    if any(p.default is p.empty and p.kind is not p.KEYWORD_ONLY for p in parameters.values()):
        return cls(package.folder)
    return cls()


def _import_code(folder: Path) -> Any:
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("model", folder / CODE)
    if spec is None or spec.loader is None:
        raise InputError([Problem("PKG-4", "cannot be imported", "It is to be a Python file.", str(folder / CODE))])
    module = importlib.util.module_from_spec(spec)
    sys.modules["model"] = module
    spec.loader.exec_module(module)
    return module


def _model_class(module: Any) -> type:
    named = vars(module).get("Model")
    if isinstance(named, type):
        return named
    own = [value for value in vars(module).values() if inspect.isclass(value) and value.__module__ == module.__name__]
    with_methods = [cls for cls in own if not issubclass(cls, BaseException) and _serves(cls)]
    if len(with_methods) == 1:
        return with_methods[0]
    found = ", ".join(cls.__name__ for cls in with_methods) or "none"
    remedy = "Define one class named Model, with __init__(self, path) and a method for each api."
    raise InputError([Problem("PKG-5", f"there is no class Model (classes found: {found})", remedy, CODE)])


def _serves(cls: type) -> bool:
    return any(inspect.isfunction(value) and not name.startswith("_") for name, value in vars(cls).items())


def _init_parameters(cls: type) -> Mapping[str, inspect.Parameter]:
    try:
        parameters = inspect.signature(cls).parameters
    except (TypeError, ValueError):
        return {}
    return {name: p for name, p in parameters.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
