"""`hitless config …` as a user meets it: real processes, their output and exit codes."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.spec.samples import CUSTOM_IMAGE, IMAGE_WITH_HEALTH, laid

from hitless.spec.config import load
from hitless.spec.profiles import PROFILES

PROGRAM = [sys.executable, "-c", "from hitless.cli import main; main()", "config"]
BROKEN = """\
{
  "model_algorithm": "image_classification",
  "model_type": "Image",
  "apis": [
    {"url": "greet", "procotol": "http"}
  ]
}
"""
MODEL = """\
from typing import TypedDict


class Answer(TypedDict):
    mnist_result: int


class Model:
    def __init__(self, path): ...

    def predict(self, images: bytes) -> Answer:
        return {"mnist_result": 7}

    def greet(self, name: str, times=1) -> str:
        return f"Hello {name}! " * times
"""


def run(*arguments: str | Path, cwd: Path | None = None, columns: int = 80) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": str(columns), "NO_COLOR": "1"}
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        timeout=60,
        check=False,
    )


def config_file(folder: Path, text: str) -> Path:
    path = folder / "config.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_check_a_good_file(tmp_path: Path) -> None:
    config_file(tmp_path, json.dumps(IMAGE_WITH_HEALTH))
    done = run("check", "config.json", "--strict", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == (
        "config.json: no problems (strict, edition 2024-09)\n"
        "health: the container has 67 s to start, at worst (12 + (12 − 1) × 5)\n"
    )
    assert done.stderr == ""


def test_check_shows_place_line_and_remedy_worst_first(tmp_path: Path) -> None:
    config_file(tmp_path, BROKEN)
    done = run("check", "config.json", cwd=tmp_path)
    assert done.returncode == 2
    assert (
        done.stdout
        == """\
error CFG-402  config.json:5:13  $.apis[0].url
  5 │     {"url": "greet", "procotol": "http"}
    │             ^^^^^^^
  "greet" is no path
  → Write "/greet".

