"""Pulls from what registries and networks do wrong: verified, gone on with after a break, and with bounds."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from tests.e2e.images.faulty_registry import PASSWORD, USER, Faults, FaultyRegistry
from tests.e2e.images.image_samples import random_image
from tests.e2e.images.pushing import Sender

from hitless.errors import UnavailableError
from hitless.images.credentials import Login
from hitless.images.faults import ImageError
from hitless.images.image import Image
from hitless.images.manifest import MOST_MANIFEST_BYTES, Platform
from hitless.images.reading import read_image
from hitless.images.registry.source import RegistrySource

MB = 1_000_000


def pulled(registry: FaultyRegistry, sender: Sender, name: str = "team/app:v1", platform: str = "") -> Image:
    """Every byte of every layer has been read and verified."""
    with RegistrySource(registry.reference(name), sender.access) as source:
        image = read_image(source, name, Platform.parse(platform) if platform else None)
        for layer in image.layers:
            tar = layer.tar()
            while tar.read(1 << 20):
                pass
        return image


def test_what_was_pushed_is_pulled(sender: Sender) -> None:
    image = random_image(3000, 2 * MB)
    with FaultyRegistry() as registry:
        sender.push(registry, image)
        assert pulled(registry, sender).digest == image.digest
        assert pulled(registry, sender, f"team/app@{image.digest}").digest == image.digest


def test_the_image_for_a_platform_is_chosen(sender: Sender) -> None:
    images = [random_image(5000, platform=platform) for platform in ("linux/amd64", "linux/arm64")]
    with FaultyRegistry() as registry:
        sender.push(registry, *images)
        assert pulled(registry, sender, platform="linux/arm64").digest == images[1].digest
        with pytest.raises(ImageError, match="has several images: linux/amd64, linux/arm64"):
            pulled(registry, sender)


@pytest.mark.parametrize("has_ranges", [True, False], ids=["ranges", "no ranges"])
def test_a_download_that_breaks_goes_on(sender: Sender, has_ranges: bool) -> None:
    image = random_image(6 * MB)
    with FaultyRegistry(Faults(has_ranges=has_ranges)) as registry:
        sender.push(registry, image)
        registry.faults.cut_downloads = [1 << 30, 2 * MB, 3 * MB, 4 * MB, 5 * MB]  # first comes the configuration
        assert pulled(registry, sender).digest == image.digest
        assert registry.faults.cut_downloads == ([5 * MB] if has_ranges else [])


def test_a_download_that_breaks_and_breaks_is_given_up(sender: Sender) -> None:
    with FaultyRegistry() as registry:
        sender.push(registry, random_image(6 * MB))
        registry.faults.cut_downloads = [1 << 30, *[1000] * 50]
        with pytest.raises(UnavailableError, match="in 3 tries"):
            pulled(registry, sender)
        assert sender.waits == [1.0, 3.0]


@pytest.mark.parametrize("auth", ["basic", "bearer"])
def test_no_authorization_goes_to_another_address(sender: Sender, auth: str) -> None:
    image = random_image(2 * MB)
    sender.login = Login(USER, PASSWORD)
    with FaultyRegistry(Faults(auth=auth, redirects_blobs=True)) as registry:
        sender.push(registry, image)
        assert pulled(registry, sender).digest == image.digest
        elsewhere = [seen for seen in registry.seen if seen.is_elsewhere and "/store/" in seen.path]
        assert len(elsewhere) == 2
        assert [seen.authorization for seen in elsewhere] == ["", ""]


def test_other_bytes_than_the_digest_says_are_found(sender: Sender) -> None:
    image = random_image(2 * MB)
    with FaultyRegistry() as registry:
        sender.push(registry, image)
        wrong = bytes(image.layers[0].descriptor.size)
        registry.faults.serves = {image.layers[0].descriptor.digest: wrong}
        with pytest.raises(ImageError, match="IMG-1"):
            pulled(registry, sender)


@pytest.mark.parametrize("more", [-1, 1], ids=["a byte less", "a byte more"])
def test_a_blob_of_another_size_is_found(sender: Sender, more: int) -> None:
    image = random_image(2 * MB)
    layer = image.layers[0]
    with FaultyRegistry() as registry:
        sender.push(registry, image)
        data = layer.blob.read().read()
        registry.faults.serves = {layer.descriptor.digest: data[:-1] if more < 0 else data + b"x"}
        with pytest.raises((ImageError, UnavailableError)):
            pulled(registry, sender)


def test_a_manifest_is_verified_by_its_digest(sender: Sender) -> None:
    image, other = random_image(1000), random_image(1000, seed=3)
    with FaultyRegistry() as registry:
        sender.push(registry, image)
        registry.faults.serves = {image.digest: other.manifest.data}
        with pytest.raises(ImageError, match="its digest is"):
            pulled(registry, sender, f"team/app@{image.digest}")


def test_a_huge_manifest_is_not_read(sender: Sender) -> None:
    with FaultyRegistry() as registry:
        registry.faults.serves = {"v1": b" " * (20 * MOST_MANIFEST_BYTES)}
        tracemalloc.start()
        with pytest.raises(ImageError, match="more than the 4,194,304 bytes"):
            pulled(registry, sender)
        assert tracemalloc.get_traced_memory()[1] < 8 * MOST_MANIFEST_BYTES
        tracemalloc.stop()


def test_what_is_not_there_is_named_and_reuse_finds_nothing(sender: Sender) -> None:
    with FaultyRegistry() as registry:
        with pytest.raises(ImageError, match="has no image team/app with v1"):
            pulled(registry, sender)
        with RegistrySource(registry.reference("team/app:v1"), sender.access) as source:
            assert source.previous() is None


def test_the_previous_manifest_and_all_tags_can_be_asked_for(sender: Sender) -> None:
    image = random_image(1000)
    names = ["v1", "v2", "v3", "v4", "v5"]
    with FaultyRegistry() as registry:
        for name in names:
            sender.push(registry, image, to=f"team/app:{name}")
        with RegistrySource(registry.reference("team/app:v3"), sender.access) as source:
            assert source.previous() == image.manifest
            assert source.tags() == names  # three pages


def test_a_token_that_expires_between_layers_is_bought_anew(sender: Sender) -> None:
    image = random_image(1000, 2000, 3000, 4000)
    sender.login = Login(USER, PASSWORD)
    with FaultyRegistry(Faults(auth="bearer")) as registry:
        sender.push(registry, image)
        registry.faults.token_uses = 2
        assert pulled(registry, sender).digest == image.digest
        assert len({seen.authorization for seen in registry.requests("GET", "/blobs/sha256")} - {""}) >= 2


def test_a_layer_is_streamed(sender: Sender) -> None:
    """Its bytes are never all in memory, neither out nor in; opening it again starts anew."""
    image = random_image(20 * MB)
    with FaultyRegistry() as registry:
        sender.push(registry, image)
        with RegistrySource(registry.reference("team/app:v1"), sender.access) as source:
            blob = read_image(source, "it").layers[0].blob
            with blob.read() as first:
                assert len(first.read(1000)) == 1000
            tracemalloc.start()
            with blob.read() as stream:
                count = sum(len(piece) for piece in iter(lambda: stream.read(io.DEFAULT_BUFFER_SIZE), b""))
            assert count == blob.descriptor.size
            assert tracemalloc.get_traced_memory()[1] < 60 * MB  # the registry's own copy is among it
            tracemalloc.stop()
