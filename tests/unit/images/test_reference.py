"""Names of images, as docker takes them."""

from __future__ import annotations

import pytest

from hitless.images.faults import ImageError
from hitless.images.reference import Reference, parse_reference

D = "sha256:" + "a" * 64

NAMES = [
    ("python", Reference("docker.io", "library/python", "latest")),
    ("python:3.11-slim", Reference("docker.io", "library/python", "3.11-slim")),
    ("team/app", Reference("docker.io", "team/app", "latest")),
    ("docker.io/python", Reference("docker.io", "library/python", "latest")),
    ("localhost/app", Reference("localhost", "app", "latest")),
    ("localhost:5000/app:v1", Reference("localhost:5000", "app", "v1")),
    ("127.0.0.1:5000/team/app:v1", Reference("127.0.0.1:5000", "team/app", "v1")),
    ("[::1]:5000/app", Reference("[::1]:5000", "app", "latest")),
    ("host.example/a/b/c:V_1.2-x", Reference("host.example", "a/b/c", "V_1.2-x")),
    (f"host.example/app@{D}", Reference("host.example", "app", "", D)),
    (f"host.example/app:v1@{D}", Reference("host.example", "app", "v1", D)),
    ("host.example/a__b/c-d/e.f", Reference("host.example", "a__b/c-d/e.f", "latest")),
    (f"host.example/app:{'t' * 128}", Reference("host.example", "app", "t" * 128)),
]


@pytest.mark.parametrize(("text", "reference"), NAMES, ids=[row[0][:40] for row in NAMES])
def test_what_is_a_name(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference
    assert parse_reference(str(reference)) == reference


WRONG = [
    ("", "no repository"),
    ("App", "no repository"),
    ("host.example/", "no repository"),
    ("host.example/a//b", "no repository"),
    ("host.example/../a", "no repository"),
    ("host.example/a b", "no repository"),
    ("host.example/" + "a" * 256, "no repository"),
    ("app:", "no tag"),
    ("app:-x", "no tag"),
    ("app:" + "t" * 129, "no tag"),
    ("app@sha256:abc", "no sha256 digest"),
    ("app@", "no sha256 digest"),
    ("-host.example/a", "no host"),
    ("host.example:x/a", "no host"),
    ("app\n", "no repository"),
]


@pytest.mark.parametrize(("text", "reason"), WRONG, ids=[repr(row[0][:20]) for row in WRONG])
def test_what_is_none(text: str, reason: str) -> None:
    with pytest.raises(ImageError, match=reason) as caught:
        parse_reference(text)
    assert caught.value.problems[0].id == "IMG-3"


def test_the_digest_counts() -> None:
    reference = parse_reference("host.example/app:v1")
    assert (reference.version, reference.at(D).version) == ("v1", D)
    assert str(reference.at(D)) == f"host.example/app:v1@{D}"
