"""HL101–HL107: the image as a thing that is stored and unpacked: its size, its integrity, its layers."""

from __future__ import annotations

import shlex
from collections.abc import Collection

from hitless.checking.events import Ended, Stage
from hitless.checking.facts.seen import Fault, ImageSeen
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.verdict import Evidence, Verdict, failed, not_applicable, passed, unproven
from hitless.images.validate import MOST_LAYERS

GIB_PER_GB = 1.073741824
PLATFORMS = ("linux/amd64", "linux/arm64")
_DUPLICATES, _TYPES, _HISTORY, _LAYERS = "IMG-36", "IMG-33", "IMG-34", "IMG-35"
_SHOWN = 10
_WORTH_TELLING = 10_000_000  # bytes


def _image(seen: Seen) -> ImageSeen:
    return seen.one(ImageSeen, Stage.IMAGE)


def _lacking(seen: Seen) -> str:
    """Why the layers could not be read; empty where they were."""
    return next((ended.why for ended in seen.all(Ended, Stage.IMAGE) if not ended.complete), "")


def _inspect(seen: Seen) -> str:
    return f"hitless inspect {shlex.quote(seen.record.opened.subject)}"


def _of(seen: Seen, identifiers: Collection[str]) -> list[Fault]:
    return [fault for fault in _image(seen).faults if fault.id in identifiers]


def _told(faults: Collection[Fault]) -> list[Evidence]:
    return [Evidence(f"{fault.id}: {fault.message}") for fault in list(faults)[:_SHOWN]]


@rule(
    "HL101",
    "SIZE-1",
    Level.MUST,
    Stage.IMAGE,
    fix="""
    # Where the bytes are:
    hitless inspect IMAGE --html where-the-bytes-are.html
    # Then leave out what the model does without: build tools, caches, a second framework.
    RUN pip install --no-cache-dir -r requirements.txt
    """,
    bad="""
    FROM nvidia/cuda:12.4.1-devel-ubuntu22.04
    COPY all-checkpoints/ /models/
    """,
    good="""
    FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
    COPY checkpoints/final.onnx /models/
    """,
)
def fits_the_size(seen: Seen) -> Verdict:
    """The image is at most as large as its edition allows.

    No page says what is measured: the packed layers as they are transferred, the layers unpacked as a node keeps them,
    or what a container sees. So the largest of the three counts. Nor does one say GB or GiB: the stricter reading
    counts, and an image that lies between the two is told. An image that is too large fails only when a node pulls it,
    with “failed to pull image, retry later”.
    """
    image, limit, lacking = _image(seen), seen.profile.image_limit_bytes, _lacking(seen)
    sizes = {"transferred": image.transferred, "unpacked": image.unpacked, "seen": image.effective}
    name = max(sizes, key=lambda key: sizes[key])
    if sizes[name] > limit:
        evidence = [Evidence(f"{key}: {size:,} bytes") for key, size in sizes.items() if size]
        largest = sorted(image.layers, key=lambda layer: -max(layer.size, layer.unpacked))[:3]
        evidence += [
            Evidence(f"{layer.digest}: {max(layer.size, layer.unpacked):,} bytes, {layer.created_by[:80]}")
            for layer in largest
        ]
        if sizes[name] <= limit * GIB_PER_GB:
            evidence.append(Evidence(f"it is within {limit / 1e9:g} GiB: no page says which of the two is meant"))
        return failed(
            "the image is too large",
            *evidence,
            expected=f"at most {limit:,} bytes ({limit / 1e9:g} GB)",
            actual=f"{sizes[name]:,} bytes ({name})",
            reproduce=_inspect(seen),
        )
    if lacking:
        return unproven(f"its unpacked size could not be told: {lacking}")
    return passed(f"{sizes[name]:,} bytes ({name}) of {limit:,}")


