"""Draws a run: seconds of each builder, first and after a change of code, on a logarithmic axis.

Runs in an environment of its own, with matplotlib and nothing of this project:
`python plot.py RUN.json OUT.png OUT.svg`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

# Colours that remain apart for most kinds of colour vision (Okabe and Ito).
COLOURS = {"hitless": "#d55e00", "buildah": "#0072b2", "podman": "#56b4e9"}


def draw(run: dict[str, Any], targets: list[Path]) -> None:
    """A bar a line of the summary; whiskers are the lowest and highest round."""
    lines = run["summary"][::-1]
    figure, axes = plt.subplots(figsize=(9, 0.8 + 0.45 * len(lines)), layout="constrained")
    for place, line in enumerate(lines):
        spread = [[line["seconds"] - line["low"]], [line["high"] - line["seconds"]]]
        colour = COLOURS.get(line["builder"], "#999999")
        axes.barh(place, line["seconds"], 0.7, xerr=spread, color=colour, error_kw={"elinewidth": 0.8})
        axes.text(line["high"] * 1.08, place, f"{line['seconds']:.2f} s", va="center", fontsize=9)
    axes.set_yticks(range(len(lines)), [f"{line['builder']}: {line['what']}" for line in lines])
    axes.set_xscale("log")
    axes.set_xlim(right=2 * max(line["high"] for line in lines))
    axes.set_xlabel("seconds (lower is better)")
    axes.grid(visible=True, axis="x", linewidth=0.4)
    axes.spines[["top", "right"]].set_visible(False)
    machine = run["machine"]
    figure.suptitle(f"MNIST image, wheels at hand; {machine['cores']} cores, {machine['system']}", fontsize=10)
    for target in targets:
        figure.savefig(target, dpi=120, metadata={"Date": None} if target.suffix == ".svg" else {})


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), [Path(name) for name in sys.argv[2:]])
