"""Every option of the server, declared once: field, default, unit, help. Decides values and where each came from.

Order of precedence: flag, environment (`HITLESS_…`), `hitless.toml` ([serve]), default. Nothing is read at import.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from hitless.errors import InputError, Problem

QUIET = -1.0  # as `linger_s`: at most two thirds of the deadline, less if no requests come


def _option(default: Any, text: str, **meta: Any) -> Any:
    return field(default=default, metadata={"help": text, **meta})


@dataclass(frozen=True)
class Options:
    """The resolved options of one server. Times are in seconds, sizes in bytes."""

    host: str = _option("", "address to bind; empty: all IPv4 and IPv6 addresses (API-2)", metavar="ADDRESS")
    port: int = _option(-1, "port to bind; -1: the contract's; 0: any free one", low=-1, high=65535)
    reuse_port: bool = _option(False, "share the port with other servers on this machine (SO_REUSEPORT)")
    workers: int = _option(0, "worker processes; 0: as many as the container's CPU quota allows", low=0, high=1024)
    threads: int = _option(1, "threads for slow models, in each worker", low=1, high=256)
    placement: str = _option(
        "auto",
        "where models run: in the event loop, in a thread, or chosen by time",
        choices=("auto", "loop", "thread"),
    )
    linger_s: float = _option(
        60.0,
        "after SIGTERM: time during which everything is still accepted (EXIT-2); quiet: until no requests come",
        low=0,
        words={"quiet": QUIET},
    )
    quiet_s: float = _option(5.0, "with --linger quiet: leave once no request has come for so long", low=0.5)
    deadline_s: float = _option(90.0, "after SIGTERM: time by which the server has left (EXIT-4)", low=0.1)
    lingering_health: str = _option("fail", "what the health check says while lingering", choices=("fail", "pass"))
    keep_alive_s: float = _option(210.0, "idle time after which a connection is closed (KEEP-1: 200)", low=0.1)
    head_timeout_s: float = _option(20.0, "time for a request's line and headers to arrive, else 408", low=0.1)
    body_timeout_s: float = _option(30.0, "time for a body to arrive, plus 1 s per 1 000 bytes, else 408", low=0.1)
    request_timeout_s: float = _option(60.0, "time from a request to its answer, else 504", low=0.1)
    send_timeout_s: float = _option(60.0, "time that a client may take to read more of an answer", low=0.1)
    max_body_bytes: int = _option(12_582_912, "largest request body, else 413 (the platform's 12 MB)", low=0, size=True)
    max_line_bytes: int = _option(16_384, "longest request line, else 414", low=64, size=True)
    max_head_bytes: int = _option(65_536, "largest head of a request, else 431", low=64, size=True)
    max_headers: int = _option(100, "most headers of a request, else 431", low=1)
    max_queue: int = _option(1024, "most requests that wait for the model, in each worker, else 503", low=1)
    max_connections: int = _option(10_000, "most open connections, in each worker", low=1)
    max_buffered_bytes: int = _option(
        536_870_912, "most bytes of bodies under way, in each worker, else 503", low=65_536, size=True
    )
    stall_timeout_s: float = _option(120.0, "a worker whose loop stands still for longer is replaced", low=1)
    validation: bool = _option(True, "check request bodies against the contract's schema (422)")
    metrics: bool = _option(True, "serve /metrics")
    openapi: bool = _option(True, "serve /openapi.json")
    playground: bool = _option(False, "serve the page to try the model, /playground")
    access_log: bool = _option(False, "log every request")
    traffic_log_s: float = _option(1.0, "while requests come, log their number so often; 0: never", low=0)
    log_format: str = _option("auto", "auto: text on a terminal, else json", choices=("auto", "text", "json"))
    log_level: str = _option("info", "least level that is logged", choices=("debug", "info", "warning", "error"))
    tls_cert: str = _option("", "PEM certificate for https; empty: a self-signed one made at start", metavar="FILE")
    tls_key: str = _option("", "PEM key of the certificate", metavar="FILE")
    reload: bool = _option(False, "load the package anew when one of its files changes (for development)")

    @property
    def ends_when_quiet(self) -> bool:
        """Whether the linger may end before its time."""
        return self.linger_s == QUIET

    @property
    def longest_linger_s(self) -> float:
        """The end of the linger at the latest: 60 s of the 90 that EXIT-4 allows, where it is "quiet"."""
        return self.deadline_s * 2 / 3 if self.ends_when_quiet else self.linger_s


@dataclass(frozen=True)
class Spec:
    """One option as users see it: `--linger SECONDS`, `HITLESS_LINGER`, `linger = 60`."""

    attribute: str
    name: str
    default: Any
    meta: Mapping[str, Any]

    @property
    def flag(self) -> str:
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        return "HITLESS_" + self.name.upper().replace("-", "_")

    @property
    def metavar(self) -> str:
        if self.attribute.endswith("_s"):
            return "|".join(["SECONDS", *self.meta.get("words", ())])
        return str(self.meta.get("metavar", "SIZE" if self.meta.get("size") else "N"))


def _name_of(attribute: str) -> str:
    return re.sub(r"_(s|bytes)$", "", attribute).replace("_", "-")


SPECS: tuple[Spec, ...] = tuple(Spec(f.name, _name_of(f.name), f.default, f.metadata) for f in fields(Options))

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def _parse(spec: Spec, value: Any) -> Any:
    """A value of an option from text or from TOML; ValueError with a sentence about what would be right."""
    text = str(value).strip()
    if isinstance(spec.default, bool):
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise ValueError("write true or false")
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ValueError("write a text or a number")
    if isinstance(spec.default, str):
        if spec.meta.get("choices") and text not in spec.meta["choices"]:
            raise ValueError("write one of " + ", ".join(spec.meta["choices"]))
        return text
    if text in spec.meta.get("words", {}):
        return spec.meta["words"][text]
    return _within(spec, _number(spec, text))


def _number(spec: Spec, text: str) -> int | float:
    if spec.meta.get("size"):
        match = re.fullmatch(r"(\d+)\s*([kmg]i?)?b?", text.lower())
        if not match:
            raise ValueError("write a size such as 12000000, 12MB or 8MiB")
        return int(match[1]) * _UNITS[match[2] or ""]
    try:
        return type(spec.default)(text) if isinstance(spec.default, int) else float(text)
    except ValueError:
        raise ValueError("write a whole number" if isinstance(spec.default, int) else "write a number") from None


def _within(spec: Spec, number: int | float) -> int | float:
    low, high = spec.meta["low"], spec.meta.get("high", 10**12)
    if not low <= number <= high:  # false for NaN as well
        raise ValueError(f"write a number of at least {low}" + (f", at most {high}" if "high" in spec.meta else ""))
    return number


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Every option as a flag; a flag that is not given is absent from the parsed namespace."""
    for spec in SPECS:
        default = (
            ""
            if spec.default in ("", 0)
            else f" [{spec.default:g}]"
            if isinstance(spec.default, float)
            else f" [{spec.default}]"
        )
        if isinstance(spec.default, bool):
            default = " [on]" if spec.default else " [off]"
            parser.add_argument(
                spec.flag, dest=spec.attribute, action=argparse.BooleanOptionalAction,
                default=argparse.SUPPRESS, help=spec.meta["help"] + default,
            )  # fmt: skip
        else:
            metavar = "|".join(spec.meta["choices"]) if "choices" in spec.meta else spec.metavar
            parser.add_argument(
                spec.flag, dest=spec.attribute, default=argparse.SUPPRESS,
                metavar=metavar, help=(spec.meta["help"] + default).replace("%", "%%"),
            )  # fmt: skip


