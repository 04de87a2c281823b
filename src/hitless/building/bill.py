"""The bill of materials: a CycloneDX 1.5 document of everything that the build put into the image. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import hitless
from hitless.building.wheels import Wheel
from hitless.images.manifest import canonical

BILL = "opt/hitless/sbom.cdx.json"  # in the image


def bill_of(wheels: Iterable[Wheel], base_name: str, base_digest: str) -> bytes:
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
        *(_component(wheel) for wheel in sorted(wheels)),
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
