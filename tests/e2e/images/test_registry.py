"""Against the distribution's registry, and with skopeo as the judge of what we push and the maker of what we pull."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.images.image_samples import random_image
from tests.e2e.images.real_registry import PASSWORD, USER, RealRegistry, needed

from hitless.images.faults import ImageError
from hitless.images.image import Image
from hitless.images.layout import LayoutSource, write_layout
from hitless.images.packing import stored
from hitless.images.reading import read_image
from hitless.images.reference import Reference
from hitless.images.registry.push import Uploads, push
from hitless.images.registry.session import Chunking
from hitless.images.registry.source import RegistrySource
from hitless.images.registry.transport import Access

MB = 1_000_000
CHUNKED = Uploads(chunking=Chunking(above=1 << 20))


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RealRegistry]:
    with RealRegistry(tmp_path / "registry") as running:
        yield running


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[RealRegistry]:
    with RealRegistry(tmp_path / "locked", logs_in=True) as running:
        yield running


def verified(reference: Reference) -> Image:
    """The image, every layer read to its end."""
    with RegistrySource(reference) as source:
        image = read_image(source, str(reference))
        for layer in image.layers:
            tar = layer.tar()
            while tar.read(1 << 20):
                pass
        return image


def skopeo(*arguments: str, folder: Path) -> str:
    needed("skopeo")
    environ = {**os.environ, "TMPDIR": str(folder)}
    command = ["skopeo", "--insecure-policy", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environ, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("uploads", [Uploads(), CHUNKED], ids=["whole", "chunks"])
def test_pushed_and_pulled(registry: RealRegistry, uploads: Uploads) -> None:
    image = random_image(1000, 5 * MB, 2 * MB)
    done = push(registry.reference("team/app:v1"), [image], uploads=uploads)
    assert len(done.sent) == 4
    assert done.bytes_sent_again == 0
    assert verified(registry.reference("team/app:v1")).digest == image.digest
    assert len(push(registry.reference("team/app:v2"), [image], uploads=uploads).there) == 4
    with RegistrySource(registry.reference("team/app:v2")) as source:
        assert source.tags() == ["v1", "v2"]
        assert source.previous() == image.manifest


def test_layers_are_mounted(registry: RealRegistry) -> None:
    base = random_image(1000, 2 * MB)
    push(registry.reference("team/base:v1"), [base])
    done = push(
        registry.reference("team/app:v1"),
        [base],
        mounts={layer.descriptor.digest: "team/base" for layer in base.layers},
    )
    assert {blob.digest for blob in done.mounted} == {layer.descriptor.digest for layer in base.layers}
    assert verified(registry.reference("team/app:v1")).digest == base.digest


def test_several_platforms(registry: RealRegistry, tmp_path: Path) -> None:
    images = [random_image(1000, platform=platform) for platform in ("linux/amd64", "linux/arm64")]
    done = push(registry.reference("team/app:v1"), images)
    raw = skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{done.reference.at('')}", folder=tmp_path)
    assert [entry["digest"] for entry in json.loads(raw)["manifests"]] == [image.digest for image in images]


def test_what_is_not_there(registry: RealRegistry) -> None:
    with RegistrySource(registry.reference("team/none:v1")) as source:
        assert source.previous() is None
        assert source.tags() == []
        with pytest.raises(ImageError, match="has no image team/none with v1"):
            source.root()


def test_skopeo_reads_what_we_push(registry: RealRegistry, tmp_path: Path) -> None:
    image = random_image(1000, 3 * MB, packing=stored())  # skopeo would pack plain ones
    done = push(registry.reference("team/app:v1"), [image], uploads=CHUNKED)
    place = tmp_path / "layout"
    skopeo("copy", "--src-tls-verify=false", f"docker://{done.reference.at('')}", f"oci:{place}:x", folder=tmp_path)
    assert read_image(LayoutSource(place, "x"), "it").digest == image.digest


def test_we_read_what_skopeo_pushes(registry: RealRegistry, tmp_path: Path) -> None:
    image = random_image(1000, 3 * MB, packing=stored())
    write_layout(tmp_path / "layout", {"x": image})
    target = registry.reference("team/app:v1")
    skopeo("copy", "--dest-tls-verify=false", f"oci:{tmp_path / 'layout'}:x", f"docker://{target}", folder=tmp_path)
    assert verified(target).digest == image.digest
    older = registry.reference("team/app:docker")
    skopeo("copy", "--format", "v2s2", "--dest-tls-verify=false", f"oci:{tmp_path / 'layout'}:x", f"docker://{older}",
           folder=tmp_path)  # fmt: skip
    docker = verified(older)
    assert docker.is_docker
    assert len(docker.layers) == 2
    assert push(registry.reference("team/app:docker-again"), [docker]).reference.digest == docker.digest


def test_with_a_login_of_docker(locked: RealRegistry) -> None:
    image = random_image(1000, 2 * MB)
    with pytest.raises(ImageError, match=rf"does not let us[\s\S]*docker login {locked.host}"):
        push(locked.reference("team/app:v1"), [image])
    _keep_login(Path(os.environ["HOME"], ".docker", "config.json"), locked.host)
    push(locked.reference("team/app:v1"), [image], uploads=CHUNKED)
    assert verified(locked.reference("team/app:v1")).digest == image.digest


def test_with_a_login_that_skopeo_made(locked: RealRegistry, tmp_path: Path) -> None:
    """In podman's file."""
    skopeo("login", "--tls-verify=false", "-u", USER, "-p", PASSWORD, locked.host, folder=tmp_path)
    assert Path(os.environ["XDG_RUNTIME_DIR"], "containers", "auth.json").is_file()
    push(locked.reference("team/app:v1"), [random_image(1000)])


@pytest.mark.parametrize("place", ["credHelpers", "credsStore"])
def test_with_a_helper_program(
    locked: RealRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    program = tmp_path / "bin" / "docker-credential-ours"
    program.parent.mkdir()
    said = json.dumps({"ServerURL": locked.host, "Username": USER, "Secret": PASSWORD})
    program.write_text(f'#!/bin/sh\nread host\n[ "$1 $host" = "get {locked.host}" ] && echo \'{said}\'\n', "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    file = Path(os.environ["HOME"], ".docker", "config.json")
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({place: {locked.host: "ours"} if place == "credHelpers" else "ours"}), "utf-8")
    push(locked.reference("team/app:v1"), [random_image(1000)])


def test_a_helper_that_fails_is_told_of(locked: RealRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "docker-credential-ours"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho the vault is closed >&2\nexit 3\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    file = Path(os.environ["HOME"], ".docker", "config.json")
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"credsStore": "ours"}), "utf-8")
    with pytest.raises(ImageError, match="docker-credential-ours failed: the vault is closed"):
        push(locked.reference("team/app:v1"), [random_image(1000)])


def test_https_where_there_is_none_is_explained(registry: RealRegistry) -> None:
    with (
        RegistrySource(registry.reference("team/app:v1"), Access(plain_http=False)) as source,
        pytest.raises(Exception, match="does not speak TLS"),
    ):
        source.root()


def _keep_login(file: Path, host: str) -> None:
    file.parent.mkdir(parents=True)
    packed = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    file.write_text(json.dumps({"auths": {host: {"auth": packed}}}), "utf-8")
