"""`hitless config …`: check, show and draft a config.json. Reads and prints; what is right is decided in `spec`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hitless.cli.problems import counted, show_problems
from hitless.errors import InputError, Problem
from hitless.spec import config, profiles
from hitless.spec.config import Reading
from hitless.spec.contract import Api, Contract, Payload
from hitless.spec.drafting import FILE_EXISTS, UNREADABLE, Draft, draft
from hitless.spec.health import DEFAULT_TABLES, Probe
from hitless.spec.params import param_type, params
from hitless.spec.profiles import Profile

app = typer.Typer(
    help="Check, show and draft a config.json, the contract of a model package.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


T = TypeVar("T")


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


File = Annotated[Path, typer.Argument(metavar="FILE", help="The config.json to read.")]
Edition = Annotated[
    str,
    typer.Option(
        "--profile",
        metavar="NAME",
        help=f"Edition of the specification: {', '.join(profiles.PROFILES)}.",
    ),
]
ProbeTable = Annotated[
    str,
    typer.Option(
        "--probe-defaults",
        metavar="NAME",
        help="What fills in the seconds that a health check leaves out: console (5/12/12) or v2 (10/30/3).",
    ),
]
CHECK_HELP = """List every problem of a config.json, worst first, with its place and what to write instead.

Exit code 0: no errors (there may be warnings). 2: errors, or the file cannot be read.

\b
Examples:
  hitless config check config.json
  hitless config check config.json --strict          every rule counts
  hitless config check config.json --profile otc     another edition
  hitless config check config.json --format json     for programs
"""
SHOW_HELP = """Show the contract as it is understood: apis, health checks, port and protocol.

\b
Examples:
  hitless config show config.json
  hitless config show config.json --profile 2025-08
"""
NEW_HELP = """Draft a config.json from the type hints of the class in a model.py, without executing it.

A method is the api of its name and predict is /; a parameter hinted as bytes, Upload or a Pillow Image is a file,
and makes the request a form; a method without parameters is a GET.

\b
Examples:
  hitless config new model.py                        config.json beside it
  hitless config new model.py -o -                   prints it
  hitless config new model.py --force                overwrites the old one
"""


@app.command(help=CHECK_HELP, short_help="List every problem of a config.json.")
def check(
    file: File,
    profile: Edition = profiles.DEFAULT.name,
    strict: Annotated[bool, typer.Option("--strict", help="Documented rules are errors, not warnings.")] = False,
    probe_defaults: ProbeTable = "console",
    format_: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    edition = _edition(profile, probe_defaults)
    reading = config.read(file, profile=edition, strict=strict)
    if format_ is Format.JSON:
        sys.stdout.write(
            json.dumps(_as_json(reading, file, edition, strict=strict), ensure_ascii=False, indent=2) + "\n"
        )
    else:
        _show_check(reading, file, edition, strict=strict)
    if reading.errors:
        raise typer.Exit(InputError.exit_code)


@app.command(help=SHOW_HELP, short_help="Show the contract as it is understood.")
def show(file: File, profile: Edition = profiles.DEFAULT.name, probe_defaults: ProbeTable = "console") -> None:
    edition = _edition(profile, probe_defaults)
    reading = config.read(file, profile=edition)
    if reading.contract is None:
        raise _refused(reading.problems, reading.text)
    _show_contract(_console(), reading.contract, edition)
    if reading.warnings:
        _console().print(f"{counted(reading.warnings)}: hitless config check {file} lists them.", soft_wrap=True)


@app.command(help=NEW_HELP, short_help="Draft a config.json from the type hints of a model.py.")
def new(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="The model.py to read.")],
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write (beside MODEL); - prints.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file that is there.")] = False,
) -> None:
    try:
        drafted = draft(_source(model), file=str(model))
    except InputError as error:
        raise _refused(error.problems, _text(model)) from error
    text = config.write(drafted.contract)
    reading = config.parse(text, file="the draft")
    if reading.contract is None:
        raise _refused(reading.errors, text)
    if output == "-":
        sys.stdout.write(text)
    else:
        target = model.with_name("config.json") if output is None else Path(output)
        _write(target, text, force=force)
        _tell(drafted, target)
    show_problems(_console(stderr=True), drafted.notes, _text(model))


def _console(*, stderr: bool = False) -> Console:
    """Of a terminal's width; 120 columns elsewhere."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    return (
        console
        if console.is_terminal
        else Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=120)
    )


def _refused(problems: tuple[Problem, ...], text: str) -> typer.Exit:
    console = _console(stderr=True)
    show_problems(console, problems, text)
    return typer.Exit(InputError.exit_code)


def _edition(profile: str, probe_defaults: str) -> Profile:
    """The profile that the flags name; BadParameter (exit code 2) with the names there are."""
    return replace(
        _named(profiles.PROFILES, profile, "--profile"),
        probe_defaults=_named(DEFAULT_TABLES, probe_defaults, "--probe-defaults"),
    )


def _named(table: Mapping[str, T], name: str, flag: str) -> T:
    if name not in table:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(table)}.", param_hint=flag)
    return table[name]


