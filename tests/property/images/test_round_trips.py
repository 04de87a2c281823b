"""What is written is read again: names, manifests, configurations, layouts, archives; whatever is in them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.images.layers import LAYERS, items
from tests.property.images.model import Entry
from tests.unit.images.samples import image_of, layer_of

from hitless.images.archive import archive_source, write_archive
from hitless.images.configuration import parse_configuration
from hitless.images.faults import ImageError
from hitless.images.image import Image
from hitless.images.layout import LayoutSource, write_layout
from hitless.images.manifest import (
    Descriptor,
    Platform,
    canonical,
    make_index,
    make_manifest,
    parse_manifest,
)
from hitless.images.media import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from hitless.images.reading import read_image
from hitless.images.reference import Reference, parse_reference

DIGESTS = st.binary(min_size=32, max_size=32).map(lambda data: f"sha256:{data.hex()}")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ANNOTATIONS = st.dictionaries(TEXTS, TEXTS, max_size=3)
PLATFORMS = st.none() | st.builds(Platform, TEXTS, TEXTS, TEXTS)
DESCRIPTORS = st.builds(Descriptor, TEXTS, DIGESTS, st.integers(0, 1 << 40), ANNOTATIONS, PLATFORMS, TEXTS)

_WORD = st.from_regex(r"[a-z0-9]+(?:(?:[.]|_|__|-{1,3})[a-z0-9]+){0,2}", fullmatch=True)
HOSTS = st.from_regex(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?\.[a-z0-9]+(:[0-9]{1,5})?", fullmatch=True) | st.just("localhost")
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", fullmatch=True)
REPOSITORIES = st.lists(_WORD, min_size=1, max_size=4).map("/".join).filter(lambda path: len(path) <= 255)


@given(HOSTS, REPOSITORIES, TAGS | st.just(""), DIGESTS | st.just(""))
def test_names(host: str, repository: str, tag: str, digest: str) -> None:
    reference = Reference(host, repository, tag or ("" if digest else "latest"), digest)
    assert parse_reference(str(reference)) == reference


@given(st.text(max_size=40))
def test_any_text_is_a_name_or_an_error(text: str) -> None:
    try:
        reference = parse_reference(text)
    except ImageError:
        return
    assert parse_reference(str(reference)) == reference


@given(st.sampled_from([OCI_MANIFEST, DOCKER_MANIFEST]), DESCRIPTORS, st.lists(DESCRIPTORS, max_size=4), ANNOTATIONS)
def test_manifests(kind: str, config: Descriptor, layers: list[Descriptor], annotations: dict[str, str]) -> None:
    made = make_manifest(kind, config, tuple(layers), annotations)
    assert parse_manifest(made.data, "", "it") == made


@given(st.lists(DESCRIPTORS, max_size=4), ANNOTATIONS)
def test_indexes(manifests: list[Descriptor], annotations: dict[str, str]) -> None:
    made = make_index(OCI_INDEX, tuple(manifests), annotations)
    assert parse_manifest(made.data, "", "it") == made


_PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS
JSON: st.SearchStrategy[Any] = st.recursive(
    _PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)


@given(st.dictionaries(TEXTS, JSON, max_size=4), DESCRIPTORS)
def test_keys_that_nobody_knows_keep_the_bytes(unknown: dict[str, Any], config: Descriptor) -> None:
    known = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [], "annotations": {},
             "config": {"mediaType": "", "digest": config.digest, "size": 1}}  # fmt: skip
    data = canonical({**unknown, **known})
    assert parse_manifest(data, "", "it").data == data


@given(st.dictionaries(TEXTS, JSON, max_size=4), st.lists(TEXTS, max_size=3))
def test_configurations_keep_what_they_do_not_know(unknown: dict[str, Any], command: list[str]) -> None:
    known = {
        "architecture": "a",
        "os": "l",
        "variant": "",
        "rootfs": {"diff_ids": []},
        "config": {},
        "history": [],
        "created": "",
    }
    read = parse_configuration(canonical({**unknown, **known}), "it")
    changed = read.executing(Cmd=command)
    assert parse_configuration(changed.data, "it").command == tuple(command)
    assert {key: value for key, value in changed.value.items() if key not in known} == {
        key: value for key, value in read.value.items() if key not in known
    }


@given(st.binary(max_size=300))
def test_any_bytes_are_a_manifest_or_an_error(data: bytes) -> None:
    for parse in (lambda: parse_manifest(data, OCI_MANIFEST, "it"), lambda: parse_configuration(data, "it")):
        try:
            parse()
        except ImageError:
            continue


@settings(max_examples=40)
@given(LAYERS)
def test_layouts_and_archives(layers: list[list[Entry]]) -> None:
    image = image_of(*[layer_of(*items(entries)) for entries in layers])
    with tempfile.TemporaryDirectory() as place:
        folder, file = Path(place) / "layout", Path(place) / "a.tar"
        write_layout(folder, {"v1": image})
        write_archive(file, {Reference("host.example", "app", "v1"): image})
        for source in (LayoutSource(folder), archive_source(file)):
            assert same(read_image(source, "it"), image)


def same(one: Image, other: Image) -> bool:
    tars = [[layer.tar().read() for layer in image.layers] for image in (one, other)]
    return one.digest == other.digest and one.configuration == other.configuration and tars[0] == tars[1]
