"""Draws a bench: failed requests per million of each server in each arrangement; none is a mark at the left edge.

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

ARRANGEMENTS = (
    ("haproxy-told", "HAProxy, told before the signal"),
    ("haproxy-stale", "HAProxy, sending for 2 s after the signal"),
    ("port", "the same port for old and new"),
    ("reload", "in place, by SIGHUP"),
)
# Colours that remain apart for most kinds of colour vision (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
LEFT = 0.5  # per million: where "none" stands on the logarithmic axis


def draw(run: dict[str, Any], targets: list[Path]) -> None:
    """A group of bars a server; the thin line ends at the 95 % upper bound."""
    names = [server["name"] for server in run["servers"] if any(s["server"] == server["name"] for s in run["summary"])]
    titles = {server["name"]: server["title"] for server in run["servers"]}
    found = {(line["server"], line["arrangement"]): line for line in run["summary"]}
    figure, axes = plt.subplots(figsize=(10, 1.6 + 0.75 * len(names)), layout="constrained")
    height = 0.8 / len(ARRANGEMENTS)
    for place, (arrangement, title) in enumerate(ARRANGEMENTS):
        for row, name in enumerate(names):
            line = found.get((name, arrangement))
            if line is not None:
                bar(axes, line, row - 0.4 + height * (place + 0.5), height, COLOURS[place], title if row == 0 else None)
    axes.set_yticks(range(len(names)), [titles[name] for name in names])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(LEFT * 0.9, 1.2e6)
    axes.set_xticks([1, 10, 100, 1e3, 1e4, 1e5, 1e6], ["1", "10", "100", "1 000", "10 000", "100 000", "all"])
    axes.minorticks_off()
    axes.set_xlabel("failed requests per million while instances are replaced (● none; line: 95 % upper bound)")
    axes.grid(visible=True, axis="x", linewidth=0.4)
    axes.spines[["top", "right"]].set_visible(False)
    handles = [plt.Rectangle((0, 0), 1, 1, color=colour) for colour in COLOURS]
    figure.legend(
        handles, [title for _, title in ARRANGEMENTS], loc="outside lower center", ncols=2, frameon=False, fontsize=9
    )
    for target in targets:
        metadata = {"Date": None} if target.suffix == ".svg" else {}
        figure.savefig(target, dpi=120, metadata=metadata)


def bar(axes: Any, line: dict[str, Any], y: float, height: float, colour: str, label: str | None) -> None:
    reached = line["per_million"]
    axes.plot([max(reached, LEFT), line["bound_per_million"]], [y, y], color=colour, linewidth=0.8)
    if reached:
        axes.barh(y, reached - LEFT, height * 0.9, left=LEFT, color=colour, label=label)
    else:
        axes.plot([LEFT], [y], marker="o", markersize=5, color=colour, clip_on=False, label=label)


if __name__ == "__main__":
    mpl.rcParams["svg.hashsalt"] = "hitless"  # the same run gives the same file
    mpl.rcParams["svg.fonttype"] = "none"
    draw(json.loads(Path(sys.argv[1]).read_text()), [Path(name) for name in sys.argv[2:]])
