"""Looking at an image whose layers are listed: the same facts, and no layer is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from tests.specimens.images import Content, File, Link, program, specimen
from tests.unit.checking.static_parts import record_of
from tests.unit.images.listings_kept import Kept, unopened

from hitless.checking.events import Stage
from hitless.checking.facts.looking import Wishes
from hitless.checking.facts.seen import ConfigSeen, ImageSeen
from hitless.images.image import Image

BOOT = File(b"#!/bin/sh\nexec sleep 600\n", 0o755)
IMAGES: list[tuple[str, Mapping[str, Content], Sequence[str]]] = [
    ("as we build them", {"/home/run.sh": BOOT, "/usr/local/bin/tool": program()}, ["sh", "/home/run.sh"]),
    ("a link", {"/home/run.sh": Link("passwd"), "/home/passwd": BOOT}, ["sh", "/home/run.sh"]),
    ("no boot file", {}, ["python3"]),
]


@pytest.mark.parametrize(("files", "command"), [row[1:] for row in IMAGES], ids=[row[0] for row in IMAGES])
def test_the_same_facts_and_nothing_is_opened(files: Mapping[str, Content], command: Sequence[str]) -> None:
    image, known = specimen(files, command=command), Kept()
    expected = record_of(image).entries
    assert record_of(image, Wishes(listings=known)).entries == expected
    assert record_of(unopened(image), Wishes(listings=known)).entries == expected


OTHERS: list[tuple[str, Mapping[str, Content], Sequence[str]]] = [
    ("under another name", {"/home/run.sh": Link("start"), "/home/start": b"exec true\n"}, ["sh", "/home/run.sh"]),
    ("a script of another name", {"/srv/start": b"exec true\n"}, ["sh", "/srv/start"]),
    ("a program that is a script", {"/srv/start": File(b"#!/bin/sh\n" * 20, 0o755)}, ["/srv/start"]),
]


@pytest.mark.parametrize(("files", "command"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_what_no_listing_keeps_is_read(files: Mapping[str, Content], command: Sequence[str]) -> None:
    image, known = specimen(files, command=command), Kept()
    expected = record_of(image).entries
    for _ in range(2):
        assert record_of(image, Wishes(listings=known)).entries == expected


def unseen_of(image: Image) -> Mapping[Stage, str]:
    record = record_of(unopened(image), Wishes(unopened="they are far away"))
    assert record.first(ImageSeen) is not None
    assert record.first(ConfigSeen) is None
    return {stage: record.missing(stage) for stage in (Stage.IMAGE, Stage.FILES, Stage.CONFIG)}


def test_layers_that_are_not_to_be_opened() -> None:
    why = "they are far away"
    assert unseen_of(specimen()) == {Stage.IMAGE: "", Stage.FILES: why, Stage.CONFIG: why}
