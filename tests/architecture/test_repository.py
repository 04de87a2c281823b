"""What must never be in the repository: addresses of package indexes, paths of somebody's machine, secrets.

The patterns are put together from pieces, so that this file does not hold what it forbids.
"""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

HOSTS = ("py" + "pi", "python" + "hosted", "npm" + "js", "crates" + "-io", "ana" + "conda")
INDEX = (
    r"(?:https?://|\b)(?:[\w.-]+\.)?(?:" + "|".join(HOSTS) + r")\.(?:org|com|io|cn|net)\b",
    r"--(?:extra-)?index" + r"-url",
    r"--trusted" + r"-host",
    r"--find" + r"-links",
    r"(?:PIP|UV)_(?:EXTRA_)?INDEX" + r"_URL",
    r"https?://[\w.:-]+/\S*\bsimple" + r"/",
)
FICTIONAL = "me|you|user|alice|bob"
PATHS = (
    r"(?<![\w.-])/ho" + rf"me/(?!(?:{FICTIONAL})/)[a-z][\w.-]*/",  # /home/run.sh is the specification's
    r"(?<![\w.-])/Us" + rf"ers/(?!(?:{FICTIONAL})/)\w+/",
    r"(?<![\w.-])/ro" + r"ot/",
    r"(?<![\w.~-])/wo" + r"rk/",
    r"(?<![\w.-])/tmp/(?:pytest-of|tmp[\w]{6,})",
)
SECRETS = (
    r"\bgh[opsu]" + r"_[A-Za-z0-9]{20,}",
    r"\bgithub" + r"_pat_\w{20,}",
    r"\bglpat" + r"-[\w-]{16,}",
    r"\bAK" + r"IA[0-9A-Z]{16}\b",
    r"\bhf" + r"_[A-Za-z0-9]{20,}",
    r"\bsk" + r"-(?:[a-z]+-)?[A-Za-z0-9_-]{24,}",
    r"\bxox" + r"[abpr]-[\w-]{10,}",
    r"\bpypi" + r"-Ag[A-Za-z0-9_-]{20,}",
    r"\beyJ" + r"[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
    "-----BEGIN (?:[A-Z]+ )?PRIVATE" + " KEY-----",
    r"https?://[^\s/:@\"'{}<>]+:[^\s/:@\"'{}<>]+@(?!h\b|h/)[\w.-]+\.\w",
)


def tracked() -> Iterator[Path]:
    """What is committed, or would be."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    for name in done.stdout.decode().split("\0"):
        if name and (REPOSITORY / name).is_file():
            yield REPOSITORY / name


@functools.cache
def texts() -> list[tuple[str, str]]:
    """Name and content of every file that is text."""
    contents = [(str(file.relative_to(REPOSITORY)), file.read_bytes()) for file in tracked()]
    return [(name, data.decode("utf-8", "replace")) for name, data in contents if b"\0" not in data[:8192]]


def found(patterns: tuple[str, ...], text: str) -> list[str]:
    return [match[0] for pattern in patterns for match in re.finditer(pattern, text)]


@pytest.mark.parametrize(
    "patterns",
    [pytest.param(INDEX, id="indexes"), pytest.param(PATHS, id="paths"), pytest.param(SECRETS, id="secrets")],
)
def test_nothing_forbidden_is_in_the_repository(patterns: tuple[str, ...]) -> None:
    places = [f"{name}: {match}" for name, text in texts() for match in found(patterns, text)]
    assert not places, "\n".join(places)


def test_the_path_of_this_checkout_is_nowhere() -> None:
    if len(REPOSITORY.parts) > 2:  # "/app/" may well be written somewhere
        assert [name for name, text in texts() if f"{REPOSITORY}/" in text] == []


@pytest.mark.parametrize(
    ("patterns", "text"),
    [
        pytest.param(INDEX, "https://" + "py" + "pi.org/simple", id="index"),
        pytest.param(INDEX, "files.python" + "hosted.org", id="host-of-files"),
        pytest.param(INDEX, "http://10.0.0.1:3141/me/simple" + "/", id="index-of-a-company"),
        pytest.param(INDEX, "pip install --index" + "-url x", id="option"),
        pytest.param(PATHS, 'open("/ho' + 'me/jane/x")', id="home"),
        pytest.param(PATHS, "cd /wo" + "rk/main", id="checkout"),
        pytest.param(PATHS, "/ro" + "ot/.cache", id="root"),
        pytest.param(SECRETS, "gh" + "p_" + "a1B2" * 9, id="token"),
        pytest.param(SECRETS, "-----BEGIN RSA PRIVATE" + " KEY-----", id="key"),
        pytest.param(SECRETS, "https://jane:geheim" + "@example.org/x", id="password"),
    ],
)
def test_what_is_forbidden_is_found(patterns: tuple[str, ...], text: str) -> None:
    assert found(patterns, text)


@pytest.mark.parametrize(
    "text",
    [
        "sh /home/run.sh",
        "/home/health.sh",
        "/home/me/x",
        "bench/results/x",
        "~/models/x",
        "sk-learn",
        "http://u:p@h/a",
        "homework/",
    ],
)
def test_what_is_allowed_is_not_found(text: str) -> None:
    assert found((*INDEX, *PATHS, *SECRETS), text) == []


# Pinned requirements


def pinned() -> list[Path]:
    return sorted((REPOSITORY / "requirements").glob("*.txt"))


def test_there_are_pinned_requirements() -> None:
    assert pinned()


@pytest.mark.parametrize("file", pinned(), ids=lambda file: file.name)
def test_every_requirement_has_hashes(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    requirements = [line for line in lines if line.strip() and not line.startswith("#")]
    assert requirements
    for line in requirements:
        assert re.match(r"[A-Za-z0-9][\w.-]*(?:\[[\w,-]+\])?==\S+ ", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", line), line
        assert "://" not in line
