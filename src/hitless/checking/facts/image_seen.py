"""An image with what examining it found → ImageSeen. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hitless.checking.events import Stage
from hitless.checking.facts.base_layers import count_of_base
from hitless.checking.facts.seen import Fault, ImageSeen, LayerSeen
from hitless.checking.scanning.secret_shapes import masked
from hitless.errors import Problem, Severity
from hitless.images.image import Image
from hitless.images.validate import Examined


def image_seen(image: Image, examined: Examined) -> ImageSeen:
    """Sizes that only the layers tell are 0 where those could not be read. Secrets of the environment are masked: the
    record is handed on."""
    configuration, manifest, files = image.configuration, image.manifest, examined.filesystem
    sizes = files.sizes if files is not None else None
    return ImageSeen(
        stage=Stage.IMAGE,
        digest=manifest.digest,
        media_type=manifest.media_type,
        platform=str(image.platform),
        transferred=image.size,
        unpacked=sizes.unpacked if sizes is not None else 0,
        effective=sizes.effective if sizes is not None else 0,
        layers=tuple(_layers(image, examined)),
        entrypoint=configuration.entrypoint,
        command=configuration.command,
        environment=masked(dict(configuration.environment)),
        user=configuration.user,
        working_dir=configuration.working_dir,
        stop_signal=configuration.stop_signal,
        ports=configuration.exposed_ports,
        labels=dict(configuration.labels),
        faults=tuple(fault_of(problem) for problem in examined.problems),
        annotations=dict(image.annotations),
    )


def fault_of(problem: Problem) -> Fault:
    place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part is not None)
    is_warning = problem.severity is Severity.WARNING
    return Fault(problem.id, problem.message, problem.remedy, is_warning, place)


def _layers(image: Image, examined: Examined) -> Iterator[LayerSeen]:
    history = image.configuration.history
    filled = [entry for entry in history if not entry.get("empty_layer")]
    makers: list[Any] = [entry.get("created_by") or "" for entry in filled]
    if len(makers) != len(image.layers):
        makers = [""] * len(image.layers)
    base = count_of_base(history, len(image.layers))
    for number, layer in enumerate(image.layers):
        facts = examined.filesystem.layers[number] if examined.filesystem is not None else None
        yield LayerSeen(
            layer.descriptor.digest,
            layer.descriptor.size,
            facts.unpacked if facts is not None else 0,
            facts.files if facts is not None else 0,
            str(makers[number]),
            number < base,
        )
