"""The text of /home/run.sh. What it does under real shells: tests/property/building and tests/hitless."""

from __future__ import annotations

import pytest

from hitless.building.bootfile import BOOT_FILE, PACKAGE, PYTHON, boot_file
from hitless.spec.profiles import PROFILES, Profile


def assigned(text: str, name: str) -> str:
    """The right side of the first assignment to a variable."""
    [first, *_] = [line.removeprefix(f"{name}=") for line in text.split("\n") if line.startswith(f"{name}=")]
    return first


@pytest.mark.parametrize(
    ("path", "word"),
    [
        pytest.param("/opt/hitless/package", "/opt/hitless/package", id="plain"),
        pytest.param("/a b", "'/a b'", id="space"),
        pytest.param("/it's", """'/it'"'"'s'""", id="single-quote"),
        pytest.param('/say "hi"', """'/say "hi"'""", id="double-quotes"),
        pytest.param("/$HOME/$(id)/`id`", "'/$HOME/$(id)/`id`'", id="expansions"),
        pytest.param("/~/*?[a]", "'/~/*?[a]'", id="patterns"),
        pytest.param("/a\\nb\\", "'/a\\nb\\'", id="backslashes"),
        pytest.param("/a;b&c|d", "'/a;b&c|d'", id="operators"),
        pytest.param("/模型/é", "'/模型/é'", id="beyond-ascii"),
        pytest.param("/", "/", id="root"),
    ],
)
def test_paths_are_one_word_each(path: str, word: str) -> None:
    assert assigned(boot_file(python=path), "python") == word
    assert assigned(boot_file(package=path), "package") == word
    assert assigned(boot_file(package=path), "python") == PYTHON
    assert assigned(boot_file(python=path), "package") == PACKAGE


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        pytest.param("", "no absolute path", id="empty"),
        pytest.param("python3", "no absolute path", id="a-name-to-look-up"),
        pytest.param("./package", "no absolute path", id="relative"),
        pytest.param("/a\nb", "control characters", id="newline"),
        pytest.param("/a\r", "control characters", id="carriage-return"),
        pytest.param("/a\tb", "control characters", id="tab"),
        pytest.param("/a\0b", "control characters", id="nul"),
        pytest.param("/a\x1b[31m", "control characters", id="escape"),
        pytest.param("/a\x7f", "control characters", id="delete"),
        pytest.param("/a\udcff", "bytes that are no text", id="not-utf-8"),
    ],
)
def test_paths_that_are_refused(path: str, reason: str) -> None:
    for given in ({"python": path}, {"package": path}):
        with pytest.raises(ValueError, match=reason):
            boot_file(**given)


def test_the_file_is_a_script_for_any_sh() -> None:
    text = boot_file()
    assert text.startswith("#!/bin/sh\n"), "a platform may start it without `sh`; and no BOM"
    assert text.endswith('\nexec "$python" -P -m hitless.serving "$PWD" "$@"\n'), "no shell stays behind"
    assert "\r" not in text
    assert text.isascii()


def test_the_same_paths_give_the_same_file() -> None:
    assert boot_file() == boot_file(python=PYTHON, package=PACKAGE)


@pytest.mark.parametrize("profile", [p for p in PROFILES.values() if p.boot_command], ids=lambda p: p.name)
def test_it_lies_where_the_platform_looks(profile: Profile) -> None:
    assert profile.boot_command is not None
    assert profile.boot_command[-1] == BOOT_FILE
