"""Where the Python packages lie in the image."""

from __future__ import annotations

from hitless.building.target import Target

VENV = "opt/hitless/venv"


def site_packages(target: Target) -> str:
    return f"{VENV}/lib/python{target.python[0]}.{target.python[1]}/site-packages"
