"""Manifests, indexes and configurations: read with their bytes kept, written one way only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.images.samples import AMD64

from hitless.images.configuration import empty, parse_configuration
from hitless.images.faults import ImageError
from hitless.images.manifest import (
    MOST_MANIFEST_BYTES,
    Descriptor,
    Index,
    Manifest,
    Platform,
    canonical,
    make_index,
    make_manifest,
    parse_manifest,
)
from hitless.images.media import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    Compression,
    compression_of,
    layer_type,
)

D = "sha256:" + "a" * 64
CONFIG = Descriptor(OCI_CONFIG, D, 10)


def test_made_and_read_again() -> None:
    layers = (Descriptor(OCI_LAYER, D, 7, {"k": "v"}),)
    manifest = make_manifest(OCI_MANIFEST, CONFIG, layers, {"z": "1", "a": "ü"})
    again = parse_manifest(manifest.data, "", "it")
    assert again == manifest
    assert (manifest.descriptor.size, manifest.descriptor.digest) == (len(manifest.data), manifest.digest)
    index = make_index(OCI_INDEX, (Descriptor(OCI_MANIFEST, D, 3, {}, Platform("arm64", "linux", "v8")),), {"a": "b"})
    assert parse_manifest(index.data, "", "it") == index


def test_the_bytes_are_pinned() -> None:
    assert make_manifest(OCI_MANIFEST, CONFIG, (), {}).data == (
        b'{"config":{"digest":"' + D.encode() + b'","mediaType":"application/vnd.oci.image.config.v1+json","size":10},'
        b'"layers":[],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}'
    )


def test_unknown_keys_keep_the_digest() -> None:
    value = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": {"mediaType": OCI_CONFIG, "digest": D, "size": 1,
             "urls": []}, "layers": [], "subject": {"x": 1}, "artifactType": "y"}  # fmt: skip
    data = json.dumps(value, indent=3).encode()
    read = parse_manifest(data, "", "it")
    assert read.data == data
    assert isinstance(read, Manifest)
    assert read.config.size == 1


KINDS = [
    ("told by the bytes", {"mediaType": DOCKER_MANIFEST, "config": None}, OCI_MANIFEST, DOCKER_MANIFEST),
    ("told by the source", {"config": None}, DOCKER_MANIFEST, DOCKER_MANIFEST),
    ("told by nobody", {"config": None}, "", OCI_MANIFEST),
    ("an index by nobody", {"manifests": []}, "", OCI_INDEX),
    ("docker's list", {"manifests": []}, DOCKER_LIST, DOCKER_LIST),
]


@pytest.mark.parametrize(("value", "told", "kind"), [row[1:] for row in KINDS], ids=[row[0] for row in KINDS])
def test_kinds(value: dict[str, Any], told: str, kind: str) -> None:
    if "config" in value:
        value = {**value, "config": {"mediaType": OCI_CONFIG, "digest": D, "size": 1}, "layers": []}
    read = parse_manifest(canonical({"schemaVersion": 2, **value}), told, "it")
    assert read.media_type == kind
    assert isinstance(read, Index) == ("manifests" in value)


WRONG = [
    ("no JSON", b"{", "truncated"),
    ("a list", b"[]", "Expected `object`"),
    ("no UTF-8", b'{"mediaType":"\xff"}', "codec can't decode"),
    ("deep", b"[" * 100_000, "cannot be read"),
    ("schema 1", b'{"schemaVersion":1}', "schema version 1"),
    ("no config", b'{"schemaVersion":2}', "missing required field `config`"),
    ("no digest", canonical({"config": {"mediaType": "", "digest": "../x", "size": 1}, "layers": []}), "is no digest"),
    ("negative", canonical({"config": {"mediaType": "", "digest": D, "size": -1}, "layers": []}), "size of -1"),
    ("a type of its own", b'{"mediaType":"text/plain"}', "media type is 'text/plain'"),
    ("too large", b" " * (MOST_MANIFEST_BYTES + 1), "larger than registries take"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "reason"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_none(data: bytes, reason: str) -> None:
    with pytest.raises(ImageError) as caught:
        parse_manifest(data, "", "the thing")
    assert reason in str(caught.value)
    assert "the thing" in str(caught.value)


PLATFORMS = [
    ("linux/amd64", "linux/amd64", True),
    ("linux/arm64", "linux/arm64/v8", True),
    ("linux/arm64/v8", "linux/arm64", True),
    ("linux/arm/v7", "linux/arm", True),
    ("linux/arm", "linux/arm/v7", False),
    ("linux/amd64", "linux/arm64", False),
    ("windows/amd64", "linux/amd64", False),
]


@pytest.mark.parametrize(("there", "wanted", "fits"), PLATFORMS, ids=[f"{a} for {b}" for a, b, _ in PLATFORMS])
def test_platforms(there: str, wanted: str, fits: bool) -> None:
    assert Platform.parse(there).fits(Platform.parse(wanted)) is fits
    assert str(Platform.parse(there)) == there


@pytest.mark.parametrize("text", ["linux", "", "linux/", "a/b/c/d"])
def test_what_is_no_platform(text: str) -> None:
    with pytest.raises(ImageError, match="linux/amd64"):
        Platform.parse(text)


TYPES = [
    ("application/vnd.oci.image.layer.v1.tar", Compression.NONE),
    ("application/vnd.oci.image.layer.v1.tar+gzip", Compression.GZIP),
    ("application/vnd.oci.image.layer.v1.tar+zstd", Compression.ZSTD),
    ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", Compression.GZIP),
    ("application/vnd.docker.image.rootfs.diff.tar", Compression.NONE),
    ("application/vnd.docker.image.rootfs.diff.tar.gzip", Compression.GZIP),
    ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Compression.GZIP),
    ("application/vnd.oci.image.layer.v1.tar+xz", None),
    ("application/json", None),
    ("", None),
]


@pytest.mark.parametrize(("media_type", "compression"), TYPES, ids=[row[0] or "empty" for row in TYPES])
def test_types_of_layers(media_type: str, compression: Compression | None) -> None:
    assert compression_of(media_type) is compression


@pytest.mark.parametrize("docker", [False, True], ids=["oci", "docker"])
@pytest.mark.parametrize("compression", Compression)
def test_types_tell_the_compression(compression: Compression, docker: bool) -> None:
    assert compression_of(layer_type(compression, docker=docker)) is compression


# Configurations


def test_a_configuration_keeps_what_it_does_not_know() -> None:
    value = {"architecture": "arm64", "variant": "v8", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [D]},
             "config": {"Env": ["A=1", "B=x=y"], "Healthcheck": {"Test": ["NONE"]}}, "moby.x": 1}  # fmt: skip
    data = json.dumps(value).encode()
    read = parse_configuration(data, "it")
    assert (read.data, read.diff_ids, str(read.platform)) == (data, (D,), "linux/arm64/v8")
    assert read.environment == {"A": "1", "B": "x=y"}
    changed = read.with_environment({"B": "2", "C": "3"}).with_labels({"l": "1"}).executing(Cmd=["sh"], User="1000")
    assert changed.value["moby.x"] == 1
    assert changed.value["config"]["Healthcheck"] == {"Test": ["NONE"]}
    assert changed.value["config"]["Env"] == ["A=1", "B=2", "C=3"]
    assert (changed.command, changed.user, changed.labels) == (("sh",), "1000", {"l": "1"})
    assert read.data == data
    assert read.command == ()
    assert parse_configuration(changed.data, "it") == changed


def test_an_inherited_entrypoint_is_cleared() -> None:
    base = empty(AMD64).executing(Entrypoint=["/entry"], Cmd=["x"])
    assert base.effective_command == ("/entry", "x")
    cleared = base.executing(Entrypoint=None, Cmd=["sh", "/home/run.sh"])
    assert cleared.effective_command == ("sh", "/home/run.sh")
    assert "Entrypoint" not in cleared.value["config"]


def test_layers_and_history_go_together() -> None:
    grown = empty(AMD64).appended([D], [{"created_by": "x"}], "1980-01-01T00:00:01Z")
    assert (grown.diff_ids, grown.history, grown.created) == ((D,), [{"created_by": "x"}], "1980-01-01T00:00:01Z")
    assert empty(AMD64).diff_ids == ()


NO_CONFIGURATION = [
    ("no JSON", b"{", "truncated"),
    ("no rootfs", b'{"architecture":"a","os":"l"}', "rootfs"),
    ("Cmd is a text", b'{"architecture":"a","os":"l","rootfs":{"diff_ids":[]},"config":{"Cmd":"sh"}}', "Cmd"),
    ("diff_id", b'{"architecture":"a","os":"l","rootfs":{"diff_ids":["x"]}}', "is no digest"),
    ("too large", b" " * (9 << 20), "larger than"),
]


@pytest.mark.parametrize(
    ("data", "reason"), [row[1:] for row in NO_CONFIGURATION], ids=[row[0] for row in NO_CONFIGURATION]
)
def test_what_is_no_configuration(data: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        parse_configuration(data, "it")
