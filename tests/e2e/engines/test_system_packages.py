"""`hitless build --engine`: the base is extended by the engine, once; all above is as it is without one.

The base's apt-get notes what it was asked, its pip makes one wheel: the true ones need a network. All else is real.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.e2e.command_line import PROGRAM, environment, hitless
from tests.e2e.conftest import one_at_a_time
from tests.e2e.engines.conftest import loaded
from tests.e2e.engines.lab import Lab
from tests.e2e.engines.ready import answered
from tests.e2e.http import packages
from tests.unit.images.samples import layer_of_tar

from hitless.building.bill import BILL
from hitless.engines.containers import ContainerEngine
from hitless.engines.running import Start, started
from hitless.images.flattening import flatten
from hitless.images.image import Image
from hitless.images.layout import LayoutSource, write_layout
from hitless.images.packing import gzip
from hitless.images.reading import read_image
from hitless.images.tarball import PROGRAM as EXECUTABLE
from hitless.images.tarball import of_bytes, tar_pieces
from hitless.images.validate import validate

BUILT_WITHIN_S = 200.0
APT = b"""#!/bin/sh
[ "$1" = install ] || exit 0
while [ "$#" -gt 0 ]; do
  case $1 in
    broken) echo "E: Unable to locate package $1" >&2; exit 100 ;;
    -*|install) ;;
    *) echo "$1" >> /var/lib/installed
      version=${1#*=}; [ "$version" != "$1" ] || version=2
      exec 3>> /var/lib/dpkg/status
      printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\n' "${1%%=*}" "$version" >&3
      printf 'Status: install ok installed\\n\\n' >&3 ;;
  esac
  shift
done
"""
PIP = b"""import sys, zipfile
arguments = sys.argv[1:]
assert arguments[0] == "wheel" and arguments[-1] == "docopt==0.6.2", arguments
folder = arguments[arguments.index("--wheel-dir") + 1]
__import__("os").makedirs(folder)
with zipfile.ZipFile(folder + "/docopt-0.6.2-py3-none-any.whl", "w") as wheel:
    name, info = "docopt.py", "docopt-0.6.2.dist-info/"
    wheel.writestr(name, "compiled = True\\n")
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: docopt\\nVersion: 0.6.2\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "".join(f"{one},,\\n" for one in (name, info + "METADATA", info + "WHEEL")))
"""
RM = b"#!/bin/sh\n"
SETTINGS = '[build]\nsystem-packages = ["libfirst", "libsecond=1.0"]\n'
INSTALLED = "var/lib/installed"


@pytest.fixture(scope="session")
def base_with_apt(shared: Path, base: Path) -> Path:
    folder = shared / "base-with-apt"
    with one_at_a_time(shared / "base-with-apt.lock"):
        if not folder.exists():
            below = read_image(LayoutSource(base), "the base")
            entries = [of_bytes("usr/bin/apt-get", APT, EXECUTABLE), of_bytes("usr/bin/rm", RM, EXECUTABLE),
                       of_bytes("usr/lib/python3/dist-packages/pip/__main__.py", PIP)]  # fmt: skip
            layer = layer_of_tar(b"".join(tar_pieces(entries)), gzip())
            write_layout(folder, {"latest": below.on_top([layer], [{"created_by": "test"}], "1980-01-01T00:00:01Z")})
    return folder


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = packages.loading(tmp_path / "package")
    (folder / "hitless.toml").write_text(SETTINGS)
    return folder


def built(
    lab: Lab, package: Path, base: Path, cache: Path, output: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    arguments = ["build", package, "--base", base, "-o", output, "-t", "app:v1", "--cache", cache, *more]
    environ = environment(PATH=f"{lab.folder}/bin:{os.environ['PATH']}")
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environ,
        timeout=BUILT_WITHIN_S,
        check=False,
    )


def image_in(layout: Path) -> Image:
    return read_image(LayoutSource(layout), "the image")


@pytest.mark.parametrize("name", ["podman", "docker", "buildah"])
def test_packages_of_the_system(
    lab: Lab, base_with_apt: Path, package: Path, cache: Path, tmp_path: Path, name: str
) -> None:
    lab.need(name)
    (package / "hitless.toml").write_text(SETTINGS.replace("second", name))  # of its own: the cache is all engines'
    done = built(lab, package, base_with_apt, cache, tmp_path / "image", "--engine", name)
    assert done.returncode == 0, done.stderr
    image = image_in(tmp_path / "image")
    assert validate(image) == []
    assert not image.is_docker
    found = flatten(image, lambda path: path == INSTALLED)
    assert found.read(INSTALLED) == f"libfirst\nlib{name}=1.0\n".encode()

    again = built(lab, package, base_with_apt, cache, tmp_path / "again", "--engine", "no-engine-is-asked")
    assert image_in(tmp_path / "again").digest == image.digest, again.stderr

    (package / "hitless.toml").write_text("")
    without = built(lab, package, base_with_apt, cache, tmp_path / "without")
    assert without.returncode == 0, without.stderr
    plain, below = image_in(tmp_path / "without"), len(image_in(base_with_apt).layers)
    ours = [layer.descriptor for layer in image.layers[below + 1 :]]
    assert ours[:-2] == [layer.descriptor for layer in plain.layers[below:-2]]  # the last have the bill, hitless.toml
    bill = flatten(image, lambda path: path == BILL).read(BILL) or b""
    assert f'"pkg:deb/debian/lib{name}@1.0?arch=all&distro=debian-12"'.encode() in bill


@pytest.mark.parametrize("name", ["podman", "docker", "buildah"])
def test_a_package_without_a_wheel_is_compiled(
    lab: Lab, base_with_apt: Path, package: Path, cache: Path, tmp_path: Path, name: str
) -> None:
    lab.need(name)
    (package / "hitless.toml").write_text('[build]\npackages = ["docopt==0.6.2"]\n')
    done = built(lab, package, base_with_apt, cache, tmp_path / "image", "--engine", name)
    assert done.returncode == 0, done.stderr
    image = image_in(tmp_path / "image")
    place = "opt/hitless/venv/lib/python3.11/site-packages/docopt.py"
    assert flatten(image, lambda path: path == place).read(place) == b"compiled = True\n"
    assert len(image.layers) == len(image_in(base_with_apt).layers) + 5  # nothing of the engine's is in it
    assert not flatten(image, lambda _: False).resolve("opt/hitless-wheels")

    again = built(lab, package, base_with_apt, cache, tmp_path / "again")  # locked, and the wheel is here
    assert image_in(tmp_path / "again").digest == image.digest, again.stderr


def test_an_image_on_a_base_of_the_printed_dockerfile_runs(
    engine: ContainerEngine, lab: Lab, base_with_apt: Path, package: Path, cache: Path, tmp_path: Path
) -> None:
    """Built by who has an engine; used by machines that have none, and know nothing but the lock file and the base."""
    (package / "hitless.toml").write_text(f'{SETTINGS}packages = ["docopt==0.6.2"]\n')
    model = (package / "model.py").read_text()
    (package / "model.py").write_text(f"import docopt\nassert docopt.compiled\n{model}")
    printed = hitless("dockerfile", package, "--base", base_with_apt)
    assert printed.returncode == 0, printed.stderr
    assert not (package / "hitless.lock").exists()
    loaded(engine, image_in(base_with_apt), "base-with-apt:v1", lab)
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "Dockerfile").write_text(
        printed.stdout.replace(str(base_with_apt), "localhost/base-with-apt:v1")
    )
    network = () if engine.name == "podman" else ("--network", "host")
    engine.do("build", *network, "--tag", "localhost/extended:v1", str(tmp_path / "context"))
    engine.do("save", "--output", str(tmp_path / "extended.tar"), "localhost/extended:v1")

    one = built(lab, package, tmp_path / "extended.tar", cache, tmp_path / "one")
    assert one.returncode == 0, one.stderr
    image = image_in(tmp_path / "one")
    assert validate(image) == []
    assert flatten(image, lambda path: path == INSTALLED).read(INSTALLED) == b"libfirst\nlibsecond=1.0\n"

    elsewhere = tmp_path / "cache"
    (elsewhere / "wheels").mkdir(parents=True)
    for folder in (cache / "wheels").iterdir():
        if not any(folder.glob("docopt-*")):
            (elsewhere / "wheels" / folder.name).symlink_to(folder)
    two = built(lab, package, tmp_path / "extended.tar", elsewhere, tmp_path / "two")
    assert image_in(tmp_path / "two").digest == image.digest, two.stderr

    with started(engine, Start(loaded(engine, image, "on-extended:v1", lab))) as instance:
        assert json.loads(answered(instance, path="/version", within=lab.command()))["version"] == 1


@pytest.mark.parametrize(
    ("settings", "arguments", "code", "words"),
    [
        pytest.param(SETTINGS, [], 2, "Add --engine docker, podman or buildah", id="no-engine"),
        pytest.param(SETTINGS, ["--engine", "dcoker"], 2, "Choose one of docker, podman, buildah", id="unknown-engine"),
        pytest.param('[build]\nsystem-packages = ["a b"]', ["--engine", "podman"], 2, "BUILD-9", id="bad-name"),
        pytest.param('[build]\nsystem-packages = ["broken"]', ["--engine", "podman"], 3,
                     "E: Unable to locate package broken", id="unknown-package"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    lab: Lab, base_with_apt: Path, package: Path, cache: Path, tmp_path: Path, settings: str, arguments: list[str],
    code: int, words: str,
) -> None:  # fmt: skip
    lab.need("podman")
    (package / "hitless.toml").write_text(settings)
    done = built(lab, package, base_with_apt, cache, tmp_path / "image", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "image").exists()


def test_the_dockerfile_is_shown(base_with_apt: Path, base: Path, package: Path) -> None:
    done = hitless("dockerfile", package, "--base", base_with_apt)
    assert done.returncode == 0, done.stderr
    comment, *lines = done.stdout.splitlines()
    assert comment.startswith(f"# {base_with_apt} is a path of this machine")
    assert lines[:2] == [f"FROM {base_with_apt}", "USER root"]
    assert "apt-get install --yes --no-install-recommends libfirst libsecond=1.0" in done.stdout
    refused = hitless("dockerfile", package, "--base", base)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "BUILD-8" in refused.stderr
    (package / "hitless.toml").write_text("")
    nothing = hitless("dockerfile", package, "--base", base)
    assert nothing.stdout.splitlines()[1:] == [
        "# Nothing here needs an engine: no system-packages, and each Python package has a wheel.", f"FROM {base}",
    ]  # fmt: skip
    missing = hitless("dockerfile", package)
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "BUILD-30" in missing.stderr
