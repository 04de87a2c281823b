"""A source of images → images: the platforms that it has, and each of them as a value."""

from __future__ import annotations

from collections.abc import Sequence

from hitless.images.configuration import parse_configuration
from hitless.images.digest import read_verified
from hitless.images.faults import ImageError, unreadable
from hitless.images.image import Image, Source, check_whole
from hitless.images.layer import Blob, Layer
from hitless.images.manifest import MOST_CONFIG_BYTES, Descriptor, Index, Manifest, Platform
from hitless.images.media import DOCKER_MANIFEST, INDEXES, MANIFESTS

_DEEPEST = 4  # an index may point at an index


def read_image(source: Source, what: str, platform: Platform | None = None) -> Image:
    """The image for a platform; without one, the only image that there is. ImageError."""
    root = source.root()
    if isinstance(root, Manifest):
        image = _image(source, root, what)
        if platform is not None and not image.platform.fits(platform):
            raise _no_such_platform(what, platform, [image.platform])
        return image
    found = _images(source, root)
    if not found:
        raise unreadable(what, "its index names no image")
    if platform is None:
        if len(found) > 1:
            raise _choose(what, [entry.platform for entry, _ in found])
        return _image(source, _manifest(source, found[0][1]), what)
    fitting = [pointer for entry, pointer in found if entry.platform is not None and entry.platform.fits(platform)]
    if not fitting and len(found) == 1 and found[0][0].platform is None:
        image = _image(source, _manifest(source, found[0][1]), what)
        if image.platform.fits(platform):
            return image
    if not fitting:
        raise _no_such_platform(what, platform, [entry.platform for entry, _ in found])
    return _image(source, _manifest(source, fitting[0]), what)


def read_images(source: Source, what: str) -> list[Image]:
    """Every image of a source, attestations left aside."""
    root = source.root()
    if isinstance(root, Manifest):
        return [_image(source, root, what)]
    return [_image(source, _manifest(source, pointer), what) for _, pointer in _images(source, root)]


def has_several(source: Source) -> bool:
    """Whether one has to be chosen; none is read for it."""
    root = source.root()
    return isinstance(root, Index) and len(_images(source, root)) > 1


def _images(source: Source, index: Index) -> list[tuple[Descriptor, Descriptor]]:
    return [(entry, manifest) for entry, manifest in _manifests(source, index, _DEEPEST) if _is_image(entry)]


def _manifests(source: Source, index: Index, depth: int) -> list[tuple[Descriptor, Descriptor]]:
    """(what the outermost entry says, where the manifest is)."""
    found: list[tuple[Descriptor, Descriptor]] = []
    for entry in index.manifests:
        if entry.media_type in MANIFESTS:
            found.append((entry, entry))
        elif entry.media_type in INDEXES and depth > 1:
            inner = source.manifest(entry)
            if isinstance(inner, Index):
                found += _manifests(source, inner, depth - 1)
    return found


def _is_image(entry: Descriptor) -> bool:
    """Build tools put attestations beside images, for the platform unknown/unknown."""
    unknown = entry.platform is not None and "unknown" in (entry.platform.os, entry.platform.architecture)
    return not unknown and not entry.artifact_type and "vnd.docker.reference.type" not in entry.annotations


def _manifest(source: Source, descriptor: Descriptor) -> Manifest:
    found = source.manifest(descriptor)
    if isinstance(found, Index):
        raise unreadable(f"the manifest {descriptor.digest}", "it is an index")
    return found


def _image(source: Source, manifest: Manifest, what: str) -> Image:
    config = manifest.config
    name = f"the configuration of {what}"
    data = read_verified(source.blob(config), config.digest, config.size, name, most=MOST_CONFIG_BYTES)
    configuration = parse_configuration(data, name)
    check_whole(manifest, configuration, what)
    layers = tuple(
        Layer(Blob(descriptor, lambda descriptor=descriptor: source.blob(descriptor)), diff_id)  # type: ignore[misc]
        for descriptor, diff_id in zip(manifest.layers, configuration.diff_ids, strict=True)
    )
    return Image(configuration, layers, manifest.media_type == DOCKER_MANIFEST, manifest.annotations, manifest)


def _choose(what: str, platforms: Sequence[Platform | None]) -> ImageError:
    remedy = "Choose one with --platform." if len(set(platforms)) == len(platforms) else "Choose one by its name."
    return ImageError("IMG-4", f"{what} has several images: {_listed(platforms)}", remedy)


def _no_such_platform(what: str, wanted: Platform, platforms: Sequence[Platform | None]) -> ImageError:
    there = _listed(platforms)
    return ImageError("IMG-5", f"{what} has no image for {wanted}, but for {there}", "Choose one of these.")


def _listed(platforms: Sequence[Platform | None]) -> str:
    return ", ".join(str(platform) if platform is not None else "an unnamed platform" for platform in platforms)
