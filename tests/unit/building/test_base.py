"""What a base must offer: told from its files, all that is lacking at once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hitless.building.base import BaseFacts, check_batch
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
