"""The fences of the architecture: who may import whom, and what. A failure prints the chain of imports."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.architecture.import_graph import Module, chain_to, modules_of

SOURCE = Path(__file__).parents[2] / "src"
MODULES = modules_of(SOURCE)

# What the modules of a layer may import of ours, beside their own layer. cli may import everything.
MAY_IMPORT: Mapping[str, frozenset[str]] = {
    "errors": frozenset(),
    "spec": frozenset({"errors"}),
    "images": frozenset({"errors"}),
    "engines": frozenset({"images", "errors"}),
    "serving": frozenset({"", "spec", "errors"}),
    "building": frozenset({"", "spec", "images", "engines", "errors"}),
    "checking": frozenset({"", "spec", "images", "engines", "errors"}),
    "": frozenset({"errors"}),  # what it offers of serving is imported when it is asked for
}
FEATURES = ("serving", "building", "checking")  # they never import each other
LAYERS = frozenset({*MAY_IMPORT, "cli", "__main__"})

IN_THE_IMAGE = frozenset({"uvloop", "httptools", "msgspec", "jsonschema_rs"})  # docs/adr/0001
PLUGINS = frozenset({("hitless.checking.pytest_plugin", "pytest")})  # loaded by what they import, and by nothing else
OF_THE_MODEL = frozenset({"numpy", "onnxruntime", "PIL", "simplejpeg"})  # there if the model needs them
IMPURE = frozenset({
    "asyncio", "concurrent", "http", "multiprocessing", "random", "secrets", "select", "selectors", "signal", "socket",
    "socketserver", "ssl", "subprocess", "tempfile", "threading", "time", "urllib.request", "uuid",
})  # fmt: skip


def of_layer(*layers: str) -> list[Module]:
    return [module for module in MODULES.values() if module.layer in layers]


def fences(modules: Mapping[str, Module]) -> list[str]:
    """Every module that reaches a layer which it may not reach, with the shortest chain."""
    broken = []
    for module in modules.values():
        allowed = MAY_IMPORT.get(module.layer)
        if allowed is None:
            continue
        reachable = {*allowed, module.layer}
        chain = chain_to(module.name, modules, lambda name, may=reachable: modules[name].layer not in may)  # type: ignore[misc]
        if chain is not None:
            names = ", ".join(sorted(layer or "hitless" for layer in allowed)) or "nothing of ours"
            broken.append(f"{module.layer or 'hitless'} may import {names}:\n    {chain}")
    return broken


def strangers(modules: Mapping[str, Module], layer: str, allowed: frozenset[str], lazily: frozenset[str]) -> list[str]:
    """Imports of a layer that are neither ours, the standard library's nor allowed."""
    return [
        f"{module.name} (line {one.line}) → {one.target}" + (" (only inside of functions)" if top in lazily else "")
        for module in modules.values()
        if module.layer == layer
        for one in module.imports
        if (top := one.target.partition(".")[0]) not in {"hitless", *sys.stdlib_module_names, *allowed}
        and (module.name, top) not in PLUGINS
        and not (one.lazy and top in lazily)
    ]


def test_every_module_lies_in_a_known_layer() -> None:
    assert {module.layer for module in MODULES.values()} <= LAYERS


def test_who_may_import_whom() -> None:
    assert not (broken := fences(MODULES)), "\n".join(broken)


@pytest.mark.parametrize("layer", ["spec", "errors", ""])
def test_what_needs_nothing_but_python(layer: str) -> None:
    assert not (found := strangers(MODULES, layer, frozenset(), frozenset())), "\n".join(found)


def test_what_the_server_needs() -> None:
    assert not (found := strangers(MODULES, "serving", IN_THE_IMAGE, OF_THE_MODEL)), "\n".join(found)


def _names(requirements: list[str]) -> frozenset[str]:
    return frozenset(entry.partition(">")[0].strip().replace("-", "_") for entry in requirements)


