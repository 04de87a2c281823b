"""How a command ends: whatever it returned or raised → a message on standard error and the exit code.

The codes are those of the architecture, section 8. 130 after Ctrl-C, and 141 for a reader that went
away, are what shells know.
"""

from __future__ import annotations

import os
import platform
import shlex
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path

from hitless import __version__
from hitless.errors import HitlessError, InputError, Problem

INTERRUPTED, READER_GONE, OUR_FAULT = 130, 141, 70
_LARGEST_SOURCE = 4_000_000  # bytes; a larger file is not shown


def end(command: Callable[[], int | None]) -> int:
    """Run a command; the exit code of the process."""
    try:
        code = _code_of(command)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still buffered goes nowhere
        return READER_GONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except HitlessError as error:
        _tell(error)
        return error.exit_code
    except Exception:
        traceback.print_exc()
        print(_how_to_report(), file=sys.stderr)
        return OUR_FAULT
    return code


def _code_of(command: Callable[[], int | None]) -> int:
    try:
        return command() or 0
    except SystemExit as leaving:
        if isinstance(leaving.code, str):
            print(leaving.code, file=sys.stderr)
            return 1
        return leaving.code or 0


def _tell(error: HitlessError) -> None:
    if not isinstance(error, InputError):
        print(f"hitless: {error}", file=sys.stderr)
        return
    from rich.console import Console

    from hitless.cli.problems import show_problems

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    for text, problems in _by_source(error.problems):
        show_problems(console, problems, text)


def _by_source(problems: Iterable[Problem]) -> Iterator[tuple[str, list[Problem]]]:
    """The problems in their order, with the text of the file that their places point into."""
    for file, group in groupby(problems, lambda problem: problem.file):
        yield _text(file), list(group)


def _text(file: str | None) -> str:
    try:
        if file is None or not Path(file).is_file() or Path(file).stat().st_size > _LARGEST_SOURCE:
            return ""  # a device may be without an end
        return Path(file).read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return ""


def _how_to_report() -> str:
    return (
        "\nThis is a mistake in hitless, not in what you gave it. "
        "Please report it to the project, with the lines above and these:\n"
        f"  {shlex.join(['hitless', *sys.argv[1:]])}\n"
        f"  hitless {__version__}, Python {platform.python_version()}, {platform.platform()}"
    )
