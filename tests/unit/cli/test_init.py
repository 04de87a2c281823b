"""`hitless init`: which folders it takes, what it puts there."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitless.cli.init import TEMPLATES, Template, init
from hitless.errors import InputError, UnavailableError


def refused(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        init(folder)
    [problem] = caught.value.problems
    assert problem.id == "INIT-1"
    return problem.message


@pytest.mark.parametrize("template", list(Template))
def test_a_package_is_the_template(tmp_path: Path, template: Template) -> None:
    init(tmp_path / "deep" / "new", template)
    made, source = ({file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
                    for folder in (tmp_path / "deep" / "new", TEMPLATES / template))  # fmt: skip
    assert made == source
    assert {"README.md", "config.json", "hitless.toml"} <= set(made)


def test_every_template_is_offered() -> None:
    assert sorted(folder.name for folder in TEMPLATES.iterdir()) == sorted(Template)


def test_what_was_imported_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "templates" / "json" / "__pycache__").mkdir(parents=True)
    (tmp_path / "templates" / "json" / "model.py").touch()
    monkeypatch.setattr("hitless.cli.init.TEMPLATES", tmp_path / "templates")
    init(tmp_path / "new")
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["model.py"]


def test_what_comes_next_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    init(Path("my model"))
    assert capsys.readouterr().out == (
        "Made my model: README.md, config.json, hitless.toml, model.py, weights.json.\n\n"
        "  hitless serve 'my model'     the server, and a page to try it out\n"
        "  hitless predict 'my model'   one request, without a server\n\n"
        "my model/README.md says what is what.\n"
    )


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    init(tmp_path)
    assert (tmp_path / "model.py").is_file()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".hidden").touch()
    assert refused(tmp_path) == f"{tmp_path} is not empty: .hidden"
    for number in range(7):
        (tmp_path / str(number)).touch()
    assert refused(tmp_path) == f"{tmp_path} is not empty: .hidden, 0, 1, 2, 3, …"
    assert not (tmp_path / "model.py").exists()


def test_a_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert refused(tmp_path / "file") == f"{tmp_path / 'file'} is a file"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises((InputError, UnavailableError)):
        init(tmp_path / "file" / "new")