def test_the_tool_imports_what_it_declares() -> None:
    project = tomllib.loads((SOURCE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared, optional = _names(project["dependencies"]), _names(project["optional-dependencies"]["fast"])
    for layer in LAYERS - {"serving"}:
        assert not (found := strangers(MODULES, layer, declared, optional)), "\n".join(found)
    assert declared >= IN_THE_IMAGE


def test_the_specification_knows_no_clock_no_socket_no_chance_and_no_environment() -> None:
    found = []
    for module in of_layer("spec", "errors"):
        found += [
            f"{module.name} (line {one.line}) → {one.target}"
            for one in module.imports
            if one.target in IMPURE or one.target.partition(".")[0] in IMPURE
        ]
        found += [
            f"{module.name} (line {node.lineno}): os.{node.attr}"
            for node in ast.walk(ast.parse(module.file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "urandom", "putenv")
        ]
    assert not found, "\n".join(found)


def test_imports_are_written_as_imports() -> None:
    """An import by name would be seen by no fence; only the root package needs one."""
    found = [
        f"{module.name} (line {node.lineno})"
        for module in MODULES.values()
        if module.name != "hitless"
        for node in ast.walk(ast.parse(module.file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name | ast.Attribute)
        and (node.id if isinstance(node, ast.Name) else node.attr) in ("import_module", "__import__")
    ]
    assert not found, "\n".join(found)


# The judge is judged


def tree(folder: Path, **files: str) -> Mapping[str, Module]:
    """`tree(folder, spec__config="import …")`: a source tree of its own."""
    for name, text in {"__init__": "", **files}.items():
        file = folder / "hitless" / (name.replace("__", "/") if name != "__init__" else name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".py").write_text(text, encoding="utf-8")
    return modules_of(folder)


@pytest.mark.parametrize(
    ("importing", "chain"),
    [
        pytest.param("from hitless.cli import verbs", "hitless.serving.worker (line 1) → hitless.cli.verbs", id="from"),
        pytest.param("import hitless.cli.verbs", "hitless.serving.worker (line 1) → hitless.cli.verbs", id="import"),
        pytest.param("from ..cli import verbs", "hitless.serving.worker (line 1) → hitless.cli.verbs", id="relative"),
        pytest.param(
            "from ..cli.verbs import x", "hitless.serving.worker (line 1) → hitless.cli.verbs", id="name-of-it"
        ),
        pytest.param(
            "def f():\n    import hitless.cli.verbs", "worker (line 2) → hitless.cli.verbs", id="in-a-function"
        ),
        pytest.param("if TYPE_CHECKING:\n    import hitless.cli.verbs", "worker (line 2)", id="for-type-checkers"),
        pytest.param(
            "\nfrom . import middle",
            "hitless.serving.worker (line 2) → hitless.serving.middle\n"
            "    hitless.serving.middle (line 1) → hitless.cli.verbs",
            id="through-another",
        ),
    ],
)
def test_a_broken_fence_is_shown(tmp_path: Path, importing: str, chain: str) -> None:
    modules = tree(
        tmp_path, cli__verbs="", serving__middle="import hitless.cli.verbs", serving__worker=importing, spec__config=""
    )
    broken = "\n".join(fences(modules))
    assert "serving may import" in broken
    assert chain in broken


@pytest.mark.parametrize(
    ("importer", "imported"),
    [(one, other) for one in FEATURES for other in FEATURES if one != other],
    ids=lambda layer: str(layer),
)
def test_features_do_not_reach_each_other(tmp_path: Path, importer: str, imported: str) -> None:
    first = {f"{importer}__first": f"from hitless.{imported} import second", f"{imported}__second": ""}
    broken = "\n".join(fences(tree(tmp_path, **first)))
    assert f"{importer} may import " in broken
    assert f"hitless.{importer}.first (line 1) → hitless.{imported}.second" in broken


def test_what_is_allowed_is_not_shown(tmp_path: Path) -> None:
    modules = tree(
        tmp_path,
        errors="import os",
        spec__config="from hitless.errors import X",
        serving__worker="from hitless.spec import config\nfrom hitless.serving import worker\nimport uvloop, json\n"
        "def f():\n    import numpy",
        building__plan="from hitless import spec\nimport hitless.images.layer, hitless.engines.process, hitless.errors",
        images__layer="from hitless.errors import X",
        engines__process="from hitless.images import layer",
        cli__verbs="import hitless.serving.worker, hitless.building.plan",
    )
    assert fences(modules) == []
    assert strangers(modules, "serving", IN_THE_IMAGE, OF_THE_MODEL) == []


def test_strangers_are_shown(tmp_path: Path) -> None:
    modules = tree(tmp_path, serving__worker="import requests\nimport numpy.linalg\nfrom rich.table import Table")
    assert strangers(modules, "serving", IN_THE_IMAGE, OF_THE_MODEL) == [
        "hitless.serving.worker (line 1) → requests",
        "hitless.serving.worker (line 2) → numpy.linalg (only inside of functions)",
        "hitless.serving.worker (line 3) → rich.table",
    ]
