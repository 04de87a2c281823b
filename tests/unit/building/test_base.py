"""What a base must offer: told from its files, all that is lacking at once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hitless.building import base
from hitless.building.base import BaseFacts, as_json, check_batch, from_json
from hitless.building.system_packages import Distribution, SystemPackage
from hitless.building.target import Target
from hitless.errors import InputError
from hitless.images.manifest import Platform

TARGET = Target(Platform("amd64", "linux"), (3, 11), "glibc", (2, 36))


def with_tools(*names: str) -> BaseFacts:
    tools: Mapping[str, str] = {name: f"/usr/bin/{name}" for name in names}
    return BaseFacts(TARGET, "/usr/bin/python3", tools=tools)


def test_a_base_for_batch_services() -> None:
    check_batch(with_tools("sh", "java", "zip", "unzip"), "the base")


@pytest.mark.parametrize(
    ("tools", "lacking"),
    [
        pytest.param(("sh",), "java, zip, unzip", id="nothing"),
        pytest.param(("sh", "zip", "unzip"), "java", id="no-java"),
        pytest.param(("sh", "java", "unzip"), "zip", id="no-zip"),
        pytest.param(("sh", "java", "zip"), "unzip", id="no-unzip"),
    ],
)
def test_what_a_batch_service_would_lack_is_named(tools: tuple[str, ...], lacking: str) -> None:
    with pytest.raises(InputError) as refused:
        check_batch(with_tools(*tools), "the layout base")
    (problem,) = refused.value.problems
    assert problem.id == "BUILD-7"
    assert f"needs {lacking}, and the layout base has none" in problem.message
    assert "hitless base make --batch" in problem.remedy
    assert (problem.file, problem.path) == ("hitless.toml", "build.batch")


FULL = BaseFacts(
    TARGET, "/usr/bin/python3", "root:x:0:0::/:\n", "root:x:0:\n", "Debian GNU/Linux 12", {"sh": "/bin/sh"},
    Distribution("debian", "12"), (SystemPackage("libc6", "2.36", "amd64", "deb"),), ("opt/hitless-wheels/a-1-x.whl",),
)  # fmt: skip


@pytest.mark.parametrize("facts", [FULL, with_tools("sh")], ids=["full", "bare"])
def test_facts_are_kept(facts: BaseFacts) -> None:
    assert facts.target.tags  # what has been worked out from them is not kept
    assert from_json(as_json(facts)) == facts


@pytest.mark.parametrize("data", [b"", b"[]", b'{"revision": 3}', b"\xff", as_json(FULL)[:-9]])
def test_what_is_no_facts(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        from_json(data)


def test_facts_of_another_revision_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = as_json(FULL)
    monkeypatch.setattr(base, "REVISION", base.REVISION + 1)
    with pytest.raises(ValueError, match="another revision"):
        from_json(kept)
