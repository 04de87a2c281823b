"""The reference pages say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from hitless.cli.build_reference import settings_page
from hitless.cli.reference import options_page


def test_the_page_of_options_is_the_one_that_the_code_makes(repository: Path) -> None:
    committed = (repository / "docs/reference/options.md").read_text(encoding="utf-8")
    assert committed == options_page(), "run: python -m hitless.cli.reference > docs/reference/options.md"


def test_every_problem_of_packages_and_options_is_explained(repository: Path) -> None:
    files = [file for part in ("serving", "cli") for file in (repository / "src/hitless" / part).glob("*.py")]
    sources = "".join(file.read_text(encoding="utf-8") for file in files)
    raised = set(re.findall(r'"((?:PKG|BIND|OPT|TLS|ONNX|CALL|INIT)-\d+)"', sources))
    page = (repository / "docs/reference/package-problems.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| ((?:[A-Z]+)-\d+) \|", page, re.MULTILINE))
    assert raised == explained


def test_the_page_of_build_settings_is_the_one_that_the_code_makes(repository: Path) -> None:
    committed = (repository / "docs/reference/build-settings.md").read_text(encoding="utf-8")
    assert committed == settings_page(), "run: python -m hitless.cli.build_reference > docs/reference/build-settings.md"


def test_every_problem_of_images_is_explained(repository: Path) -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in (repository / "src/hitless").rglob("*.py"))
    raised = set(re.findall(r'"((?:BUILD|BASE|IMG|REG|ENG)-\d+)"', sources))
    page = (repository / "docs/reference/image-problems.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| ([A-Z]+-\d+) \|", page, re.MULTILINE)
    assert raised == set(explained)
    assert len(explained) == len(raised)


def test_every_problem_of_a_command_is_on_some_page(repository: Path) -> None:
    """Whatever its family: one that is new has no page of its own, and would be missed above."""
    parts = ("images", "engines", "building", "checking", "cli")
    files = [file for part in parts for file in (repository / "src/hitless" / part).rglob("*.py")]
    sources = "".join(file.read_text(encoding="utf-8") for file in files)
    raised = set(re.findall(r'(?:Problem|Error)\(\s*"([A-Z]+-\d+)"', sources))
    pages = "".join(page.read_text(encoding="utf-8") for page in (repository / "docs/reference").glob("*.md"))
    explained = set(re.findall(r"^\| `?([A-Z]+-\d+)`? \|", pages, re.MULTILINE))
    assert {"IMG-6", "ENG-1", "BUILD-30", "CHK-1"} <= raised
    assert sorted(raised - explained) == []
