"""A virtual environment for each peer, made on demand from its pinned requirements with uv, or venv and pip."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

VENVS = Path(__file__).parents[1] / ".venvs"
LIST_VERSIONS = (
    "import importlib.metadata as m, json, platform;"
    "print(json.dumps({'python': platform.python_version()} | {d.name: d.version for d in m.distributions()}))"
)


class EnvironmentFailedError(Exception):
    """It could not be made; the text ends with the last lines of the log."""


@dataclass(frozen=True)
class Environment:
    python: Path

    @property
    def bin(self) -> Path:
        return self.python.parent

    def versions(self) -> dict[str, str]:
        """Of Python and of every package."""
        listing = subprocess.run([self.python, "-c", LIST_VERSIONS], check=True, capture_output=True, text=True)
        versions: dict[str, str] = json.loads(listing.stdout)
        return dict(sorted(versions.items(), key=lambda item: item[0].lower()))


def own() -> Environment:
    """The one that runs the benchmark, with hitless in it."""
    return Environment(Path(sys.executable))


def ready(name: str, requirements: Path, report: Callable[[str], None]) -> Environment:
    """The environment of that name, made or remade when the requirements are not those it was made from."""
    folder = VENVS / name
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = folder / "made-from"
    if not stamp.is_file() or stamp.read_text() != digest:
        shutil.rmtree(folder, ignore_errors=True)
        VENVS.mkdir(exist_ok=True)
        for step in steps(folder, requirements, shutil.which("uv")):
            _run(step, VENVS / f"{name}.log", lambda line: report(f"{name}: {line}"))
        stamp.write_text(digest)
    return Environment(folder / "bin" / "python")


def steps(folder: Path, requirements: Path, uv: str | None) -> list[list[str]]:
    """The commands that make it. Bytecode is compiled at once, so that no start time counts its making."""
    python = str(folder / "bin" / "python")
    if uv:
        return [
            [uv, "venv", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--compile-bytecode", "--python", python, "-r", str(requirements)],
        ]
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [python, "-m", "pip", "install", "--disable-pip-version-check", "-r", str(requirements)],
    ]


def _run(command: list[str], log: Path, report: Callable[[str], None]) -> None:
    lines: list[str] = []
    with (
        log.open("w") as sink,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process,
    ):
        for line in process.stdout or ():
            sink.write(line)
            lines.append(line.rstrip())
            report(line.strip()[:100])
    if process.returncode:
        raise EnvironmentFailedError(f"{' '.join(command)} ended with {process.returncode}\n" + "\n".join(lines[-8:]))
