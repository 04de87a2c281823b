"""The pure pieces of looking: history, command lines, first bytes, what counts as a config.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hitless.building.keys import MARK
from hitless.checking.facts import base_layers
from hitless.checking.facts.asked import interpreter_of
from hitless.checking.facts.base_layers import count_of_base
from hitless.checking.facts.commands import scripts_of
from hitless.checking.facts.configs import assumed, is_config
from hitless.spec.config import parse
from hitless.spec.profiles import PROFILES

ADD: Mapping[str, Any] = {"created_by": "ADD file:1 in /"}
COPY: Mapping[str, Any] = {"created_by": "COPY . /app # buildkit"}
CMD: Mapping[str, Any] = {"created_by": 'CMD ["python3"]', "empty_layer": True}
OLD_CMD: Mapping[str, Any] = {"created_by": '/bin/sh -c #(nop)  CMD ["bash"]', "empty_layer": True}
ENV: Mapping[str, Any] = {"created_by": "ENV A=b", "empty_layer": True}
OURS: Mapping[str, Any] = {"created_by": "hitless build: package", "comment": f"{base_layers.OURS}abc:12"}

HISTORIES = [
    ("none", [], 0, 0),
    ("base alone", [ADD, CMD], 1, 0),
    ("a Dockerfile's", [ADD, OLD_CMD, ENV, COPY, COPY, CMD], 3, 1),
    ("base on a base", [ADD, OLD_CMD, COPY, CMD, COPY], 3, 2),
    ("without a CMD", [ADD, COPY], 2, 0),
    ("hitless", [ADD, OURS, OURS], 3, 1),
    ("other layers than history", [ADD, CMD, COPY], 5, 0),
]


@pytest.mark.parametrize(
    ("history", "layers", "base"), [row[1:] for row in HISTORIES], ids=[row[0] for row in HISTORIES]
)
def test_layers_of_the_base(history: list[Mapping[str, Any]], layers: int, base: int) -> None:
    assert count_of_base(history, layers) == base


def test_the_builders_mark_is_known() -> None:
    assert base_layers.OURS == MARK


COMMANDS = [
    ("the boot path", ["sh", "/home/run.sh"], ("/home/run.sh",)),
    ("options", ["/bin/bash", "-e", "-u", "x"], ("x",)),
    (
        "a text",
        ["sh", "-c", "trap 'x' TERM; . ./env.sh && exec /srv/start.sh --port 1 &"],
        ("./env.sh", "/srv/start.sh"),
    ),
    ("a shell in a text", ["/bin/sh", "-c", "bash /a/b"], ("/a/b",)),
    ("wrappers", ["tini", "--", "/start"], ("/start",)),
    ("env", ["/usr/bin/env", "bash", "x"], ("/usr/bin/env", "x")),
    ("python", ["python3", "-m", "hitless.serving", "/opt/package"], ()),
    ("an open quote", ["sh", "-c", "echo 'a; sh /x.sh"], ("/x.sh",)),
    ("nothing", [], ()),
    ("a NUL", ["sh", "a\0b"], ()),
]


@pytest.mark.parametrize(("command", "expected"), [row[1:] for row in COMMANDS], ids=[row[0] for row in COMMANDS])
def test_scripts_of_a_command(command: list[str], expected: tuple[str, ...]) -> None:
    assert scripts_of(command) == expected


def test_a_command_of_many_words_gives_few() -> None:
    assert len(scripts_of([f"{number}.sh" for number in range(1000)])) == 8


INTERPRETERS = [
    (b"#!/bin/sh\n", "/bin/sh"), (b"#! /bin/bash -eu\n", "/bin/bash"), (b"#!/usr/bin/env python3\nx", "python3"),
    (b"#!/usr/bin/env -S A=b node --x\n", "node"), (b"#!/bin/sh\r\n", "/bin/sh\r"), (b"echo\n", ""), (b"#!\n", ""),
    (b"", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), INTERPRETERS)
def test_interpreters(text: bytes, expected: str) -> None:
    assert interpreter_of(text) == expected


CONFIGS = [
    (b'{"model_algorithm": "a"}', True), (b'\xef\xbb\xbf{"apis": []}', True), (b'{"apis": [', True),
    ('{"apis": 1}'.encode("utf-16"), True), (b'{"model_type": "bert"}', False), (b'["apis"]', False), (b"", False),
    (b"[" * 100_000, False), (b"\xff\xfe\xff", False),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), CONFIGS, ids=range(len(CONFIGS)))
def test_what_counts_as_a_config(data: bytes, expected: bool) -> None:
    assert is_config(data) is expected


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_the_declared_example_is_right(profile: Any) -> None:
    reading = parse(assumed().text, profile=profile)
    assert reading.contract is not None
    assert [(api.method, api.url) for api in reading.contract.apis] == [("POST", "/")]
    assert reading.contract.health_urls == ("/health",)
