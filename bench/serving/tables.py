"""The tables of a run, for a terminal and for a text file. Only shows: every figure comes from summary and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.serving import summary
from bench.serving.findings import Findings
from bench.serving.plan import CONNECTIONS
from bench.serving.sampling import NOISE_LIMIT_CORES
from bench.serving.servers import OURS, WORKERS, Server, Size
from bench.serving.summary import Line, Spread
from bench.serving.targets import Target


def show(console: Console, findings: Findings, servers: Sequence[Server], targets: Sequence[Target]) -> None:
    titles = {server.name: server.title for server in servers}
    lines = summary.lines(findings, OURS, NOISE_LIMIT_CORES)
    for size, connections in sorted({(line.size, line.connections) for line in lines}, key=_small_first):
        chosen = {line.server: line for line in lines if (line.size, line.connections) == (size, connections)}
        console.print(load_table(size, connections, [chosen[name] for name in titles if name in chosen], titles))
    console.print(server_table(findings, servers))
    console.print(limit_table(findings))
    for failure in findings.failures:
        console.print(f"[bold red]{failure.server}[/] ({failure.size or 'set-up'}): ", end="")
        console.print(failure.text, markup=False, highlight=False)
    console.print(target_table(targets, sum(line.noisy for line in lines), sum(line.ok_per_s.count for line in lines)))


def load_table(size: Size, connections: int, lines: Sequence[Line], titles: Mapping[str, str]) -> Table:
    table = _table(f"{size} model, {connections} connections", "server")
    for column in ("req/s", "(rounds)", "p50 ms", "p99 ms", "CPU µs", "errors", "ours ÷ it", "(rounds)", "by CPU"):
        table.add_column(column, justify="right")
    for line in lines:
        table.add_row(
            titles[line.server] + (" *" if line.noisy else ""),
            f"{line.ok_per_s.median:,.0f}",
            _range(line.ok_per_s, ",.0f"),
            _median(line.p50_ms, ",.2f"),
            _median(line.p99_ms, ",.1f"),
            _median(line.cpu_us, ",.1f"),
            f"{line.errors}",
            _median(line.lead, ".1f", "×"),
            _range(line.lead, ".1f"),
            _median(line.cpu_lead, ".1f", "×"),
            style="bold" if line.server == OURS else None,
        )
    if any(line.noisy for line in lines):
        table.caption = f"* with rounds in which other programs or the host took over {NOISE_LIMIT_CORES} core"
    return table


def server_table(findings: Findings, servers: Sequence[Server]) -> Table:
    table = _table("start and memory", "server")
    for column in ("model", "start s, best", "median", "starts", "PSS MiB", "(rounds)"):
        table.add_column(column, justify="right")
    for server in servers:
        for size in server.sizes:
            start = summary.start_s(findings, server.name, size)
            memory = summary.pss_mib(findings, server.name, size)
            if start and memory:
                table.add_row(
                    server.title,
                    size,
                    f"{start.low:.2f}",
                    f"{start.median:.2f}",
                    f"{start.count}",
                    f"{memory.median:.0f}",
                    _range(memory, ".0f"),
                )
    return table


def limit_table(findings: Findings) -> Table:
    """The bare loop, and how near ours comes to it."""
    table = _table("in-process limit: decode → batch of 32 → model, no HTTP", "model")
    for column in ("processes", "pictures/s", "(rounds)", "CPU µs", "ours: share by CPU", "by requests/s"):
        table.add_column(column, justify="right")
    for size, processes in sorted({(limit.size, limit.processes) for limit in findings.limits}, key=_small_first):
        limits = [limit for limit in findings.limits if (limit.size, limit.processes) == (size, processes)]
        per_s, cpu = summary.spread(one.per_s for one in limits), summary.spread(one.cpu_us for one in limits)
        share = summary.share(findings, OURS, size, 64, processes) if processes == WORKERS else None
        if per_s and cpu:
            table.add_row(
                size,
                f"{processes}",
                f"{per_s.median:,.0f}",
                _range(per_s, ",.0f"),
                f"{cpu.median:.1f}",
                f"{share.cpu.median:.0%}" if share else "",
                f"{share.per_s.median:.0%}" if share else "",
            )
    table.caption = "shares: hitless at 64 connections, against as many processes as it has workers, round by round"
    return table


def target_table(targets: Sequence[Target], noisy: int, points: int) -> Table:
    table = _table("targets", "figure")
    if noisy:
        table.caption = f"{noisy} of {points} points were disturbed: believe the CPU figures before rates and times"
    for column in ("to reach", "reached", "(rounds)", "met"):
        table.add_column(column, justify="right")
    for target in targets:
        sign = "≥" if target.at_least else "≤"
        answer = {True: "[green]yes[/]", False: "[red]no[/]", None: "not measured"}[target.is_met]
        reached = target.reached
        table.add_row(
            target.figure,
            f"{sign} {target.bound:g} {target.unit}".rstrip(),
            f"{reached.median:.3g} {target.unit}".rstrip() if reached else "",
            _range(reached, ".3g"),
            answer,
        )
    return table


def show_setting(console: Console, machine: Mapping[str, Any], how: Mapping[str, Any]) -> None:
    console.print(
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB; {machine['system']}, "
        f"kernel {machine['kernel']}, Python {machine['python']}; {machine['commit']}",
        f"{how['workers']} workers; {how['load']}; {how['rounds']} rounds of {how['seconds']} s a point after "
        f"{how['warm_up_s']} s of warm-up; body of {how['body_bytes']} bytes; "
        + ", ".join(f"{size} model {count:,} parameters" for size, count in how["model_parameters"].items()),
        sep="\n",
        highlight=False,
    )


def show_versions(console: Console, servers: Sequence[tuple[Server, Mapping[str, str]]]) -> None:
    for server, versions in servers:
        shown = (f"{package} {versions[package]}" for package in server.packages if package in versions)
        console.print(f"{server.title}: {', '.join(shown)}", highlight=False)


def _table(title: str, first: str) -> Table:
    table = Table(title=f"\n{title}", box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", title_style="bold")
    table.caption_justify = "left"
    table.add_column(first, no_wrap=True)
    return table


def _median(spread: Spread | None, form: str, unit: str = "") -> str:
    return f"{spread.median:{form}}{unit}" if spread else ""


def _range(spread: Spread | None, form: str) -> str:
    return f"{spread.low:{form}}–{spread.high:{form}}" if spread else ""


def _small_first(key: tuple[Size, int]) -> tuple[int, int]:
    return list(CONNECTIONS).index(key[0]), key[1]
