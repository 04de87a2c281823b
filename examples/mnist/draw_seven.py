"""Draws the two sample pictures: seven.jpg as in MNIST, and seven-photo.png as a pen leaves it on paper.

The strokes are a polyline of ours, drawn large and reduced, so that the edges are soft; nothing comes from the data.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

FOLDER = Path(__file__).parent

# In units of the picture's side: the bar with a slight sag, then the stem with a slight bow.
SEVEN = [(0.27, 0.27), (0.33, 0.245), (0.50, 0.25), (0.62, 0.24), (0.70, 0.25), (0.69, 0.31), (0.62, 0.42),
         (0.56, 0.53), (0.51, 0.64), (0.475, 0.75), (0.46, 0.82)]  # fmt: skip


def strokes(side: int, thickness: float) -> Image.Image:
    """The digit in white on black, grey, side × side; thickness as a share of the side."""
    scale = 8
    canvas = Image.new("L", (side * scale, side * scale))
    draw = ImageDraw.Draw(canvas)
    points = [(x * side * scale, y * side * scale) for x, y in SEVEN]
    radius = thickness * side * scale / 2
    draw.line(points, fill=255, width=round(2 * radius), joint="curve")
    for x, y in points:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return canvas.filter(ImageFilter.GaussianBlur(0.35 * scale)).resize((side, side), Image.Resampling.BOX)


def main() -> None:
    strokes(28, 0.095).save(FOLDER / "seven.jpg", quality=90)
    paper = Image.new("RGB", (360, 480), (236, 229, 212))
    ink = Image.new("RGB", (300, 300), (32, 48, 120))
    paper.paste(ink, (20, 120), strokes(300, 0.06))
    paper.save(FOLDER / "seven-photo.png")


if __name__ == "__main__":
    main()
