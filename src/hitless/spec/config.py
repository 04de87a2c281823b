"""config.json ⇄ Contract. Reading reports every problem at once, with its place; writing loses no key.

Two strengths. Strict: every documented rule is an error. Tolerant (the default): what official samples get wrong, and
whatever has one plain meaning, is a warning and is understood as meant.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hitless.errors import InputError, Problem, Severity
from hitless.spec.contract import Contract
from hitless.spec.decoding import decode
from hitless.spec.findings import Findings
from hitless.spec.jsonfaults import FILE_UNREADABLE, NOT_JSON, Fault, too_large
from hitless.spec.jsontext import MAX_CHARACTERS, Document, read_json
from hitless.spec.profiles import DEFAULT, Profile
from hitless.spec.rules.apis import read_apis
from hitless.spec.rules.dependencies import read_dependencies
from hitless.spec.rules.metrics import read_metrics
from hitless.spec.rules.probes import note_missing_health, read_probes
from hitless.spec.rules.protocol import effective_protocol, read_protocol
from hitless.spec.rules.top import (
    CONFIG,
    STORED_KEYS,
    read_algorithm,
    read_location,
    read_port,
    read_runtime,
    read_type,
)
from hitless.spec.section import WRONG_TYPE, Section, type_name
from hitless.spec.writing import layout, to_json

MAX_BYTES = 4 * MAX_CHARACTERS  # a character has at most four bytes


@dataclass(frozen=True)
class Reading:
    """What came of reading a config.json. `contract` is None exactly when there are errors."""

    contract: Contract | None
    problems: tuple[Problem, ...]
    text: str = ""

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.WARNING)


def parse(text: str | bytes, *, file: str | None = None, profile: Profile = DEFAULT, strict: bool = False) -> Reading:
    """Reads the text of a config.json. Never raises, whatever the text; `file` is the name that problems carry."""
    document, faults = _document(text)
    findings = Findings(document, file, strict)
    for fault in (*faults, *document.faults):
        findings.add_at(fault.kind, fault.offset, fault.path, fault.message, fault.remedy)
    contract = None
    # With a bracket astray, keys end up in the wrong object: what the text means is not judged before that is mended.
    understood = document.parsed and all(fault.kind is not NOT_JSON for fault in document.faults)
    if understood and isinstance(document.value, dict):
        contract = _contract(Section(findings, document.value, (), CONFIG), profile)
    elif understood:
        message = f"config.json holds {type_name(document.value)}, and should hold an object"
        findings.add(WRONG_TYPE, (), message, 'Write {"model_algorithm": …, "model_type": …, "apis": […]}.')
    problems = tuple(sorted(findings.problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
    failed = any(problem.severity is Severity.ERROR for problem in problems)
    return Reading(None if failed else contract, problems, document.text)


def read(path: str | os.PathLike[str], *, profile: Profile = DEFAULT, strict: bool = False) -> Reading:
    """Reads a file. A missing file, a folder or a lack of permission is a problem of the reading, not an exception."""
    name = os.fspath(path)
    try:
        with Path(name).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        return Reading(None, (_unreadable(name, error),))
    return parse(data, file=name, profile=profile, strict=strict)


def load(path: str | os.PathLike[str], *, profile: Profile = DEFAULT, strict: bool = False) -> Contract:
    """The contract of a file. Raises InputError with all problems, the warnings too, when there is an error."""
    reading = read(path, profile=profile, strict=strict)
    if reading.contract is None:
        raise InputError(reading.problems)
    return reading.contract


def write(contract: Contract) -> str:
    """The text of a config.json, such that parse(write(contract)).contract == contract.

    Raises ValueError where the contract holds what JSON cannot (NaN, infinity).
    """
    return layout(to_json(contract)) + "\n"


def _document(text: str | bytes) -> tuple[Document, list[Fault]]:
    """The text as read, and the faults of its encoding."""
    if isinstance(text, str):
        return read_json(text), []
    if len(text) > MAX_BYTES:
        return Document("", None, parsed=False, faults=(too_large(MAX_CHARACTERS),)), []
    decoded, faults = decode(text)
    return read_json(decoded), faults


def _contract(top: Section, profile: Profile) -> Contract:
    algorithm = read_algorithm(top)
    model_type = read_type(top, profile)
    declared = read_protocol(top)
    apis = read_apis(top, model_type)
    protocol = effective_protocol(top, declared, apis, profile)
    probes = read_probes(top, profile, protocol)
    if model_type == "Image" and not probes:
        note_missing_health(top, profile)
    return Contract(
        model_algorithm=algorithm,
        model_type=model_type or "",
        runtime=read_runtime(top, model_type),
        swr_location=read_location(top, model_type),
        metrics=read_metrics(top),
        apis=apis,
        dependencies=read_dependencies(top, model_type),
        port=read_port(top, profile),
        protocol=protocol,
        extra=top.rest(quiet=STORED_KEYS),
        **probes,
    )


def _unreadable(name: str, error: OSError | ValueError) -> Problem:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    remedy = "Check the path and its permissions."
    inside = Path(name, "config.json")
    if isinstance(error, IsADirectoryError):
        reason, remedy = "it is a folder", f"Name the file: {inside}."
    elif isinstance(error, FileNotFoundError):
        remedy = "Check the path; `hitless config new model.py` drafts a config.json."
    return Problem(FILE_UNREADABLE.id, f"cannot read the file: {reason}", remedy, file=name)