@rule(
    "HL102",
    "API-2",
    Level.MUST,
    Stage.IMAGE,
    fix="""
    # Build or fetch it anew; `hitless inspect` reads and verifies every byte.
    skopeo copy docker://registry.example/my-model:v1 oci:image:v1
    hitless inspect image
    """,
    bad="""
    "layers": [{"digest": "sha256:aaaa…", "size": 1024}]   # and the blob has other bytes
    """,
    good="""
    "layers": [{"digest": "sha256:…of the blob", "size": 1024}]
    "rootfs": {"diff_ids": ["sha256:…of the same layer, unpacked"]}
    """,
)
def is_whole(seen: Seen) -> Verdict:
    """Every digest, size and diff_id of the image fits its bytes, and every layer can be unpacked.

    An engine that meets a wrong digest refuses the image; one that trusts it runs something else than was checked. All
    bytes are read here, unpacked and hashed, as nodes do when they pull. Hostile layers, such as those whose paths lead
    out of the image, are refused by engines, too.
    """
    others = {_DUPLICATES, _TYPES, _HISTORY, _LAYERS}
    faults = [fault for fault in _image(seen).faults if fault.id not in others and not fault.warning]
    if faults:
        return failed(
            "the image is damaged, or is none",
            *_told(faults),
            expected="bytes that fit the digests, sizes and diff_ids of the manifest and the configuration",
            actual=faults[0].message,
            reproduce=_inspect(seen),
        )
    lacking = _lacking(seen)
    return unproven(lacking) if lacking else passed("every byte was read, and fits its digest")


@rule(
    "HL103",
    "API-2",
    Level.SHOULD,
    Stage.IMAGE,
    fix="""
    # Make the layer's tar anew, with each path once:
    tar --sort=name -cf layer.tar -C root .
    """,
    bad="""
    tar -cf layer.tar app/model.py && tar -rf layer.tar app/model.py
    """,
    good="""
    tar -cf layer.tar app/model.py
    """,
)
def names_each_path_once(seen: Seen) -> Verdict:
    """No layer has two entries for one path.

    The image specification forbids it. Engines take the last of the two, scanners often the first: what was looked at
    is then not what runs. Tools that append to a tar make such layers.
    """
    if faults := _of(seen, {_DUPLICATES}):
        return failed(
            "a layer has several entries for one path",
            *_told(faults),
            expected="one entry a path",
            actual=faults[0].message,
            reproduce=_inspect(seen),
        )
    lacking = _lacking(seen)
    return unproven(lacking) if lacking else passed("each path of each layer is there once")


@rule(
    "HL104",
    "API-2",
    Level.MUST,
    Stage.IMAGE,
    fix="""
    # Join commands, and copy once:
    RUN apt-get update && apt-get install -y --no-install-recommends openjdk-17-jre-headless zip unzip
    COPY package/ /opt/package/
    """,
    bad="""
    COPY weights/part-001 /models/
    COPY weights/part-002 /models/
    # … 130 times
    """,
    good="""
    COPY weights/ /models/
    """,
)
def has_few_layers(seen: Seen) -> Verdict:
    """The image has at most 127 layers.

    containerd and docker mount the layers over each other, and the kernel takes so many. An image with more is pulled
    and then does not start.
    """
    count = len(_image(seen).layers)
    if count > MOST_LAYERS:
        return failed(
            "the image has too many layers", expected=f"at most {MOST_LAYERS} layers", actual=f"{count} layers",
            reproduce=_inspect(seen),
        )  # fmt: skip
    return passed(f"{count} layers")


@rule(
    "HL105",
    "API-2",
    Level.SHOULD,
    Stage.IMAGE,
    fix="""
    # Give the whole image the types of one family:
    skopeo copy --format oci docker://registry.example/my-model:v1 docker://registry.example/my-model:v2
    """,
    bad="""
    {"mediaType": "application/vnd.oci.image.manifest.v1+json",
     "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "digest": "…", "size": 1}]}
    """,
    good="""
    {"mediaType": "application/vnd.oci.image.manifest.v1+json",
     "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "…", "size": 1}]}
    """,
)
def keeps_to_one_family(seen: Seen) -> Verdict:
    """All parts of the image have the media types of one family, the OCI's or docker's.

    Most engines read a mixture, some registries refuse it on push, and the message does not say why.
    """
    if faults := _of(seen, {_TYPES}):
        return failed(
            "media types of both families are mixed",
            *_told(faults),
            expected=f"types of the family of {_image(seen).media_type}",
            actual=faults[0].message,
            reproduce=_inspect(seen),
        )
    return passed(f"all types are of the family of {_image(seen).media_type}")


