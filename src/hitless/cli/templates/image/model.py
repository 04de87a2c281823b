"""Names the colour of a picture, in the place where your vision model goes.

Arguments come by name from the form of the request; the annotation says as what: a Pillow image here, and `bytes`,
`numpy.ndarray` or `hitless.Upload` are others. What is no picture is refused before `predict` is called.
"""

from __future__ import annotations

from PIL import Image, ImageStat

COLOURS = {
    "black": (0, 0, 0), "white": (255, 255, 255), "grey": (128, 128, 128), "red": (210, 40, 40),
    "orange": (240, 140, 40), "yellow": (240, 220, 60), "green": (60, 150, 70), "blue": (50, 100, 200),
    "purple": (130, 60, 160), "pink": (240, 150, 180), "brown": (120, 80, 50),
}  # fmt: skip
MOST_PIXELS = 128  # of a side: enough for a colour


class Model:
    def predict(self, picture: Image.Image) -> dict[str, str | int]:
        """Whatever it returns is sent as JSON: dicts, lists, numbers, numpy arrays too."""
        width, height = picture.size
        small = picture.convert("RGB")
        small.thumbnail((MOST_PIXELS, MOST_PIXELS))
        red, green, blue = (round(value) for value in ImageStat.Stat(small).median)
        return {
            "colour": nearest(red, green, blue),
            "hex": f"#{red:02x}{green:02x}{blue:02x}",
            "width": width,
            "height": height,
        }


def nearest(red: int, green: int, blue: int) -> str:
    """The name in COLOURS that is the least distance away."""
    return min(
        COLOURS,
        key=lambda name: sum((a - b) ** 2 for a, b in zip(COLOURS[name], (red, green, blue), strict=True)),
    )
