"""`hitless build`: the same digest everywhere, only what changed is made anew, and the image serves."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.command_line import hitless
from tests.e2e.http import packages

from hitless.building.bill import BILL
from hitless.images.flattening import flatten
from hitless.images.image import Image
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image
from hitless.images.validate import validate

STARTED_WITHIN_S = 60.0


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return packages.loading(tmp_path / "package")


def built(package: Path, base: Path, cache: Path, output: Path, environ: Mapping[str, str] | None = None) -> Image:
    arguments = ("--base", base, "-o", output, "-t", "team/app:v1", "--cache", cache)
    done = hitless("build", package, *arguments, cwd=None, given=b"", **(environ or {}))
    assert done.returncode == 0, done.stderr
    image = read_image(LayoutSource(output), "the image")
    assert image.digest in done.stdout
    return image


def test_an_image_that_its_validator_and_others_take(package: Path, base: Path, cache: Path, tmp_path: Path) -> None:
    image = built(package, base, cache, tmp_path / "image")
    assert validate(image) == []
    configuration = image.configuration
    assert configuration.effective_command == ("sh", "/home/run.sh")
    assert configuration.user == "1000:100"
    assert configuration.exposed_ports == ("8080/tcp",)
    assert configuration.stop_signal == "SIGTERM"
    below = read_image(LayoutSource(base), "the base")
    assert configuration.labels["org.opencontainers.image.base.digest"] == below.digest
    assert configuration.diff_ids[: len(below.layers)] == below.configuration.diff_ids
    bill = flatten(image, lambda path: path == BILL).read(BILL) or b""
    assert b'"pkg:deb/debian/dash@' in bill  # of the base, as `hitless base make` makes it
    assert b'"pkg:pypi/uvloop@' in bill
    if shutil.which("skopeo") is not None:
        said = subprocess.run(
            ["skopeo", "inspect", f"oci:{tmp_path / 'image'}:team/app:v1"], capture_output=True, check=True
        )
        assert json.loads(said.stdout)["Digest"] == image.digest


def test_the_same_digest_wherever_it_is_built(package: Path, base: Path, cache: Path, tmp_path: Path) -> None:
    image = built(package, base, cache, tmp_path / "one")
    elsewhere = tmp_path / "deep" / "down" / "another name"
    shutil.copytree(package, elsewhere)
    for path in elsewhere.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o600 if path.is_file() else 0o700)
    again = tmp_path / "cache"
    again.mkdir()
    (again / "wheels").symlink_to(cache / "wheels")
    old = os.umask(0o077)
    try:
        other = built(elsewhere, base, again, tmp_path / "two", {"TZ": "Asia/Tokyo", "LC_ALL": "C", "HOME": "/nowhere"})
    finally:
        os.umask(old)
    assert other.digest == image.digest


def test_a_change_of_code_makes_one_small_layer(package: Path, base: Path, cache: Path, tmp_path: Path) -> None:
    before = built(package, base, cache, tmp_path / "image")
    packages.new_version(package, packages.LOADING.replace("VERSION = 1", "VERSION = 2"))
    after = built(package, base, cache, tmp_path / "image")
    old = {layer.descriptor.digest for layer in before.layers}
    new = [layer for layer in after.layers if layer.descriptor.digest not in old]
    assert len(new) == 1
    assert new[0] is after.layers[-1]
    assert new[0].descriptor.size < 50_000


def test_verify_builds_twice(package: Path, base: Path, cache: Path, tmp_path: Path) -> None:
    done = hitless("build", package, "--base", base, "-o", tmp_path / "image", "--cache", cache, "--verify")
    assert done.returncode == 0, done.stderr
    assert "gave the same digest" in done.stderr


def test_a_wheel_of_the_users_own(package: Path, base: Path, cache: Path, tmp_path: Path) -> None:
    """By its path; another file of the same name is another wheel, whatever is locked."""
    (package / "hitless.toml").write_text('[build]\npackages = ["./wheels/own-1-py3-none-any.whl"]\n')
    (package / "wheels").mkdir()
    place = "opt/hitless/venv/lib/python3.11/site-packages/own.py"
    for text in ("first = 1\n", "second = 2\n"):
        own_wheel(package / "wheels" / "own-1-py3-none-any.whl", text)
        image = built(package, base, cache, tmp_path / "image")
        files = flatten(image, lambda path: path == place)
        assert files.read(place) == text.encode()
        assert not [path for path in files.nodes if path.endswith(".whl")]  # it is there once
    (package / "wheels" / "own-1-py3-none-any.whl").unlink()
    gone = hitless("build", package, "--base", base, "-o", tmp_path / "none", "--cache", cache)
    assert (gone.returncode, "BUILD-6" in gone.stderr) == (2, True), gone.stderr


def own_wheel(file: Path, text: str) -> None:
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr("own.py", text)
        wheel.writestr("own-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: own\nVersion: 1\n")
        wheel.writestr("own-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("own-1.dist-info/RECORD", "own.py,,\nown-1.dist-info/METADATA,,\nown-1.dist-info/WHEEL,,\n")


@pytest.mark.parametrize("owner", ["0:0", "1000:100"])
def test_what_is_in_the_image_serves(package: Path, base: Path, cache: Path, tmp_path: Path, owner: str) -> None:
    """Unpacked by umoci, started by its own command in its own root, as root and as the platform's user."""
    if shutil.which("umoci") is None or os.geteuid():
        pytest.skip("umoci, run by root, unpacks the image")
    image = built(package, base, cache, tmp_path / "image")
    subprocess.run(["umoci", "unpack", "--image", f"{tmp_path / 'image'}:team/app:v1", tmp_path / "bundle"],
                   check=True, capture_output=True)  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = tmp_path / "bundle" / "rootfs"
    command = ["chroot", f"--userspec={owner}", str(root), *image.configuration.effective_command]
    environment = {**image.configuration.environment, "HITLESS_PORT": str(port), "HITLESS_LINGER": "0.2",
                   "HITLESS_DEADLINE": "20", "HITLESS_WORKERS": "1"}  # fmt: skip
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        try:
            assert answer(f"http://127.0.0.1:{port}/version", server)["version"] == 1
            server.terminate()
            assert server.wait(STARTED_WITHIN_S) == 0
        finally:
            server.kill()


