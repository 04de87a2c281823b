"""A model.py → a draft of its contract, from the syntax of the model's class. The file is never imported or executed.

The conventions are those of the server: the class `Model`, or the only class with public methods; a method is the api
of its name, `predict` is `/`, and `@api("/path", method="GET")` says otherwise; a method without parameters is a GET;
one with a file among its parameters takes a form; a generator streams events.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from hitless.errors import InputError, Problem, Severity
from hitless.spec.contract import Contract
from hitless.spec.health import Probe
from hitless.spec.hints import Classes, last_name
from hitless.spec.kinds import Kind, Weight
from hitless.spec.methods import Function, MethodDraft

MAX_BYTES = 4_194_304
NOT_SERVED = ("close", "warmup", "forward")  # public by custom, but no endpoints
NO_METHODS = {"property", "cached_property", "setter", "getter", "deleter"}

UNREADABLE = Kind(
    "CFG-901",
    Weight.REFUSED,
    "the model's code cannot be read",
    "`hitless config new` reads the syntax of a Python file, without executing it.",
)
NO_CLASS = Kind(
    "CFG-902",
    Weight.REFUSED,
    "no class to draft from",
    "It wants one class named Model, or one class alone that has public methods.",
)
TWO_METHODS = Kind(
    "CFG-903",
    Weight.REFUSED,
    "two methods for one url",
    "A request could go to either.",
)
NO_HINT = Kind(
    "CFG-904",
    Weight.ADVICE,
    "a parameter without a type hint",
    "The draft then says that it may be anything, so nothing about it is checked and no form field fits it.",
)
FILE_EXISTS = Kind(
    "CFG-905",
    Weight.REFUSED,
    "the file to write is there already",
    "A draft does not replace what somebody has written, unless --force says so.",
)


@dataclass(frozen=True)
class Draft:
    """A contract, and what its reader should look at."""

    contract: Contract
    notes: tuple[Problem, ...] = ()


def draft(source: bytes, *, file: str = "model.py") -> Draft:
    """The draft for the source of a model.py. Raises InputError when there is nothing to draft from."""
    tree = _parsed(source, file)
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    model = _model_class(tree, file)
    lineage = _lineage(model, classes)
    own = {method.name: method for part in reversed(lineage) for method in _methods(part)}
    methods = [MethodDraft(method, lineage, classes) for method in own.values()]
    if not methods:
        remedy = "Write a method for each api: def predict(self, images: bytes) -> dict."
        raise InputError([_problem(NO_CLASS, model, file, f"{model.name} has no public method", remedy)])
    _check_distinct(methods, file)
    contract = Contract(
        model_algorithm=_algorithm(methods),
        model_type="Image",
        apis=tuple(method.api() for method in methods),
        health=Probe(),
    )
    return Draft(contract, tuple(note for method in methods for note in _notes(method, file)))


def _parsed(source: bytes, file: str) -> ast.Module:
    if len(source) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1_048_576} MiB"
        raise InputError([Problem(UNREADABLE.id, message, "Is this the model's Python code?", file)])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python says about the style of a user's code is not our subject
            return ast.parse(source)
    except SyntaxError as error:
        message, place = f"no Python: {error.msg}", (file, error.lineno, error.offset)
        raise InputError([Problem(UNREADABLE.id, message, "Mend the syntax there.", *place)]) from error
    except (ValueError, RecursionError, MemoryError) as error:
        message = f"no Python that can be read: {error or type(error).__name__}"
        raise InputError([Problem(UNREADABLE.id, message, "Is this the model's Python code?", file)]) from error


def _model_class(tree: ast.Module, file: str) -> ast.ClassDef:
    own = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    named = [node for node in own if node.name == "Model"]
    serving = named[-1:] or [node for node in own if any(_methods(node)) and not _is_exception(node)]
    if len(serving) == 1:
        return serving[0]
    found = ", ".join(node.name for node in serving) or "none"
    remedy = "Name the class with the methods to serve Model."
    raise InputError([Problem(NO_CLASS.id, f"there is no class Model (classes with methods: {found})", remedy, file)])


def _is_exception(node: ast.ClassDef) -> bool:
    return any(last_name(base).endswith(("Exception", "Error")) for base in node.bases)


def _lineage(model: ast.ClassDef, classes: Classes) -> list[ast.ClassDef]:
    """The class and those of its bases that stand in the same file."""
    lineage: list[ast.ClassDef] = []
    waiting = [model]
    while waiting:
        node = waiting.pop(0)
        if node not in lineage:
            lineage.append(node)
            waiting += [classes[name] for name in map(last_name, node.bases) if name in classes]
    return lineage


def _methods(model: ast.ClassDef) -> Iterator[Function]:
    for node in model.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            kinds = {last_name(decorator) for decorator in node.decorator_list}
            if node.name not in NOT_SERVED and not kinds & NO_METHODS:
                yield node


def _check_distinct(methods: list[MethodDraft], file: str) -> None:
    first: dict[tuple[str, str], MethodDraft] = {}
    problems = []
    for draft in methods:
        before = first.setdefault((draft.url, draft.verb), draft)
        if before is not draft:
            message = f"{draft.method.name} and {before.method.name} are both {draft.verb} {draft.url}"
            remedy = 'Rename one, give it @api("/another"), or begin its name with _ if it is not to be served.'
            problems.append(_problem(TWO_METHODS, draft.method, file, message, remedy))
    if problems:
        raise InputError(problems)


def _notes(draft: MethodDraft, file: str) -> Iterator[Problem]:
    for parameter in draft.parameters:
        if parameter.annotation is None:
            message = f"{draft.method.name}: nothing says what {parameter.arg} is"
            remedy = f"Add a type hint, {parameter.arg}: bytes for a file, or describe it in the draft."
            yield _problem(NO_HINT, parameter, file, message, remedy, severity=Severity.WARNING)


def _algorithm(methods: list[MethodDraft]) -> str:
    """One of the usual values, by what the parameters of the methods with files are called."""
    names = [parameter.arg for draft in methods if draft.has_file for parameter in draft.parameters]
    pictures = any(re.search("image|picture|photo|img", name) for name in names)
    return "image_classification" if pictures else "predict_analysis"


def _problem(
    kind: Kind,
    node: ast.stmt | ast.arg,
    file: str,
    message: str,
    remedy: str,
    *,
    severity: Severity = Severity.ERROR,
) -> Problem:
    return Problem(kind.id, message, remedy, file, node.lineno, node.col_offset + 1, severity=severity)
