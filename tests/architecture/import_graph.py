"""The imports of a source tree, read from its syntax: nothing is imported or run.

Every import counts: those inside functions, and those for type checkers only. Templates are files of other packages.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One name that a module imports: a module, or something in one.

    `lazy`: not when the module itself is imported, but inside a function, or for type checkers only.
    """

    target: str
    line: int
    lazy: bool


@dataclass(frozen=True)
class Module:
    name: str
    file: Path
    imports: tuple[Import, ...] = field(default=(), repr=False)

    @property
    def layer(self) -> str:
        """`serving` for hitless.serving.logs, `` for the root package."""
        return [*self.name.split("."), ""][1]


def modules_of(source: Path) -> dict[str, Module]:
    """Every module below `source`, by name."""
    files = {_name(file, source): file for file in sorted(source.rglob("*.py")) if "templates" not in file.parts}
    return {name: Module(name, file, tuple(_imports(name, file, files))) for name, file in files.items()}


def _name(file: Path, source: Path) -> str:
    parts = file.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(name: str, file: Path, known: Mapping[str, Path]) -> Iterator[Import]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    lazy = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_for_type_checkers(node)
        for inner in ast.walk(node)
    }
    package = name if file.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, id(node) in lazy)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield Import(whole if whole in known else base, node.lineno, id(node) in lazy)


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def chain_to(start: str, modules: Mapping[str, Module], unwanted: Callable[[str], bool]) -> str | None:
    """The shortest chain of imports from a module to one of ours that is unwanted, as text; None if there is none."""
    came_from: dict[str, tuple[str, Import]] = {}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        for one in modules[name].imports:
            if one.target not in modules or one.target in came_from or one.target == start:
                continue
            if one.lazy and "." not in name:
                continue  # the root package offers names of others, and imports none of them itself
            came_from[one.target] = (name, one)
            if unwanted(one.target):
                return _shown(start, one.target, modules, came_from)
            waiting.append(one.target)
    return None


def _shown(start: str, end: str, modules: Mapping[str, Module], came_from: Mapping[str, tuple[str, Import]]) -> str:
    steps = []
    while end != start:
        name, one = came_from[end]
        steps.append(f"{name} (line {one.line}) → {end}")
        end = name
    return "\n    ".join(reversed(steps))
