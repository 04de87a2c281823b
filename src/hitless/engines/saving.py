"""An image that an engine holds → an archive, from which it is read like any other."""

from __future__ import annotations

from pathlib import Path

from hitless.engines.containers import ContainerEngine
from hitless.engines.found import found_engines


def save(engine: ContainerEngine, image: str, file: Path) -> None:
    """Everything of it, as `docker save` writes it. UnavailableError."""
    engine.do("save", "--output", str(file), image)


def holder(image: str, names: tuple[str, ...] = ()) -> ContainerEngine | None:
    """The first engine that can be used and has an image of this name or id; None where there is none."""
    for found in found_engines(names) if names else found_engines():
        if not found.lacking:
            engine = ContainerEngine(found.name)
            if engine.identity(image) is not None:
                return engine
    return None
