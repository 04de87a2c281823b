"""What of a package goes into the image, and into which layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitless.building.contents import contents_of
from hitless.building.hashing import FileHashes
from hitless.building.recipe import Recipe
from hitless.errors import InputError

PLAIN = Recipe()
PREFIX = "opt/hitless/package/"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    for name, size in {
        "config.json": 10, "model.py": 10, "model.onnx": 40_000, "small.onnx": 10, "data/words.txt": 50_000,
        "data/deep/net.pt": 99_999, "notes/today.md": 5, "hitless.toml": 5, "hitless.lock": 5, "Dockerfile": 5,
        ".git/HEAD": 5, ".env": 5, "__pycache__/model.cpython-311.pyc": 5, "data/__pycache__/x.pyc": 5,
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes(size))
    (folder / "run").write_bytes(b"#!")
    (folder / "run").chmod(0o700)
    return folder


def names(package: Path, recipe: Recipe = PLAIN) -> tuple[list[str], list[str]]:
    contents = contents_of(package, recipe, FileHashes(package.parent / "hashes"))
    weights = [entry.path.removeprefix(PREFIX) for entry in contents.weights.entries]
    return weights, [entry.path.removeprefix(PREFIX) for entry in contents.code.entries]


def test_weights_lie_apart_and_what_nobody_needs_is_left_out(package: Path) -> None:
    weights, code = names(package)
    assert weights == ["data/deep/net.pt", "model.onnx"]
    assert code == ["config.json", "data/words.txt", "hitless.toml", "model.py", "notes/today.md", "run", "small.onnx"]


@pytest.mark.parametrize(
    ("left_out", "gone"),
    [
        pytest.param(("notes",), {"notes/today.md"}, id="a-folder"),
        pytest.param(("notes/",), {"notes/today.md"}, id="a-folder-with-its-slash"),
        pytest.param(("notes/*",), {"notes/today.md"}, id="what-is-in-it"),
        pytest.param(("*.txt",), {"data/words.txt"}, id="by-its-ending-anywhere"),
        pytest.param(("words.txt",), {"data/words.txt"}, id="by-name-anywhere"),
        pytest.param(("data/words.txt", "model.py"), {"data/words.txt", "model.py"}, id="by-path"),
    ],
)
def test_patterns(package: Path, left_out: tuple[str, ...], gone: set[str]) -> None:
    assert set(names(package)[1]) - set(names(package, Recipe(leave_out=left_out))[1]) == gone


@pytest.mark.parametrize(
    "installed",
    [
        pytest.param(["./wheels/own-1-py3-none-any.whl"], id="as-it-is-written"),
        pytest.param(["wheels/../wheels/own-1-py3-none-any.whl"], id="with-a-detour"),
    ],
)
def test_wheels_that_are_installed_are_not_there_twice(package: Path, installed: list[str]) -> None:
    (package / "wheels").mkdir()
    for name in ("own-1-py3-none-any.whl", "spare-1-py3-none-any.whl"):
        (package / "wheels" / name).write_bytes(b"PK")
    contents = contents_of(package, PLAIN, FileHashes(package.parent / "hashes"), installed=installed)
    found = {entry.path.removeprefix(PREFIX) for entry in contents.code.entries}
    assert {name for name in found if name.startswith("wheels/")} == {"wheels/spare-1-py3-none-any.whl"}


def test_modes_come_from_the_executable_bit_only(package: Path) -> None:
    contents = contents_of(package, Recipe(), FileHashes(package.parent / "hashes"))
    modes = {entry.path.removeprefix(PREFIX): entry.mode for entry in contents.code.entries}
    assert modes["run"] == 0o755
    assert {mode for name, mode in modes.items() if name != "run"} == {0o644}


def test_the_inputs_decide(package: Path) -> None:
    hashes = FileHashes(package.parent / "hashes")
    before = contents_of(package, Recipe(), hashes).code.inputs
    assert before == contents_of(package, Recipe(), FileHashes(package.parent / "none")).code.inputs
    (package / "model.py").write_bytes(b"x" * 10)
    after = contents_of(package, Recipe(), hashes).code.inputs
    assert [one[0] for one, two in zip(before, after, strict=True) if one != two] == [f"{PREFIX}model.py"]


def test_links_inside_are_followed_and_others_refused(package: Path) -> None:
    (package / "again.py").symlink_to("model.py")
    assert "again.py" in names(package)[1]
    (package / "secret").symlink_to("/etc/passwd")
    (package / "broken").symlink_to("nowhere-at-all")
    with pytest.raises(InputError) as refused:
        names(package)
    assert [problem.id for problem in refused.value.problems] == ["BUILD-20", "BUILD-20"]
