"""`hitless build` ends with the static check: an image that does not conform goes nowhere."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.e2e.command_line import hitless
from tests.e2e.http import packages


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return packages.loading(tmp_path / "package")


def changed(package: Path, **fields: object) -> Path:
    file = package / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))
    return package


def build(package: Path, base: Path, cache: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return hitless("build", package, "--base", base, "--cache", cache, *arguments)


def test_a_good_package(package: Path, base: Path, cache: Path, tmp_path: Path) -> None:
    done = build(package, base, cache, "-o", tmp_path / "image")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nchecked: " in done.stdout
    assert "not decided" not in done.stdout
    assert " failed" not in done.stdout
    assert "not scanned for safety and not run" in done.stdout
    proven = hitless("check", tmp_path / "image", "--static", "--ignore", "HL4")
    assert " failed" not in proven.stdout


@pytest.mark.parametrize("name", ["image", "image.tar"])
def test_what_does_not_conform_goes_nowhere(name: str, package: Path, base: Path, cache: Path, tmp_path: Path) -> None:
    output = tmp_path / name
    other_port = changed(package, port=9000)
    done = build(other_port, base, cache, "-o", output, "--profile", "intl-2023")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ HL205" in done.stdout
    assert "9000" in done.stdout
    assert "1 failed" in done.stdout
    assert f"does not conform, and was not written to {output}; --no-check writes it" in done.stderr
    assert not output.exists()
    assert "written" not in done.stdout
    assert build(other_port, base, cache, "-o", output, "--profile", "2025-08").returncode == 0
    assert output.exists()


def test_a_layout_that_is_there_stays_as_it_is(package: Path, base: Path, cache: Path, tmp_path: Path) -> None:
    output = tmp_path / "image"
    assert build(package, base, cache, "-o", output).returncode == 0
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    done = build(changed(package, health=None), base, cache, "-o", output, "--profile", "intl-2023")
    assert (done.returncode, "✗ HL208" in done.stdout) == (1, True), done.stdout + done.stderr
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before
    anyway = build(package, base, cache, "-o", output, "--profile", "intl-2023", "--no-check")
    assert (anyway.returncode, "checked" in anyway.stdout) == (0, False), anyway.stderr
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} != before


def test_nothing_is_pushed_either(package: Path, base: Path, cache: Path) -> None:
    """To a port where nobody is: it is not asked."""
    done = build(
        changed(package, port=9000), base, cache, "--profile", "intl-2023", "-t", "127.0.0.1:9/a:v1", "--push",
        "--no-remote-reuse",
    )  # fmt: skip
    assert (done.returncode, "was not written to 127.0.0.1:9/a:v1" in done.stderr) == (1, True), done.stderr


def test_an_edition_that_there_is_not(package: Path, base: Path, cache: Path, tmp_path: Path) -> None:
    done = build(package, base, cache, "-o", tmp_path / "image", "--profile", "1999")
    assert (done.returncode, "CHK-9" in done.stderr) == (2, True), done.stderr