@rule(
    "HL106",
    "API-2",
    Level.INFO,
    Stage.IMAGE,
    fix="""
    # Write an entry of history for each layer, or build with a tool that does:
    hitless build my-package -o image
    """,
    bad="""
    "rootfs": {"diff_ids": ["sha256:1…", "sha256:2…"]}, "history": [{"created_by": "one"}]
    """,
    good="""
    "rootfs": {"diff_ids": ["sha256:1…", "sha256:2…"]}, "history": [{"created_by": "one"}, {"created_by": "two"}]
    """,
)
def tells_its_history(seen: Seen) -> Verdict:
    """The history has an entry for each layer.

    Nothing depends on it at run time. Tools that show who made which layer show it wrong, and which layers are the
    base's cannot be told.
    """
    if faults := _of(seen, {_HISTORY}):
        layers = len(_image(seen).layers)
        return failed(
            faults[0].message, expected=f"{layers} entries", actual="another number", reproduce=_inspect(seen)
        )  # fmt: skip
    return passed("the history fits the layers, or there is none")


@rule(
    "HL107",
    "API-2",
    Level.MUST,
    Stage.IMAGE,
    fix="""
    docker buildx build --platform linux/amd64 -t my-model:v1 .
    # or
    hitless build my-package --platform linux/amd64 -o image
    """,
    bad="""
    "os": "windows", "architecture": "amd64"
    """,
    good="""
    "os": "linux", "architecture": "amd64"
    """,
)
def is_for_a_platform_of_the_pool(seen: Seen) -> Verdict:
    """The image is for linux/amd64 or linux/arm64.

    Resource pools have nodes of these two. An image for another platform is pulled, and ends at once with “exec format
    error”. Which of the two the pool has is not told by an image; choose when you deploy.
    """
    platform = _image(seen).platform
    plain = "/".join(platform.split("/")[:2])
    if plain not in PLATFORMS:
        return failed(
            f"it is for {platform}",
            expected=" or ".join(PLATFORMS),
            actual=platform,
            reproduce=_inspect(seen),
        )
    return passed(f"it is for {platform}")


@rule(
    "HL116",
    "SAFE-1",
    Level.INFO,
    Stage.IMAGE,
    fix="""
    FROM python:3.11-slim@sha256:…
    LABEL org.opencontainers.image.base.name="docker.io/library/python:3.11-slim" \\
          org.opencontainers.image.base.digest="sha256:…"
    """,
    bad="""
    FROM python:latest
    """,
    good="""
    FROM python:3.11-slim@sha256:…
    LABEL org.opencontainers.image.base.digest="sha256:…"
    """,
)
def tells_its_base(seen: Seen) -> Verdict:
    """The image records the digest of its base.

    When a fault of a base becomes known, this tells which images have it. A tag moves, a digest does not. The keys are
    those of the image specification (annotations.md), as a label or as an annotation of the manifest.
    """
    image = _image(seen)
    told = {**image.labels, **image.annotations}
    digest = told.get("org.opencontainers.image.base.digest", "")
    if not digest:
        return failed(
            "the base is not recorded",
            expected="a label or an annotation org.opencontainers.image.base.digest",
            actual="neither",
            reproduce=_inspect(seen),
        )
    return passed(f"{told.get('org.opencontainers.image.base.name', 'the base')} {digest}")


@rule(
    "HL117",
    "SIZE-1",
    Level.INFO,
    Stage.IMAGE,
    fix="""
    # Remove in the command that adds:
    RUN curl -fsSLO https://example.com/weights.tar && tar -xf weights.tar -C /models && rm weights.tar
    """,
    bad="""
    COPY weights.tar /tmp/
    RUN tar -xf /tmp/weights.tar -C /models && rm /tmp/weights.tar
    """,
    good="""
    COPY weights/ /models/
    """,
)
def hides_little(seen: Seen) -> Verdict:
    """Less than a fifth of what the layers hold, or less than 10 MB, is hidden by layers above.

    What a later layer removes or replaces is transferred and kept all the same, and it can be read by whoever has the
    image. `chown -R` and `chmod -R` in a layer of their own copy every file once more.
    """
    image, lacking = _image(seen), _lacking(seen)
    if lacking:
        return unproven(lacking)
    if not image.unpacked:
        return not_applicable("the layers have no files")
    hidden = image.unpacked - image.effective
    if hidden * 5 > image.unpacked and hidden > _WORTH_TELLING:
        return failed(
            "much of the image is never seen",
            expected=f"less than {max(image.unpacked // 5, _WORTH_TELLING):,} bytes",
            actual=f"{hidden:,} of {image.unpacked:,} bytes are hidden by layers above",
            reproduce=_inspect(seen),
        )
    return passed(f"{hidden:,} of {image.unpacked:,} bytes are hidden by layers above")
