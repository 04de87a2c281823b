"""hitless: a model package, served, built and proven without losing a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hitless.serving.declarations import api, batched
    from hitless.serving.request import Rejected, Request, Response, Upload

__version__ = "0.1.0"

_OFFERED = {
    "Rejected": "request",
    "Request": "request",
    "Response": "request",
    "Upload": "request",
    "api": "declarations",
    "batched": "declarations",
}
__all__ = ["Rejected", "Request", "Response", "Upload", "__version__", "api", "batched"]


def __getattr__(name: str) -> Any:
    """What model code may import from here, loaded when it does."""
    if name in _OFFERED:
        from importlib import import_module

        return getattr(import_module(f"hitless.serving.{_OFFERED[name]}"), name)
    raise AttributeError(f"module 'hitless' has no attribute {name!r}")
