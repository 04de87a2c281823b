"""A bench as the tables of docs/hitless.md. Only shows: a pure function of the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.rollout.arrangements import ARRANGEMENTS, FOR_PEERS
from bench.rollout.servers import OURS
from hitless.checking.bounds import upper_bound

Line = Mapping[str, Any]


def tables(document: Mapping[str, Any]) -> str:
    """Ours by arrangement, everybody by arrangement, everybody's ways after SIGTERM, and what could not be measured."""
    own = [line for line in document["summary"] if line["server"] == OURS]
    parts = [
        _own(own),
        _total(own) if own else "",
        _everybody(document),
        _kinds(document),
        _after_sigterm(document),
        _skipped(document),
        _versions(document),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _own(lines: Sequence[Line]) -> str:
    titles = {one.name: one.title for one in ARRANGEMENTS}
    rows = [
        (
            titles[line["arrangement"]],
            f"{line['replacements']}",
            f"{line['requests']:,}",
            f"**{line['failed']:,}**",
            f"{line['bound_per_million']:,.0f}",
            f"{line['p50_ms']:.1f} / {line['p99_ms']:.0f}",
            _exits(line),
        )
        for line in lines
    ]
    head = ("hitless", "replaced", "requests", "failed", "95 % bound, per million", "p50 / p99 ms", "exit s")
    return _table(head, rows)


def _total(lines: Sequence[Line]) -> str:
    replacements, requests, failed = (sum(line[k] for line in lines) for k in ("replacements", "requests", "failed"))
    text = (
        f"Together: **{failed:,} of {requests:,} requests failed in {replacements:,} replacements.** "
        f"With 95 % confidence the true share is below {1e6 * upper_bound(failed, requests):.1f} in a million requests"
    )
    if not failed:
        text += f", and below {100 * upper_bound(0, replacements):.2g} % of replacements lose anything"
    return text + "."


def _everybody(document: Mapping[str, Any]) -> str:
    found = {(line["server"], line["arrangement"]): line for line in document["summary"]}
    titles = {one.name: one.title for one in ARRANGEMENTS}
    rows = [
        (server["title"], *(_share(found.get((server["name"], name))) for name in FOR_PEERS))
        for server in document["servers"]
    ]
    return _table(("failed, per million", *(titles[name] for name in FOR_PEERS)), rows)


def _share(line: Line | None) -> str:
    if line is None:
        return ""
    if line["not_reloaded"] == line["replacements"]:
        return "not replaced"
    return f"{line['per_million']:,.0f} ({line['failed']:,} of {line['requests']:,})"


def _kinds(document: Mapping[str, Any]) -> str:
    """What kinds of failure there were, all arrangements together."""
    rows = []
    for server in document["servers"]:
        counted: dict[str, int] = {}
        for line in document["summary"]:
            if line["server"] == server["name"]:
                for kind, count in line["kinds"].items():
                    counted[kind] = counted.get(kind, 0) + count
        if counted:
            rows.append((server["title"], *(f"{counted.get(kind, 0):,}" for kind in KINDS)))
    return _table(("failed requests by kind", *KINDS), rows) if rows else ""


KINDS = ("refused", "reset", "closed", "cut short", "5xx", "wrong", "silent")


def _after_sigterm(document: Mapping[str, Any]) -> str:
    seen = {probe["server"]: probe for probe in document["probes"]}
    rows = []
    for server in document["servers"]:
        probe = seen.get(server["name"])
        ends = [one for one in document["summary"] if one["server"] == server["name"] and one["exit_max_s"] is not None]
        if probe is None and not ends:
            continue
        words = (probe["idle"], probe["new"], _alone(probe)) if probe else ("", "", "")
        under_load = [f"{max(one[key] for one in ends):.1f}" for key in ("exit_median_s", "exit_max_s") if ends]
        times = f"`{server['times']}`" if server["times"].startswith("-") else server["times"]
        rows.append((server["title"], *words, " / ".join(under_load), times))
    head = ("0.5 s after SIGTERM", "idle connection", "new connection", "exit s, one idle client",
            "exit s under load, median / max", "its times")  # fmt: skip
    return _table(head, rows) if rows else ""


def _alone(probe: Mapping[str, Any]) -> str:
    return "killed" if probe["exit_s"] is None or probe["exit_code"] is None else f"{probe['exit_s']:.1f}"


def _skipped(document: Mapping[str, Any]) -> str:
    return "\n".join(
        f"Not measured: {one['server']}, {one['arrangement']}: {one['reason'].splitlines()[0]}"
        for one in document["skipped"]
    )


def _versions(document: Mapping[str, Any]) -> str:
    peers = (
        f"{server['title']} ({', '.join(f'{name} {version}' for name, version in server['versions'].items())})"
        for server in document["servers"]
        if server["versions"]
    )
    balancers = ", ".join(f"{name} {version}" for name, version in document["method"]["balancers"].items() if version)
    machine = document["machine"]
    return (
        f"Measured on {document['date'][:10]}, {machine['cores']} cores ({machine['processor']}), {machine['system']}, "
        f"kernel {machine['kernel']}, Python {machine['python']}; {balancers}; {'; '.join(peers)}."
    )


def _exits(line: Line) -> str:
    return "" if line["exit_max_s"] is None else f"{line['exit_median_s']:.1f}, at most {line['exit_max_s']:.1f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