def answer(url: str, server: subprocess.Popen[bytes]) -> dict[str, Any]:
    until = time.monotonic() + STARTED_WITHIN_S
    while server.poll() is None and time.monotonic() < until:
        try:
            found: dict[str, Any] = httpx.get(url, trust_env=False, timeout=STARTED_WITHIN_S).json()
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return found
    raise AssertionError(server.stdout.read().decode() if server.stdout is not None else "")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["-o", "{out}"], 2, "there is no base image", id="no-base"),
        pytest.param(["--base", "{base}"], 2, "would go nowhere", id="no-output"),
        pytest.param(["--base", "{base}", "--push"], 2, "needs to know where to", id="push-without-a-name"),
        pytest.param(["--base", "/nowhere/at/all", "-o", "{out}"], 2, "no folder or file /nowhere", id="no-such-base"),
        pytest.param(["--base", "127.0.0.1:1/a/b", "-o", "{out}"], 3, "127.0.0.1:1", id="no-registry"),
        pytest.param(["--base", "{base}", "-o", "{out}", "--platform", "linux/arm64"], 2, "no image for linux/arm64",
                     id="wrong-platform"),
        pytest.param(["--base", "{base}", "-o", "{out}", "--platform", "beos"], 2, "'beos' is no platform",
                     id="no-platform"),
        pytest.param(["--base", "{base}", "-o", "{out}.zip"], 2, "written as .tar, not .zip", id="other-archive"),
        pytest.param(["--base", "{base}", "-o", "{base}/index.json"], 2, "it is a file", id="output-is-a-file"),
        pytest.param(["--base", "{base}", "-o", "{package}"], 2, "has other files in it", id="output-is-the-package"),
        pytest.param(["--base", "{base}", "-t", "Bad:ref!", "--push"], 2, "'ref!' is no tag", id="no-name"),
        pytest.param(["--base", "{base}", "-o", "{out}", "--cache", "{base}/index.json"], 3, "cannot be written",
                     id="cache-is-a-file"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    package: Path, base: Path, cache: Path, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    filled = [one.format(base=base, out=tmp_path / "out", package=package) for one in arguments]
    done = hitless("build", package, "--cache", cache, *filled)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_image_of_ours_is_no_base(package: Path, base: Path, cache: Path, tmp_path: Path) -> None:
    built(package, base, cache, tmp_path / "image")
    done = hitless("build", package, "--base", tmp_path / "image", "-o", tmp_path / "out", "--cache", cache)
    assert (done.returncode, done.stdout, "BASE-7" in done.stderr) == (2, "", True)


@pytest.mark.parametrize("verb", ["build", "dockerfile"])
def test_a_package_that_is_not_there(base: Path, tmp_path: Path, verb: str) -> None:
    done = hitless(verb, tmp_path / "none", "--base", base)
    assert (done.returncode, done.stdout) == (2, "")
    assert "none is no folder" in " ".join(done.stderr.split())


@pytest.mark.parametrize("place", ["package", "image.tar"])
def test_a_pull_spoils_nothing(package: Path, base: Path, tmp_path: Path, place: str) -> None:
    before = sorted(package.rglob("*"))
    done = hitless("pull", base, tmp_path / place)
    assert (done.returncode, done.stdout, "BUILD-34" in done.stderr) == (2, "", True)
    assert sorted(package.rglob("*")) == before


def test_a_picture_that_cannot_be_written(base: Path) -> None:
    done = hitless("inspect", base, "--html", "/nowhere/at/all.html")
    assert (done.returncode, "/nowhere/at/all.html cannot be written" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param('packages = ["docopt==0.6.2"]', "docopt has no wheel", id="sdist-only"),
        pytest.param('packages = ["no-such-package-of-hitless"]', "no-such-package-of-hitless", id="unknown-package"),
        pytest.param('packages = ["!!"]', "BUILD-14", id="no-requirement"),
        pytest.param("pakages = []", "Did you mean packages?", id="misspelt"),
        pytest.param('requirements = "none.txt"', "none.txt cannot be read", id="no-such-file"),
        pytest.param('system-packages = ["dash", "no-such"]', "does not have no-such,", id="system-packages"),
        pytest.param('system-packages = ["dash=0.1"]', "does not have dash=0.1, which", id="another-version"),
    ],
)
def test_bad_settings(package: Path, base: Path, cache: Path, tmp_path: Path, settings: str, words: str) -> None:
    (package / "hitless.toml").write_text(f"[build]\n{settings}\n")
    done = hitless("build", package, "--base", base, "-o", tmp_path / "out", "--cache", cache)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert not (tmp_path / "out").exists()
