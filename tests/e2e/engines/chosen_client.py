"""Which engine is chosen in the lab: python chosen_client.py LAYOUT NAME [FOLDER of engines], prints it as JSON."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from hitless.engines.choosing import place_for
from hitless.errors import HitlessError
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image


def main(layout: str, name: str, folder: str) -> None:
    os.environ["PATH"] = folder
    image = read_image(LayoutSource(Path(layout)), "the image")
    try:
        with place_for(image, name) as place:
            seen: dict[str, Any] = {
                "engine": place.engine.name,
                "subject": place.subject,
                "passed over": place.passed_over,
            }
        seen["left"] = Path(place.subject).exists()
    except HitlessError as error:
        seen = {"error": str(error)}
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
