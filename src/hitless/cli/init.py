"""`hitless init`: a new package that serves at once, copied from a template."""

from __future__ import annotations

import shlex
import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hitless.errors import InputError, Problem, UnavailableError

TEMPLATES = Path(__file__).parent / "templates"
_SHOWN = 5


class Template(StrEnum):
    """The folders of `templates/`."""

    JSON = "json"
    IMAGE = "image"
    ONNX = "onnx"
    STREAM = "stream"


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make; an empty one may be there.")],
    template: Annotated[Template, typer.Option("--template", "-t", help="What to start from.")] = Template.JSON,
) -> None:
    """Make a model package that serves at once, to be changed into yours.

    \b
    Templates:
      json     numbers in and out, in pure Python: batches, two apis
      image    a picture in; needs Pillow
      onnx     a network and no code; needs onnxruntime
      stream   an answer that comes piece by piece, as events

    \b
    Examples:
      hitless init my-model
      hitless init my-model --template image
    """
    _refuse_unless_empty(folder)
    try:
        shutil.copytree(TEMPLATES / template, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    except (OSError, shutil.Error) as error:
        raise UnavailableError(f"cannot write into {folder}: {error}") from error
    _tell(folder)


def _refuse_unless_empty(folder: Path) -> None:
    remedy = "Choose another name, or empty it first: nothing is ever overwritten."
    try:
        there = sorted(file.name for file in folder.iterdir()) if folder.exists() else []
    except NotADirectoryError:
        raise InputError([Problem("INIT-1", f"{folder} is a file", remedy)]) from None
    except OSError as error:
        message = f"{folder} cannot be looked into: {error.strerror}"
        raise InputError([Problem("INIT-1", message, "Choose another name.")]) from None
    if there:
        more = ", …" if len(there) > _SHOWN else ""
        raise InputError([Problem("INIT-1", f"{folder} is not empty: {', '.join(there[:_SHOWN])}{more}", remedy)])


def _tell(folder: Path) -> None:
    name = shlex.quote(str(folder))
    print(f"Made {folder}: {', '.join(sorted(file.name for file in folder.iterdir()))}.\n")
    rows = (("serve", "the server, and a page to try it out"), ("predict", "one request, without a server"))
    for verb, meaning in rows:
        print(f"  hitless {verb} {name}".ljust(len(name) + 21) + meaning)
    print(f"\n{folder}/README.md says what is what.")