@dataclass(frozen=True)
class Resolved:
    options: Options
    origins: Mapping[str, str]  # attribute → where its value came from


def resolve(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    table: Mapping[str, Any],
    *,
    table_file: str = "hitless.toml",
    defaults: Mapping[str, Any] | None = None,
) -> Resolved:
    """The value of every option and its origin. InputError names every bad value and every unknown key at once."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    problems: list[Problem] = _unknown_keys(table, table_file)
    for spec in SPECS:
        sources = (
            (flags, spec.attribute, f"flag {spec.flag}", None),
            (environ, spec.variable, f"environment {spec.variable}", None),
            (table, spec.name, table_file, f"serve.{spec.name}"),
            (defaults or {}, spec.attribute, "hitless serve", None),
        )
        for source, key, origin, path in sources:
            if key in source and not (source is environ and _of_kubernetes(source[key])):
                origins[spec.attribute] = origin
                try:
                    values[spec.attribute] = _parse(spec, source[key])
                except ValueError as error:
                    message = f"{origin}: {source[key]!r} is no value for {spec.name}"
                    problems.append(Problem("OPT-1", message, f"{error}.", path=path))
                break
        else:
            origins[spec.attribute] = "default"
    if not problems:
        problems += _contradictions(values)
    if problems:
        raise InputError(problems)
    return Resolved(Options(**values), origins)


def _of_kubernetes(value: str) -> bool:
    """A Service named "hitless" gives every container HITLESS_PORT=tcp://10.0.0.1:80."""
    return value.startswith("tcp://")


def _unknown_keys(table: Mapping[str, Any], table_file: str) -> list[Problem]:
    known = {spec.name for spec in SPECS}
    return [
        Problem("OPT-2", f"there is no option {key!r}", _nearest(key, known), table_file, path=f"serve.{key}")
        for key in table
        if key not in known
    ]


def _nearest(key: str, known: set[str]) -> str:
    import difflib

    close = difflib.get_close_matches(key, known, 1)
    return f"Did you mean {close[0]}?" if close else "`hitless serve --explain` lists every option."


def _contradictions(values: Mapping[str, Any]) -> list[Problem]:
    linger = values.get("linger_s", Options.linger_s)
    deadline = values.get("deadline_s", Options.deadline_s)
    problems = []
    if linger >= deadline:
        message = f"the linger ({linger:g} s) does not end before the deadline ({deadline:g} s)"
        problems.append(
            Problem("OPT-3", message, "Choose --linger smaller than --deadline; EXIT-2 and EXIT-4 say 60 and 90.")
        )
    if bool(values.get("tls_cert")) != bool(values.get("tls_key")):
        problems.append(Problem("OPT-4", "a certificate without its key, or a key without its certificate",
                                "Give both --tls-cert and --tls-key, or neither."))  # fmt: skip
    return problems


def explain(resolved: Resolved) -> Sequence[tuple[str, str, str, str]]:
    """Rows (option, value, origin, help) of `--explain`."""
    return [
        (spec.name, _shown(spec, resolved.options), resolved.origins[spec.attribute], spec.meta["help"])
        for spec in SPECS
    ]


def _shown(spec: Spec, options: Options) -> str:
    value = getattr(options, spec.attribute)
    words = {number: word for word, number in spec.meta.get("words", {}).items()}
    return str(words.get(value, value))
