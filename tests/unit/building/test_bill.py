"""The bill of materials: the base's system, the server and every wheel; the same for the same build.

Its shape is what scanners rely on (CycloneDX 1.5); the schema itself is not among the packages of the tests.
"""

from __future__ import annotations

import json
import re

import pytest

from hitless.building.bill import bill_of
from hitless.building.system_packages import Distribution, SystemPackage
from hitless.building.wheels import Wheel

BASE = "sha256:" + "b" * 64
WHEELS = [
    Wheel("numpy", "2.4.6", "numpy-2.4.6-cp311-cp311-x.whl", 1, "a" * 64),
    Wheel("a-b", "1", "a.whl", 1, "c" * 64),
]
DEBIAN = Distribution("debian", "12")
SYSTEM = [SystemPackage("libgomp1", "12.2.0-14", "amd64", "deb"), SystemPackage("dash", "0.5.12-2", "amd64", "deb")]


def components(*arguments: object) -> list[dict[str, str]]:
    document = json.loads(bill_of(*arguments))  # type: ignore[arg-type]
    assert (document["bomFormat"], document["specVersion"], document["version"]) == ("CycloneDX", "1.5", 1)
    assert set(document) == {"bomFormat", "specVersion", "version", "metadata", "components"}
    found: list[dict[str, str]] = document["components"]
    return found


def test_what_is_in_it() -> None:
    found = components(WHEELS, "registry.example/base:1", BASE, DEBIAN, SYSTEM)
    assert [(one["type"], one["name"], one.get("version")) for one in found[:1] + found[2:]] == [
        ("container", "registry.example/base:1", BASE),
        ("operating-system", "debian", "12"),
        ("library", "a-b", "1"),
        ("library", "numpy", "2.4.6"),
        ("library", "dash", "0.5.12-2"),
        ("library", "libgomp1", "12.2.0-14"),
    ]
    assert found[1]["name"] == "hitless"
    assert [one["purl"] for one in found[3:]] == [
        "pkg:pypi/a-b@1", "pkg:pypi/numpy@2.4.6",
        "pkg:deb/debian/dash@0.5.12-2?arch=amd64&distro=debian-12",
        "pkg:deb/debian/libgomp1@12.2.0-14?arch=amd64&distro=debian-12",
    ]  # fmt: skip


def test_what_every_component_has() -> None:
    found = components(WHEELS, "", BASE, DEBIAN, SYSTEM)
    known = {"type", "name", "version", "bom-ref", "purl", "licenses", "hashes"}
    assert all({"type", "name", "version", "bom-ref"} <= set(one) <= known for one in found)
    assert len({one["bom-ref"] for one in found}) == len(found)  # unique, as the schema wants
    assert all(re.fullmatch(r"pkg:[a-z]+/[!-~]+@[!-~]+", one["purl"]) for one in found if "purl" in one)


def test_the_order_of_what_it_is_given_does_not_matter() -> None:
    assert bill_of(WHEELS, "", BASE, DEBIAN, SYSTEM) == bill_of(WHEELS[::-1], "", BASE, DEBIAN, SYSTEM[::-1])


@pytest.mark.parametrize(
    ("system", "systems"),
    [
        pytest.param(Distribution(), [], id="none-that-is-known"),
        pytest.param(Distribution("ubuntu"), [{"type": "operating-system", "name": "ubuntu",
                     "bom-ref": "system:ubuntu"}], id="no-version"),
    ],
)  # fmt: skip
def test_a_base_that_tells_little(system: Distribution, systems: list[dict[str, str]]) -> None:
    assert [one for one in components([], "", BASE, system) if one["type"] == "operating-system"] == systems
