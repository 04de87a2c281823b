"""The bill of materials: a CycloneDX 1.5 document of the base's system and of all that was put on top of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import hitless
from hitless.building.system_packages import Distribution, SystemPackage
from hitless.building.wheels import Wheel
from hitless.images.manifest import canonical

BILL = "opt/hitless/sbom.cdx.json"  # in the image
_NONE = Distribution()


def bill_of(
    wheels: Iterable[Wheel],
    base_name: str,
    base_digest: str,
    system: Distribution = _NONE,
    system_packages: Iterable[SystemPackage] = (),
) -> bytes:
    """Components sorted by name; without times and serial numbers, so that the same build has the same bill."""
    components: list[dict[str, Any]] = [
        {
            "type": "container",
            "name": base_name or "base",
            "version": base_digest,
            "bom-ref": f"base:{base_digest}",
        },
        {
            "type": "application",
            "name": "hitless",
            "version": hitless.__version__,
            "bom-ref": f"pkg:pypi/hitless@{hitless.__version__}",
            "purl": f"pkg:pypi/hitless@{hitless.__version__}",
            "licenses": [{"license": {"id": "Apache-2.0"}}],
        },
        *_system(system),
        *(_component(wheel) for wheel in sorted(wheels)),
        *(_of_system(package, system) for package in sorted(system_packages)),
    ]
    tool = {"type": "application", "name": "hitless", "version": hitless.__version__}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"tools": {"components": [tool]}},
        "components": components,
    }
    return canonical(document) + b"\n"


def _system(system: Distribution) -> list[dict[str, Any]]:
    if not system.name:
        return []
    version = {"version": system.version} if system.version else {}
    return [{"type": "operating-system", "name": system.name, **version, "bom-ref": f"system:{system.name}"}]


def _of_system(package: SystemPackage, system: Distribution) -> dict[str, Any]:
    purl = system.purl(package)
    return {"type": "library", "name": package.name, "version": package.version, "bom-ref": purl, "purl": purl}


def _component(wheel: Wheel) -> dict[str, Any]:
    purl = f"pkg:pypi/{wheel.name}@{wheel.version}"
    return {
        "type": "library",
        "name": wheel.name,
        "version": wheel.version,
        "bom-ref": purl,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": wheel.sha256}],
    }
