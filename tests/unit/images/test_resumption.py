"""What is kept of an upload: whole, private, for one process at a time, and never in the way."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from hitless.images.registry.resumption import KeptUpload, Resumption, default_folder

KEY = ("r.example", "team/app", "sha256:" + 64 * "a")


def test_kept_found_forgotten(tmp_path: Path) -> None:
    with Resumption(tmp_path / "u", *KEY).claimed() as kept:
        assert kept.load() is None
        kept.keep("https://r.example/u?x=1", 100, 5)
        kept.keep("https://r.example/u?x=2", 200, 5)
    with Resumption(tmp_path / "u", *KEY).claimed() as kept:
        assert kept.load() == KeptUpload(*KEY, "https://r.example/u?x=2", 200, 5)
        kept.forget()
    assert list((tmp_path / "u").iterdir()) == []


def test_it_is_for_us_only(tmp_path: Path) -> None:
    with Resumption(tmp_path / "u", *KEY).claimed() as kept:
        kept.keep("https://r.example/u", 1, 0)
    (file,) = (tmp_path / "u").glob("*.json")
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "u").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("place", [0, 1, 2])
def test_other_blobs_have_their_own(tmp_path: Path, place: int) -> None:
    with Resumption(tmp_path, *KEY).claimed() as kept:
        kept.keep("https://r.example/u", 1, 0)
    other = [*KEY]
    other[place] += "b"
    with Resumption(tmp_path, *other).claimed() as kept:
        assert kept.load() is None


def test_of_two_at_a_time_one_has_it(tmp_path: Path) -> None:
    with Resumption(tmp_path, *KEY).claimed() as first:
        first.keep("https://r.example/u", 1, 0)
        with Resumption(tmp_path, *KEY).claimed() as second:
            assert second.load() is None
            second.keep("https://r.example/other", 2, 0)
            second.forget()
        assert first.load() == KeptUpload(*KEY, "https://r.example/u", 1, 0)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"{}", b"x" * 100_000])
def test_what_cannot_be_read_is_nothing(tmp_path: Path, content: bytes) -> None:
    with Resumption(tmp_path, *KEY).claimed() as kept:
        kept.keep("https://r.example/u", 1, 0)
        (file,) = tmp_path.glob("*.json")
        file.write_bytes(content)
        assert kept.load() is None


def test_a_file_of_another_blob_is_nothing(tmp_path: Path) -> None:
    with Resumption(tmp_path, *KEY).claimed() as kept:
        kept.keep("https://r.example/u", 1, 0)
        (file,) = tmp_path.glob("*.json")
        file.write_text(json.dumps({**json.loads(file.read_text()), "repository": "other"}))
        assert kept.load() is None


def test_old_ones_go(tmp_path: Path) -> None:
    with Resumption(tmp_path, *KEY).claimed() as kept:
        kept.keep("https://r.example/u", 1, 0)
    (file,) = tmp_path.glob("*.json")
    week_ago = time.time() - 8 * 24 * 3600
    os.utime(file, (week_ago, week_ago))
    with Resumption(tmp_path, "r.example", "team/other", KEY[2]).claimed():
        assert not file.exists()


def test_without_a_folder_it_keeps_nothing_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Resumption(tmp_path / "file" / "u", *KEY).claimed() as kept:
        kept.keep("https://r.example/u", 1, 0)
        assert kept.load() is None
        kept.forget()


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/hitless/uploads"),
        ({"HOME": "/h"}, "/h/.cache/hitless/uploads"),
        ({"XDG_CACHE_HOME": "not/absolute", "HOME": "/h"}, "/h/.cache/hitless/uploads"),
    ],
)
def test_where_it_is(environ: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert default_folder() == Path(folder)
