"""The example's image is read by everything that reads images, without a word of complaint."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.engines.lab import Lab
from tests.e2e.images.outside import needs, needs_root, run

from hitless.engines.containers import ContainerEngine
from hitless.images.archive import archive_source
from hitless.images.image import Image
from hitless.images.reading import read_image
from hitless.images.validate import validate

COMMAND = ["sh", "/home/run.sh"]


def test_its_validator(mnist_image: Image) -> None:
    assert validate(mnist_image) == []


def test_skopeo(mnist_layout: Path, mnist_image: Image, tmp_path: Path) -> None:
    needs("skopeo")
    name = f"oci:{mnist_layout}:mnist:v1"
    assert json.loads(run("skopeo", "inspect", name))["Digest"] == mnist_image.digest
    assert json.loads(run("skopeo", "inspect", "--config", name))["config"]["Cmd"] == COMMAND
    run("skopeo", "copy", "--quiet", name, f"dir:{tmp_path / 'copy'}")


def test_umoci(mnist_layout: Path, mnist_image: Image) -> None:
    needs("umoci")
    needs_root()
    told = json.loads(run("umoci", "stat", "--json", "--image", f"{mnist_layout}:mnist:v1"))
    filled = [entry["diff_id"] for entry in told["history"] if not entry.get("empty_layer")]
    assert filled == list(mnist_image.configuration.diff_ids)


def test_buildah(mnist_layout: Path, mnist_image: Image, lab: Lab) -> None:
    """Into podman's store of the lab, whose overlay file system it shares."""
    lab.need("buildah")
    buildah = lab.folder / "bin" / "buildah"
    identity = run(buildah, "pull", "--quiet", f"oci:{mnist_layout}:mnist:v1").strip()
    assert f"sha256:{identity}" == mnist_image.configuration.digest
    told = json.loads(run(buildah, "inspect", "--type", "image", identity))
    assert told["OCIv1"]["config"]["Cmd"] == COMMAND


def test_engines(engine: ContainerEngine, mnist: str, mnist_image: Image) -> None:
    (told,) = json.loads(engine.do("image", "inspect", mnist))
    assert told["Config"]["Cmd"] == COMMAND
    assert told["Config"].get("Entrypoint") in (None, [])
    assert told["Config"]["User"] == "1000:100"
    assert told["Config"]["StopSignal"] == "SIGTERM"
    assert list(told["Config"]["ExposedPorts"]) == ["8080/tcp"]
    assert told["RootFS"]["Layers"] == list(mnist_image.configuration.diff_ids)


def test_what_an_engine_saves_is_the_same_image(
    engine: ContainerEngine, mnist: str, mnist_image: Image, lab: Lab, tmp_path: Path
) -> None:
    """Out again, read by us: engines keep layers unpacked, and the configuration as it was."""
    engine.do("save", "--output", str(tmp_path / "saved.tar"), "localhost/mnist:v1")
    saved = read_image(archive_source(tmp_path / "saved.tar"), "what was saved")
    assert saved.configuration.digest == mnist_image.configuration.digest
    assert [layer.diff_id for layer in saved.layers] == [layer.diff_id for layer in mnist_image.layers]
