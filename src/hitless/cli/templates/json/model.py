"""What a flat might cost: a linear model in pure Python, in the place where yours goes.

The public methods of the class are the apis of config.json: `predict` answers POST /, `explain` answers POST /explain.
Arguments come by name from the JSON of the request.
"""

from __future__ import annotations

import json
from pathlib import Path

SMALLEST_ROOM_M2 = 5


class TooManyRoomsError(ValueError):
    """An answer to the client rather than a failure: its text, with this status."""

    status = 422


class Model:
    def __init__(self, path: Path) -> None:
        """Load what takes time, once. `path` is the folder of this file."""
        self.euros = json.loads((path / "weights.json").read_text(encoding="utf-8"))

    def predict(self, area_m2: list[float], rooms: list[int]) -> list[dict[str, int] | TooManyRoomsError]:
        """Requests that come together are one call: every argument is a list with one element for each of them, and so
        is the result. An exception in it answers that one request.
        """
        return [self._price(area, count) for area, count in zip(area_m2, rooms, strict=True)]

    predict.max_size = 32  # this is what makes it a batched method

    def explain(self, area_m2: float, rooms: int = 2) -> dict[str, float]:
        """The parts of the price. One call for each request; `rooms` may be left out."""
        return {
            "base": self.euros["base"],
            "area_m2": self.euros["area_m2"] * area_m2,
            "rooms": self.euros["rooms"] * rooms,
        }

    def _price(self, area_m2: float, rooms: int) -> dict[str, int] | TooManyRoomsError:
        if rooms * SMALLEST_ROOM_M2 > area_m2:
            return TooManyRoomsError(f"{rooms} rooms do not fit into {area_m2:g} m²")
        return {"price": round(sum(self.explain(area_m2, rooms).values()))}
