"""Compiled rules that were kept find the same, and are taken only if they are ours and whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hitless.checking.scanning import compiled
from hitless.checking.scanning.engine import engine_version

yara_x = pytest.importorskip("yara_x")

TEXTS = {
    "a.yar": 'rule one { strings: $a = "needle" condition: $a and not quiet }',
    "b.yar": "rule two { condition: quiet }",
}
GLOBALS = {"quiet": False}


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "hitless" / "rules"


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One for each time that rules were really compiled."""
    made: list[object] = []
    really = compiled._compile

    def counted(texts: Mapping[str, str], globals_: Mapping[str, bool]) -> Any:
        made.append(texts)
        return really(texts, globals_)

    monkeypatch.setattr(compiled, "_compile", counted)
    return made


def found(text: bytes = b"a needle", version: str = "1") -> list[tuple[str, str]]:
    rules = compiled.compiled(TEXTS, GLOBALS, version)
    return [(rule.namespace, rule.identifier) for rule in yara_x.Scanner(rules).scan(text).matching_rules]


def test_they_are_compiled_once(compilations: list[object], kept: Path) -> None:
    assert [found(), found(), found()] == [[("a.yar", "one")]] * 3
    assert found(b"hay") == []
    assert (len(compilations), len(list(kept.iterdir()))) == (1, 1)


def test_others_have_a_place_of_their_own(compilations: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    assert (found(), found(version="2")) == ([("a.yar", "one")],) * 2
    monkeypatch.setitem(TEXTS, "b.yar", "rule three { condition: true }")
    assert found() == [("a.yar", "one"), ("b.yar", "three")]
    monkeypatch.setitem(GLOBALS, "quiet", True)
    assert found() == [("b.yar", "three")]
    assert len(compilations) == 4


def cut_off(place: Path) -> None:
    place.write_bytes(place.read_bytes()[:-1])


def changed(place: Path) -> None:
    data = bytearray(place.read_bytes())
    data[len(data) // 2] ^= 1
    place.write_bytes(data)


def emptied(place: Path) -> None:
    place.write_bytes(b"")


def open_to_others(place: Path) -> None:
    place.chmod(0o666)


def of_somebody_else(place: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a file away")
    os.chown(place, 1000, 1000)


@pytest.mark.parametrize("harm", [cut_off, changed, emptied, open_to_others, of_somebody_else])
def test_what_is_not_ours_and_whole_is_made_again(
    harm: Callable[[Path], None], compilations: list[object], kept: Path
) -> None:
    found()
    (place,) = kept.iterdir()
    harm(place)
    assert [found(), found()] == [[("a.yar", "one")]] * 2
    assert len(compilations) == 2


def test_the_place_is_a_folder(compilations: list[object], kept: Path) -> None:
    found()
    (place,) = kept.iterdir()
    place.unlink()
    place.mkdir()
    assert found() == [("a.yar", "one")]
    assert len(compilations) == 2


@pytest.mark.parametrize("why", ["no version", "no home", "no room"])
def test_where_nothing_can_be_kept(
    why: str, compilations: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why == "no room":
        (tmp_path / "hitless").write_text("")
    elif why == "no home":
        monkeypatch.setenv("XDG_CACHE_HOME", "")
        monkeypatch.setenv("HOME", "nowhere")
    version = "" if why == "no version" else "1"
    assert [found(version=version), found(version=version)] == [[("a.yar", "one")]] * 2
    assert len(compilations) == 2


def test_the_version_is_the_installed_one() -> None:
    from importlib.metadata import version

    assert engine_version() == version("yara-x")