warning CFG-601  config.json:1:1  $
  1 │ {
    │ ^
  no health check: a hitless upgrade needs one (HEALTH-1)
  → Add "health": {"check_method": "HTTP", "url": "/health"}; hitless answers it.

warning CFG-203  config.json:5:22  $.apis[0].procotol
  5 │     {"url": "greet", "procotol": "http"}
    │                      ^^^^^^^^^^
  "procotol" is read as "protocol"
  → Write "protocol".

config.json: 1 error, 2 warnings (tolerant, edition 2024-09)
"""
    )


STRENGTHS = [([], 0), (["--strict"], 2), (["--profile", "otc"], 0), (["--profile", "otc", "--strict"], 2)]


@pytest.mark.parametrize(("flags", "code"), STRENGTHS, ids=[" ".join(flags) or "tolerant" for flags, _ in STRENGTHS])
def test_warnings_end_with_0_and_errors_with_2(tmp_path: Path, flags: list[str], code: int) -> None:
    path = config_file(tmp_path, json.dumps(CUSTOM_IMAGE))
    assert run("check", path, *flags).returncode == code


def test_check_for_programs(tmp_path: Path) -> None:
    path = config_file(tmp_path, BROKEN)
    done = run("check", path, "--format", "json", "--profile", "2025-08")
    assert done.returncode == 2
    report = json.loads(done.stdout)
    assert {key: report[key] for key in ("file", "profile", "strict", "errors", "warnings")} == {
        "file": str(path),
        "profile": "2025-08",
        "strict": False,
        "errors": 1,
        "warnings": 2,
    }
    assert report["problems"][0] == {
        "id": "CFG-402",
        "message": '"greet" is no path',
        "remedy": 'Write "/greet".',
        "file": str(path),
        "line": 5,
        "column": 13,
        "path": "$.apis[0].url",
        "severity": "error",
    }
    good = run("check", config_file(tmp_path, laid()), "--format", "json", "--probe-defaults", "v2")
    assert json.loads(good.stdout)["worst_case_start_s"] == {"health": 50}


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "binary": bytes(range(256)),
    "deep": b"[" * 200_000,
    "deep objects": b'{"a":' * 200_000,
    "50 MB": b" " * 50_000_000,
    "UTF-16": laid().encode("utf-16"),
    "terminal control": b'{"model_type": "\x1b]0;owned\x07", "\x1b[2J": 1}',
    "one long line": b'{"remark": "' + b"x" * 500_000 + b'", "port": 0}',
    "thousands of problems": json.dumps({f"k{number}": None for number in range(20_000)}).encode(),
    "lone surrogate": b'{"model_type": "\\ud800"}',
}


SHOWN = ("binary", "terminal control")  # `show` reads as `check` does; what it prints is its own


@pytest.mark.parametrize(
    ("command", "data"),
    [("check", data) for data in HOSTILE.values()] + [("show", HOSTILE[name]) for name in SHOWN],
    ids=[f"check {name}" for name in HOSTILE] + [f"show {name}" for name in SHOWN],
)
def test_a_hostile_file_ends_with_2_and_a_short_clear_list(tmp_path: Path, command: str, data: bytes) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(data)
    done = run(command, path)
    output = done.stdout + done.stderr
    assert done.returncode == 2
    assert "CFG-" in output
    assert "Traceback" not in output
    assert "\x1b" not in output
    assert len(output) < 50_000


@pytest.mark.parametrize("command", ["check", "show"])
@pytest.mark.parametrize("name", ["absent.json", ".", "config.json/x"])
def test_a_file_that_cannot_be_read_ends_with_2(tmp_path: Path, command: str, name: str) -> None:
    config_file(tmp_path, "{}")
    done = run(command, name, cwd=tmp_path)
    assert done.returncode == 2
    assert "error CFG-101" in done.stdout + done.stderr
    assert "→ " in done.stdout + done.stderr


def test_a_wrong_flag_ends_with_2_and_the_names_there_are(tmp_path: Path) -> None:
    done = run("check", config_file(tmp_path, laid()), "--profile", "2030", columns=200)
    assert done.returncode == 2
    assert "'2030' is none of 2024-09, intl-2023, otc, 2025-08, custom-engine." in done.stderr


def test_show(tmp_path: Path) -> None:
    config_file(tmp_path, json.dumps(CUSTOM_IMAGE | {"health": {"url": "/health"}, "model_source": "custom"}))
    done = run("show", "config.json", cwd=tmp_path)
    assert done.returncode == 0
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines == [
        "image_classification, Image, edition 2024-09",
        "http on port 8080",
        "",
        "api      request               parameters     response           results",
        "POST /   multipart/form-data   images: file   application/json   predicted_label: string",
        "                                                                 scores: array",
        "",
        "probe    asks           delay   period   failures   timeout   worst-case start",
        "health   http /health   12 s    5 s      12         30 s      67 s",
        "",
        "kept as it is: model_source",
        "1 warning: hitless config check config.json lists them.",
    ]


def test_new_drafts_a_config_that_is_good(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")
    done = run("new", "model.py", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == ""
    assert "Wrote config.json: POST /, POST /greet, and a health check at /health." in done.stderr
    assert "warning CFG-904  model.py:14:32" in done.stderr
    contract = load(tmp_path / "config.json", strict=True)
    assert [(api.url, api.method) for api in contract.apis] == [("/", "POST"), ("/greet", "POST")]
    assert contract.probes["health"].worst_case_start_s == 67
    assert run("check", "config.json", "--strict", cwd=tmp_path).returncode == 0


BIND = """\
from pathlib import Path
from hitless.serving.endpoints import bind
from hitless.serving.package import load_model, read_package
package = read_package(Path())
print(*(endpoint.name for endpoint in bind(package.contract, load_model(package))), sep=", ")
"""


def test_the_server_finds_every_api_of_a_draft(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")
    assert run("new", "model.py", cwd=tmp_path).returncode == 0
    bound = subprocess.run([sys.executable, "-c", BIND], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (bound.stdout, bound.stderr) == ("POST /, POST /greet\n", "")


def test_new_does_not_overwrite_without_being_told(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")
    path = config_file(tmp_path, "mine")
    done = run("new", tmp_path / "model.py")
    assert (done.returncode, path.read_text(encoding="utf-8")) == (2, "mine")
    assert "Add --force to overwrite it." in done.stderr
    assert run("new", tmp_path / "model.py", "--force").returncode == 0
    assert load(path).model_type == "Image"


def test_new_writes_where_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")
    printed = run("new", tmp_path / "model.py", "-o", "-")
    assert printed.returncode == 0
    assert run("new", tmp_path / "model.py", "-o", tmp_path / "draft.json").returncode == 0
    assert (tmp_path / "draft.json").read_text(encoding="utf-8") == printed.stdout
    assert not (tmp_path / "config.json").exists()
    nowhere = run("new", tmp_path / "model.py", "-o", tmp_path / "absent" / "draft.json")
    assert nowhere.returncode == 3
    assert "cannot write" in nowhere.stderr


MODELS: dict[str, tuple[bytes, str]] = {
    "syntax": (b"class Model:\n    def predict(self:\n", "error CFG-901  model.py:2:16"),
    "no class": (b"x = 1\n", "there is no class Model"),
    "binary": (b"\x00\x01\x02", "no Python"),
    "a url that is no path": (b'class Model:\n    @api("/a b")\n    def greet(self): ...', '"/a b" is no path'),
}


@pytest.mark.parametrize(("source", "message"), MODELS.values(), ids=MODELS)
def test_new_from_what_cannot_be_drafted_from(tmp_path: Path, source: bytes, message: str) -> None:
    (tmp_path / "model.py").write_bytes(source)
    done = run("new", "model.py", cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "config.json").exists()


@pytest.mark.parametrize("name", ["absent.py", "."])
def test_new_from_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    done = run("new", name, cwd=tmp_path)
    assert done.returncode == 2
    assert "cannot read the file" in done.stderr


@pytest.mark.parametrize("command", [[], ["check"], ["show"], ["new"]], ids=lambda command: " ".join(command) or "all")
def test_help(command: list[str]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    assert "Usage: hitless config" in done.stdout
    assert not command or f"hitless config {command[0]} " in done.stdout.partition("Examples:")[2]


def test_the_guide_shows_what_really_happens(tmp_path: Path, repository: Path) -> None:
    """Its Python block is model.py, its JSON block broken.json; each console block is run and compared."""
    guide = (repository / "docs/guides/config.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", guide, flags=re.MULTILINE | re.DOTALL)
    assert all(f"`{name}`" in guide for name in PROFILES)
    assert [language for language, _ in blocks] == ["python", "console", "console", "json", "console"]
    for language, text in blocks:
        if language == "python":
            (tmp_path / "model.py").write_text(text, encoding="utf-8")
        elif language == "json":
            (tmp_path / "broken.json").write_text(text, encoding="utf-8")
        else:
            command, _, expected = text.partition("\n")
            done = run(*shlex.split(command.removeprefix("$ hitless config")), cwd=tmp_path)
            shown = "\n".join(line.rstrip() for line in (done.stdout + done.stderr).strip().splitlines())
            assert shown == expected.strip()
