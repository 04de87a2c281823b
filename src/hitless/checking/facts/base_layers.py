"""Which layers come from the base image: told from the history, as nothing else in an image tells it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

OURS = "hitless-layer-key:"  # how comments of layers that `hitless build` adds begin
_COMMANDS = ("/bin/sh -c #(nop)  CMD", "CMD ")


def count_of_base(history: Sequence[Mapping[str, Any]], layers: int) -> int:
    """How many of the lowest layers are the base's; 0 where the history does not tell.

    Layers that `hitless build` adds say so. Otherwise the last `CMD` that has a layer above it was the base's own: a
    Dockerfile's own comes last (how Trivy guesses, too). Worked: ADD, CMD, COPY, CMD → 1.
    """
    filled = [entry for entry in history if not entry.get("empty_layer")]
    if len(filled) != layers:
        return 0
    for number, entry in enumerate(filled):
        if str(entry.get("comment", "")).startswith(OURS):
            return number
    above = 0
    for entry in reversed(history):
        if not entry.get("empty_layer"):
            above += 1
        elif above and str(entry.get("created_by", "")).startswith(_COMMANDS):
            return layers - above
    return 0