def _as_json(reading: Reading, file: Path, profile: Profile, *, strict: bool) -> dict[str, Any]:
    probes = reading.contract.probes if reading.contract is not None else {}
    return {
        "file": str(file),
        "profile": profile.name,
        "strict": strict,
        "errors": len(reading.errors),
        "warnings": len(reading.warnings),
        "problems": [asdict(problem) for problem in (*reading.errors, *reading.warnings)],
        "worst_case_start_s": {key: probe.worst_case_start_s for key, probe in probes.items()},
    }


def _show_check(reading: Reading, file: Path, profile: Profile, *, strict: bool) -> None:
    console = _console()
    show_problems(console, reading.problems, reading.text)
    strength = "strict" if strict else "tolerant"
    console.print(f"{file}: {counted(reading.problems)} ({strength}, edition {profile.name})", soft_wrap=True)
    for key, probe in (reading.contract.probes if reading.contract is not None else {}).items():
        console.print(f"{key}: {_start_time(probe)}", soft_wrap=True)


def _start_time(probe: Probe) -> str:
    sum_ = f"{probe.initial_delay_s} + ({probe.failure_threshold} − 1) × {probe.period_s}"
    return f"the container has {probe.worst_case_start_s} s to start, at worst ({sum_})"


def _show_contract(console: Console, contract: Contract, profile: Profile) -> None:
    console.print(f"{contract.model_algorithm}, {contract.model_type}, edition {profile.name}", soft_wrap=True)
    console.print(f"{contract.protocol} on port {contract.port}\n")
    apis = [_api_row(contract, api) for api in contract.apis]
    probes = [_probe_row(key, probe) for key, probe in contract.probes.items()]
    _show_table(console, ("api", "request", "parameters", "response", "results"), apis)
    _show_table(console, ("probe", "asks", "delay", "period", "failures", "timeout", "worst-case start"), probes)
    for label, value in _remarks(contract):
        console.print(Text(f"{label}: {value}"), soft_wrap=True)


def _show_table(console: Console, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if not rows:
        return
    table = Table(*columns, box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for row in rows:
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    console.print(table)
    console.print()


def _api_row(contract: Contract, api: Api) -> tuple[str, ...]:
    request, response = (
        (payload.content_type if payload is not None else "–", _params(contract, api, payload))
        for payload in (api.request, api.response)
    )
    return (f"{api.method} {api.url}", *request, *response)


def _params(contract: Contract, api: Api, payload: Payload | None) -> str:
    """A line for each parameter, `?` behind those that may be left out; the type alone of what is no object."""
    schema = payload.schema if payload is not None else None
    if schema is None:
        return ""
    required = schema.get("required", [])
    lines = [
        f"{param.name}: {param.type}{'' if param.name in required or not required else '?'}"
        for param in params(contract, api, payload)
    ]
    return "\n".join(lines) or param_type(schema)


def _probe_row(key: str, probe: Probe) -> tuple[str, ...]:
    asks = f"{probe.protocol} {probe.url}" if probe.check_method == "HTTP" else f"runs {probe.command}"
    numbers = (
        f"{probe.initial_delay_s} s",
        f"{probe.period_s} s",
        str(probe.failure_threshold),
        f"{probe.timeout_s} s",
    )
    return (key, asks, *numbers, f"{probe.worst_case_start_s} s")


def _remarks(contract: Contract) -> list[tuple[str, str]]:
    packages = [
        f"{entry.installer}: {', '.join(package.specifier for package in entry.packages)}"
        for entry in contract.dependencies
    ]
    remarks = (
        ("runtime", contract.runtime),
        ("image", contract.swr_location),
        ("dependencies", "; ".join(packages)),
        ("metrics", ", ".join(f"{name} {value}" for name, value in contract.metrics.items())),
        ("kept as it is", ", ".join(contract.extra)),
    )
    return [(label, value) for label, value in remarks if value]


def _source(model: Path) -> bytes:
    try:
        return model.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        remedy = "Name the model.py of the package."
        raise InputError([Problem(UNREADABLE.id, f"cannot read the file: {reason}", remedy, str(model))]) from error


def _text(model: Path) -> str:
    try:
        return model.read_bytes().decode(errors="replace")
    except (OSError, ValueError):
        return ""


def _write(target: Path, text: str, *, force: bool) -> None:
    try:
        with target.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        problem = Problem(FILE_EXISTS.id, "the file is there already", "Add --force to overwrite it.", str(target))
        raise _refused((problem,), "") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        _console(stderr=True).print(f"cannot write {target}: {reason}", soft_wrap=True)
        raise typer.Exit(3) from error


def _tell(drafted: Draft, target: Path) -> None:
    console = _console(stderr=True)
    apis = ", ".join(f"{api.method} {api.url}" for api in drafted.contract.apis)
    console.print(f"Wrote {target}: {apis}, and a health check at /health.", soft_wrap=True)
    console.print("It says what the type hints say; fill in what they leave open.\n", soft_wrap=True)
