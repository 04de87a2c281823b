"""`dependencies`: installers, packages and their restraints."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.spec.samples import found, reading

from hitless.spec.contract import Dependency, Package

PLACE = "$.dependencies[0].packages[0]"

PACKAGES: dict[str, tuple[dict[str, Any], str | None, list[tuple[str, str, str]]]] = {
    "name alone": ({"package_name": "numpy"}, "numpy", []),
    "EXACT": ({"package_name": "numpy", "package_version": "1.15.0", "restraint": "EXACT"}, "numpy==1.15.0", []),
    "ATLEAST": ({"package_name": "numpy", "package_version": "2", "restraint": "ATLEAST"}, "numpy>=2", []),
    "ATMOST": ({"package_name": "numpy", "package_version": "2", "restraint": "ATMOST"}, "numpy<=2", []),
    "extras of a package": ({"package_name": "uvicorn[standard]"}, "uvicorn[standard]", []),
    "no name": ({}, None, [("CFG-205", "error", PLACE)]),
    "empty name": ({"package_name": ""}, None, [("CFG-704", "error", f"{PLACE}.package_name")]),
    "Chinese name": ({"package_name": "包"}, None, [("CFG-704", "error", f"{PLACE}.package_name")]),
    **{
        f"name with {char!r}": ({"package_name": f"a{char}b"}, None, [("CFG-704", "error", f"{PLACE}.package_name")])
        for char in "&!'\"<>= "
    },
    "version with a comparison": (
        {"package_name": "numpy", "package_version": ">=2", "restraint": "ATLEAST"},
        None,
        [("CFG-704", "error", f"{PLACE}.package_version")],
    ),
    "version as a number": (
        {"package_name": "numpy", "package_version": 2, "restraint": "EXACT"},
        None,
        [("CFG-201", "error", f"{PLACE}.package_version"), ("CFG-707", "warning", f"{PLACE}.restraint")],
    ),
    "version without restraint": (
        {"package_name": "numpy", "package_version": "2"},
        None,
        [("CFG-706", "error", PLACE)],
    ),
    "restraint without version": (
        {"package_name": "numpy", "restraint": "EXACT"},
        "numpy",
        [("CFG-707", "warning", f"{PLACE}.restraint")],
    ),
    "restraint as an operator": (
        {"package_name": "numpy", "package_version": "2", "restraint": ">="},
        None,
        [("CFG-705", "error", f"{PLACE}.restraint")],
    ),
    "restraint in lower case": (
        {"package_name": "numpy", "package_version": "2", "restraint": "exact"},
        None,
        [("CFG-705", "error", f"{PLACE}.restraint")],
    ),
    "both empty": (
        {"package_name": "numpy", "package_version": "", "restraint": ""},
        "numpy",
        [("CFG-708", "warning", f"{PLACE}.package_version"), ("CFG-708", "warning", f"{PLACE}.restraint")],
    ),
    "unknown key": ({"package_name": "numpy", "url": "x"}, "numpy", [("CFG-202", "warning", f"{PLACE}.url")]),
}


@pytest.mark.parametrize(("package", "specifier", "problems"), PACKAGES.values(), ids=PACKAGES)
def test_package(package: dict[str, Any], specifier: str | None, problems: list[tuple[str, str, str]]) -> None:
    result = reading(model_type="PyTorch", dependencies=[{"installer": "pip", "packages": [package]}])
    assert found(result) == problems
    if result.contract is not None:
        assert [entry.specifier for entry in result.contract.dependencies[0].packages] == [specifier]
    else:
        assert specifier is None


RESTRAINT_REMEDIES = {"==": "EXACT", ">=": "ATLEAST", "<=": "ATMOST", "exact": "EXACT", "AT_LEAST": "ATLEAST"}


@pytest.mark.parametrize(("written", "meant"), RESTRAINT_REMEDIES.items())
def test_the_remedy_of_a_restraint_is_the_one_that_is_meant(written: str, meant: str) -> None:
    package = {"package_name": "numpy", "package_version": "2", "restraint": written}
    result = reading(model_type="PyTorch", dependencies=[{"installer": "pip", "packages": [package]}])
    assert [problem.remedy for problem in result.errors] == [f'Write "{meant}".']


INSTALLERS = {
    "pip": ("pip", "ATLEAST", []),
    "conda": ("conda", "ATLEAST", [("CFG-703", "warning")]),
    "yum, exactly": ("yum", "EXACT", [("CFG-703", "warning")]),
    "yum, at least": ("yum", "ATLEAST", [("CFG-703", "warning"), ("CFG-709", "error")]),
    "apt-get, at most": ("apt-get", "ATMOST", [("CFG-703", "warning"), ("CFG-709", "error")]),
    "unknown": ("npm", "EXACT", [("CFG-702", "error")]),
    "in another case": ("PIP", "EXACT", [("CFG-702", "error")]),
}


@pytest.mark.parametrize(("installer", "restraint", "problems"), INSTALLERS.values(), ids=INSTALLERS)
def test_installer(installer: str, restraint: str, problems: list[tuple[str, str]]) -> None:
    packages = [{"package_name": "gcc", "package_version": "9", "restraint": restraint}]
    result = reading(model_type="PyTorch", dependencies=[{"installer": installer, "packages": packages}])
    assert [(found_id, weight) for found_id, weight, _ in found(result)] == problems


def test_the_installer_is_mandatory() -> None:
    result = reading(model_type="PyTorch", dependencies=[{"packages": []}])
    assert found(result) == [("CFG-205", "error", "$.dependencies[0]")]


def test_entries_keep_their_order() -> None:
    entries = [{"installer": "pip", "packages": [{"package_name": name}]} for name in ("cython", "pycocotools")]
    result = reading(model_type="PyTorch", dependencies=entries, strict=True)
    assert result.contract is not None
    assert result.contract.dependencies == (
        Dependency("pip", (Package("cython"),)),
        Dependency("pip", (Package("pycocotools"),)),
    )


@pytest.mark.parametrize(("strict", "weight"), [(False, "warning"), (True, "error")], ids=["tolerant", "strict"])
def test_a_custom_image_has_no_dependencies(strict: bool, weight: str) -> None:
    entries = [{"installer": "pip", "packages": [{"package_name": "numpy"}]}]
    assert found(reading(dependencies=entries, strict=strict)) == [("CFG-701", weight, "$.dependencies")]
