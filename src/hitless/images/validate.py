"""An image recomputed from its bytes: every digest, every size, every rule of the specification that can be looked at.

What a user is told by this is what the builder's tests ask. What is wrong is a value; a source that is away raises.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from hitless.errors import Problem, Severity
from hitless.images.configuration import parse_configuration
from hitless.images.digest import PIECE, read_verified
from hitless.images.faults import ImageError, TooLargeError
from hitless.images.filesystem import Filesystem, LayerFacts
from hitless.images.flattening import flatten
from hitless.images.image import Image, check_whole
from hitless.images.layer import Layer
from hitless.images.manifest import MOST_CONFIG_BYTES, Manifest, parse_manifest

MOST_LAYERS = 127  # what containerd and overlay file systems mount

_FAMILY = {True: "application/vnd.docker.", False: "application/vnd.oci."}


@dataclass(frozen=True)
class Examined:
    """What is wrong with an image, and its files. `filesystem` None: they cannot be told, for what is `lacking`."""

    problems: tuple[Problem, ...]
    filesystem: Filesystem | None
    lacking: str = ""
    is_too_large: bool = False  # to be held in memory: that is no fault of it


def validate(image: Image, what: str = "the image") -> list[Problem]:
    """Everything that is wrong with an image, warnings included; empty for a good one. Every byte is read once, of a
    damaged image twice. UnavailableError."""
    found = examine(image, what)
    if found.is_too_large:
        return [*found.problems, Problem("IMG-2", found.lacking, "Remove files that the image does without.")]
    return list(found.problems)


def examine(image: Image, what: str = "the image", read: Callable[[Image], Filesystem] = flatten) -> Examined:
    """The same, with the files, in one pass: `read` is flatten, or calls it with what else is wanted of them."""
    problems = _outside(image, what)
    try:
        filesystem = read(image)
    except ImageError as error:
        single = [problem for layer in _once(image) for problem in _caught(functools.partial(_read, layer))]
        is_large = isinstance(error, TooLargeError) and not single
        found = () if is_large else single or error.problems
        lacking = (single or error.problems)[0].message
        return Examined((*problems, *found), None, lacking, is_large)
    return Examined((*problems, *_duplicates(filesystem)), filesystem)


def examine_unopened(image: Image, what: str, why: str) -> Examined:
    """What can be told without opening a layer; `why` they are not opened."""
    return Examined(tuple(_outside(image, what)), None, why)


def _outside(image: Image, what: str) -> list[Problem]:
    return [
        *_caught(lambda: _check_manifest(image, what)),
        *_caught(lambda: _check_configuration(image, what)),
        *_types(image, what),
        *_history(image, what),
        *_number_of_layers(image, what),
    ]


def _caught(check: Callable[[], object]) -> tuple[Problem, ...]:
    try:
        check()
    except ImageError as error:
        return error.problems
    return ()


def _check_manifest(image: Image, what: str) -> None:
    """What its bytes say is what is told of it."""
    manifest = image.manifest
    parsed = parse_manifest(manifest.data, manifest.media_type, what)
    layers = tuple(layer.descriptor for layer in image.layers)
    if not isinstance(parsed, Manifest) or (parsed.config, parsed.layers) != (manifest.config, layers):
        raise ImageError("IMG-31", f"the manifest of {what} does not tell of its layers", "Build the image anew.")
    check_whole(parsed, image.configuration, what)


def _check_configuration(image: Image, what: str) -> None:
    blob, name = image.config_blob, f"the configuration of {what}"
    known = blob.descriptor
    data = read_verified(blob.open(), known.digest, known.size, name, most=MOST_CONFIG_BYTES)
    parsed = parse_configuration(data, name)
    if parsed.diff_ids != tuple(layer.diff_id for layer in image.layers):
        raise ImageError("IMG-32", f"{name} has other diff_ids than its layers", "Build the image anew.")


def _types(image: Image, what: str) -> Iterator[Problem]:
    """OCI and docker types are not mixed (some registries refuse it)."""
    family = "docker's" if image.is_docker else "the OCI's"
    for descriptor in (image.manifest.config, *(layer.descriptor for layer in image.layers)):
        if not descriptor.media_type.startswith(_FAMILY[image.is_docker]):
            message = f"{descriptor.digest} in {what} is of type {descriptor.media_type[:200]!r}, its manifest {family}"
            yield _warning("IMG-33", message, "Give all parts of an image the types of one family.")


def _history(image: Image, what: str) -> Iterator[Problem]:
    """config.md: an entry for each layer, others say that they have none."""
    history = image.configuration.history
    told = sum(1 for entry in history if not entry.get("empty_layer"))
    if history and told != len(image.layers):
        message = f"the history of {what} tells of {told} layers, and it has {len(image.layers)}"
        yield _warning("IMG-34", message, "Tools that show the history will show it wrong.")


def _number_of_layers(image: Image, what: str) -> Iterator[Problem]:
    if len(image.layers) > MOST_LAYERS:
        message = f"{what} has {len(image.layers)} layers, and {MOST_LAYERS} are the most that can be mounted"
        yield Problem("IMG-35", message, "Merge layers.")


def _once(image: Image) -> Iterable[Layer]:
    return {(layer.descriptor.digest, layer.diff_id): layer for layer in image.layers}.values()


def _read(layer: Layer) -> None:
    with closing(layer.tar()) as tar:
        while tar.read(PIECE):
            pass


def _duplicates(filesystem: Filesystem) -> Iterator[Problem]:
    """layer.md: no two entries of a layer have one path."""
    once: dict[str, LayerFacts] = {facts.digest: facts for facts in filesystem.layers if facts.duplicates}
    for facts in once.values():
        paths = ", ".join(repr(path) for path in facts.duplicates[:5])
        message = f"the layer {facts.digest} has several entries for {paths}"
        yield _warning("IMG-36", message, "The last one counts; others may see it otherwise.")


def _warning(identifier: str, message: str, remedy: str) -> Problem:
    return Problem(identifier, message, remedy, severity=Severity.WARNING)
