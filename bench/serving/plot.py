"""Draws a run: requests/s, p99 and CPU a request over the number of connections, a line for each server.

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
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

PANELS = (
    ("ok_per_s", "requests per second", "higher is better"),
    ("p99_ms", "p99, milliseconds", "lower is better"),
    ("cpu_us", "server CPU per request, µs", "lower is better"),
)
# Colours that remain apart for most kinds of colour vision (Okabe and Ito); ours stands out by width, too.
COLOURS = ("#d55e00", "#e69f00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#999999")
MARKS = "osD^vPX"


def draw(run: dict[str, Any], targets: list[Path]) -> None:
    """The small model, or the large one where only that was measured; whiskers are the lowest and highest round."""
    size = "small" if any(line["size"] == "small" for line in run["summary"]) else "large"
    lines = [line for line in run["summary"] if line["size"] == size]
    connections = sorted({line["connections"] for line in lines})
    figure, panels = plt.subplots(1, len(PANELS), figsize=(13, 5), layout="constrained")
    for panel, (name, title, hint) in zip(panels, PANELS, strict=True):
        for place, server in enumerate(run["servers"]):
            own = sorted((one for one in lines if one["server"] == server["name"]), key=lambda one: one["connections"])
            if own:
                curve(panel, own, name, server, place)
        axes(panel, connections, title, hint)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    figure.suptitle(heading(run, size), fontsize=10)
    for target in targets:
        metadata = {"Date": None} if target.suffix == ".svg" else {}
        figure.savefig(target, dpi=120, metadata=metadata)


def curve(panel: Any, own: list[dict[str, Any]], name: str, server: dict[str, Any], place: int) -> None:
    own = [one for one in own if one[name]]  # without a single good reply there is no time and no cost
    middle = [one[name]["median"] for one in own]
    panel.errorbar(
        [one["connections"] for one in own],
        middle,
        yerr=[
            [value - one[name]["low"] for value, one in zip(middle, own, strict=True)],
            [one[name]["high"] - value for value, one in zip(middle, own, strict=True)],
        ],
        label=server["title"],
        color=COLOURS[place % len(COLOURS)],
        marker=MARKS[place % len(MARKS)],
        linewidth=2.6 if server["name"] == "hitless" else 1.3,
        markersize=5,
        elinewidth=0.8,
        capsize=2,
    )


def axes(panel: Any, connections: list[int], title: str, hint: str) -> None:
    panel.set_xscale("log", base=4)
    panel.set_yscale("log")
    panel.set_xticks(connections, [str(one) for one in connections])
    panel.xaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_minor_formatter(NullFormatter())
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    panel.set_xlabel("keep-alive connections")
    panel.set_title(f"{title} ({hint})", fontsize=10)
    panel.grid(visible=True, which="major", linewidth=0.4)
    panel.spines[["top", "right"]].set_visible(False)


def heading(run: dict[str, Any], size: str) -> str:
    machine, how = run["machine"], run["method"]
    return (
        f"MNIST example, POST of a 28×28 JPEG, {size} model, {how['workers']} workers; {machine['cores']} cores "
        f"({machine['processor']}), load generator on the same cores\n"
        f"medians of {how['rounds']} interleaved rounds of {how['seconds']} s, whiskers: lowest and highest round; "
        f"{run['date'][:10]}"
    )


if __name__ == "__main__":
    mpl.rcParams["svg.hashsalt"] = "hitless"  # the same run gives the same file
    mpl.rcParams["svg.fonttype"] = "none"
    draw(json.loads(Path(sys.argv[1]).read_text()), [Path(name) for name in sys.argv[2:]])
