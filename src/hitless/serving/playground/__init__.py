"""The page to try a package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hitless.serving.package import Package


def page(package: Package) -> bytes:
    """One HTML page."""
    return b"<!doctype html><title>hitless</title><p>The playground is being set up."
