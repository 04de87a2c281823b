"""Where Python packages lie in the image, and in its base."""

from __future__ import annotations

from hitless.building.target import Target

VENV = "opt/hitless/venv"
WHEELS = "opt/hitless-wheels"  # in a base: those that were compiled in it


def site_packages(target: Target) -> str:
    return f"{VENV}/lib/python{target.python[0]}.{target.python[1]}/site-packages"


def is_compiled_wheel(path: str) -> bool:
    """Whether a path of an image is that of a wheel in WHEELS."""
    return path.endswith(".whl") and path.rpartition("/")[0] == WHEELS
