"""Wheels chosen from what was resolved, and the lock file."""

from __future__ import annotations

import pytest

from hitless.building.target import Target
from hitless.building.wheels import Lock, Wheel, WithoutWheelError, choose, parse_lock
from hitless.errors import InputError
from hitless.images.manifest import Platform

TARGET = Target(Platform("amd64", "linux"), (3, 11), "glibc", (2, 36))
OTHER = Target(Platform("arm64", "linux"), (3, 11), "glibc", (2, 36))
A, B = "a" * 64, "b" * 64
NUMPY = Wheel("numpy", "2.4.6", "numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl", 17, A)


def locked(name: str, version: str, *wheels: tuple[str, str]) -> str:
    entries = ", ".join(
        f'{{ url = "https://host/{file}", size = 7, hashes = {{ sha256 = "{hash_}" }} }}' for file, hash_ in wheels
    )
    return f'[[packages]]\nname = "{name}"\nversion = "{version}"\nwheels = [{entries}]\n'


def test_the_best_wheel_of_each_package() -> None:
    text = locked(
        "Proto_Buf",
        "7.1",
        ("proto_buf-7.1-py3-none-any.whl", A),
        ("proto_buf-7.1-cp310-abi3-manylinux2014_x86_64.whl", B),
    ) + locked("attrs", "1", ("attrs-1-py3-none-any.whl", A))
    assert choose(text, TARGET) == (
        Wheel("attrs", "1", "attrs-1-py3-none-any.whl", 7, A),
        Wheel("proto-buf", "7.1", "proto_buf-7.1-cp310-abi3-manylinux2014_x86_64.whl", 7, B),
    )


def test_a_wheel_that_is_a_file_here() -> None:
    text = (
        '[[packages]]\nname = "own"\nversion = "1"\n'
        f'archive = {{ path = "wheels/own-1-py3-none-any.whl", hashes = {{ sha256 = "{A}" }} }}\n'
    )
    assert choose(text, TARGET) == (Wheel("own", "1", "own-1-py3-none-any.whl", 0, A),)


def test_every_package_without_a_wheel_is_named() -> None:
    text = (
        locked("one", "1", ("one-1-cp312-cp312-manylinux2014_x86_64.whl", A))
        + locked("two", "1", ("two-1-py3-none-any.whl", A))
        + locked("three", "1", ("no wheel at all", A))
        + '[[packages]]\nname = "four"\nversion = "1"\narchive = { path = "four-1.tar.gz" }\n'
    )
    with pytest.raises(WithoutWheelError) as refused:
        choose(text, TARGET)
    assert refused.value.names == ("one", "three", "four")
    assert [problem.id for problem in refused.value.problems] == ["BUILD-1"] * 3
    assert [problem.message.split()[0] for problem in refused.value.problems] == ["one", "three", "four"]
    assert "Three ways out" in refused.value.problems[0].remedy


def test_what_is_locked_is_found_again() -> None:
    lock = Lock({}).with_target(TARGET, "asked", [NUMPY]).with_target(OTHER, "asked", [])
    again = parse_lock(lock.text(), "hitless.lock")
    assert again == lock
    assert again.wheels(TARGET, "asked") == (NUMPY,)
    assert again.wheels(TARGET, "something else") is None
    assert again.wheels(Target(OTHER.platform, (3, 12), "glibc", (2, 36)), "asked") is None


def test_a_lock_names_no_address() -> None:
    assert (
        "://"
        not in Lock({})
        .with_target(TARGET, "asked", choose(locked("a", "1", ("a-1-py3-none-any.whl", A)), TARGET))
        .text()
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="no-json"),
        pytest.param('{"version":2,"targets":{}}', id="of-the-future"),
        pytest.param('{"targets":{"x":{"requirements":"","wheels":[["a"]]}}}', id="half-a-wheel"),
        pytest.param(
            '{"targets":{"x":{"requirements":"","wheels":[["a","1","../../a.whl",1,"' + A + '"]]}}}', id="a-path"
        ),
        pytest.param('{"targets":{"x":{"requirements":"","wheels":[["a","1","a.whl",1,"short"]]}}}', id="no-hash"),
    ],
)
def test_a_lock_that_is_none(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_lock(text, "hitless.lock")
    assert [(problem.id, problem.file) for problem in refused.value.problems] == [("BUILD-2", "hitless.lock")]
