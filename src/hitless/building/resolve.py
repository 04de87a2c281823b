"""Requirements → wheels for a target, by uv: nothing is built, and nothing of this machine's Python leaks in."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from hitless.building.target import Target
from hitless.building.wheels import Wheel, WithoutWheelError, choose
from hitless.errors import InputError, Problem, UnavailableError

_LONGEST_S = 300.0
_NO_WHEEL = re.compile(
    r"(?:all versions of )?(\S+?)(?:==\S+)? has no (?:usable )?wheels|all versions of (\S+) have no usable wheels"
)


def resolve(
    requirements: Sequence[str], target: Target, *, folder: Path, leave_out: Sequence[str] = ()
) -> tuple[Wheel, ...]:
    """The newest versions that fit together; relative paths are of `folder`. InputError, UnavailableError.

    `leave_out`: packages to go without, whoever asks for them.
    """
    with tempfile.TemporaryDirectory(prefix="hitless-") as scratch:
        asked, pylock = Path(scratch) / "requirements.txt", Path(scratch) / "pylock.toml"
        asked.write_text("".join(f"{requirement}\n" for requirement in requirements), encoding="utf-8")
        done = _uv(asked, pylock, target, folder, leave_out)
        if done.returncode == 0:
            return choose(pylock.read_text(encoding="utf-8"), target)
    raise _failure(done.stderr, target)


def without_wheels(requirements: Sequence[str], target: Target, *, folder: Path) -> tuple[str, ...]:
    """The packages that have no wheel for the target: asked for, or needed by what has one. Errors as of `resolve`."""
    found: list[str] = []
    while True:
        try:
            resolve(requirements, target, folder=folder, leave_out=found)
        except WithoutWheelError as lacking:
            if set(lacking.names) <= set(found):
                raise
            found += lacking.names
        else:
            return tuple(sorted(found))


def _uv(
    asked: Path, pylock: Path, target: Target, folder: Path, leave_out: Sequence[str]
) -> subprocess.CompletedProcess[str]:
    from uv import find_uv_bin

    never = asked.with_name("overrides.txt")  # uv's way to exclude a package: a marker that is never true
    never.write_text("".join(f"{name} ; python_version < '0'\n" for name in leave_out), encoding="utf-8")
    command: list[str | Path] = [
        find_uv_bin(), "pip", "compile", "--format", "pylock.toml", "--output-file", pylock, "--quiet", "--no-header",
        "--only-binary", ":all:", "--python-version", ".".join(map(str, target.python)),
        "--python-platform", target.uv_platform, "--no-python-downloads", "--no-config", "--override", never, asked,
    ]  # fmt: skip
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=_LONGEST_S, check=False)
    except FileNotFoundError as error:
        raise UnavailableError("uv is not installed\n    pip install uv") from error
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"uv did not resolve the packages within {_LONGEST_S:g} s") from error


def _failure(said: str, target: Target) -> Exception:
    """What uv said, as a problem of the input or of the world."""
    text = re.sub(r"\s+", " ", said.replace("cause:", "")).strip()
    if "No solution found" not in said and "unsatisfiable" not in said and "Couldn't parse" not in said:
        return UnavailableError(f"the packages cannot be resolved: {text[:600]}")
    if found := _NO_WHEEL.search(text):
        return WithoutWheelError([canonicalize_name(found[1] or found[2])], target)
    remedy = "Correct it under [build] packages, or in the requirements file."
    return InputError([Problem("BUILD-3", f"the packages do not fit together: {text[:600]}", remedy, "hitless.toml")])
