"""The tables of a bench, for a terminal and for a text file. Only shows: every figure comes from the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.rollout.arrangements import ARRANGEMENTS
from bench.rollout.servers import OURS
from hitless.checking.bounds import upper_bound


def show(console: Console, document: Mapping[str, Any]) -> None:
    titles = {server["name"]: server["title"] for server in document["servers"]}
    own = [line for line in document["summary"] if line["server"] == OURS]
    peers = [line for line in document["summary"] if line["server"] != OURS]
    if own:
        console.print(runs_table("hitless, replaced under load", own, {}))
        console.print(_total(own))
    if peers:
        console.print(runs_table("the peers, replaced under load", peers, titles))
    if document["probes"]:
        console.print(probes_table(document["probes"], document["servers"]))
    for one in document["skipped"]:
        console.print(f"{one['server']}, {one['arrangement']}: not measured: {one['reason']}", markup=False)


def runs_table(title: str, lines: list[dict[str, Any]], titles: Mapping[str, str]) -> Table:
    """A row a run. With `titles`, the server is a column."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    names = {one.name: one.title for one in ARRANGEMENTS}
    if titles:
        table.add_column("server")
    table.add_column("arrangement")
    for column in (
        "times",
        "requests",
        "failed",
        "per million",
        "95 % bound",
        "exit s, median",
        "max",
        "p50 ms",
        "p99",
    ):
        table.add_column(column, justify="right")
    table.add_column("how")
    for line in lines:
        table.add_row(
            *([titles[line["server"]]] if titles else []),
            names[line["arrangement"]],
            f"{line['replacements']}",
            f"{line['requests']:,}",
            f"{line['failed']:,}",
            f"{line['per_million']:,.0f}",
            f"{line['bound_per_million']:,.0f}",
            _seconds(line["exit_median_s"]),
            _seconds(line["exit_max_s"]),
            f"{line['p50_ms']:,.1f}",
            f"{line['p99_ms']:,.0f}",
            _how(line),
        )
    return table


def probes_table(probes: list[dict[str, Any]], servers: list[dict[str, Any]]) -> Table:
    table = Table(title="half a second after SIGTERM", box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for column in ("server", "request on an idle connection", "new connection", "exit s, one idle client", "its times"):
        table.add_column(column)
    known = {server["name"]: server for server in servers}
    for seen in probes:
        server = known[seen["server"]]
        code = "" if seen["exit_code"] in (0, None) else f" (code {seen['exit_code']})"
        ended = "killed" if seen["exit_s"] is None or seen["exit_code"] is None else f"{seen['exit_s']:.1f}{code}"
        table.add_row(server["title"], seen["idle"], seen["new"], ended, server["times"])
    return table


def _total(lines: list[dict[str, Any]]) -> str:
    replacements, requests, failed = (
        sum(line[key] for line in lines) for key in ("replacements", "requests", "failed")
    )
    text = (
        f"together: {failed:,} of {requests:,} requests failed in {replacements:,} replacements; with 95 % confidence "
        f"fewer than {1e6 * upper_bound(failed, requests):.2f} of a million"
    )
    if not failed:
        text += f", and fewer than {100 * upper_bound(0, replacements):.2f} % of replacements lose anything"
    return text + "\n"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _how(line: Mapping[str, Any]) -> str:
    words = [f"{count:,} {kind}" for kind, count in line["kinds"].items()]
    if line["with_loss"]:
        words.append(f"in {line['with_loss']} of the replacements")
    if line["not_reloaded"]:
        words.append(f"{line['not_reloaded']} times nothing was replaced within 20 s")
    odd = [code for code in line["exit_codes"] if code not in (0, -15)]
    if odd:
        words.append("killed" if None in odd else f"exit codes {', '.join(map(str, odd))}")
    return ", ".join(words)
