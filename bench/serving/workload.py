"""The one request that every server gets, the model files and the packages that they serve; made in bench/made."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.serving.servers import OURS, Server, Size

HERE = Path(__file__).parent
PEERS = HERE / "peers"
EXAMPLE = HERE.parents[1] / "examples" / "mnist"
ANSWER = {"mnist_result": 7}
BOUNDARY = "------------------------d74496d66958873e"  # as long as curl's


@dataclass(frozen=True)
class Workload:
    """`body`: the file with the bytes of the POST; `parameters`: how many a model has; `packages`: by server name."""

    body: Path
    content_type: str
    picture: Path
    models: Mapping[Size, Path]
    parameters: Mapping[Size, int]
    packages: Mapping[tuple[str, Size], Path]

    def package(self, server: Server, size: Size) -> Path:
        """The package folder for one of our own servers; the example's for the others, who don't look at it."""
        return self.packages.get((server.name, size), EXAMPLE)


def multipart(picture: bytes) -> bytes:
    """The body of `curl -F images=@seven.jpg`."""
    head = (
        f"--{BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="images"; filename="seven.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    return head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()


def prepare(work: Path, large_model: Path | None) -> Workload:
    """Writes everything below `work`; `large_model` replaces the one with random weights."""
    picture = EXAMPLE / "seven.jpg"
    body = work / "body.bin"
    work.mkdir(parents=True, exist_ok=True)
    body.write_bytes(multipart(picture.read_bytes()))
    models = {Size.SMALL: EXAMPLE / "model.onnx", Size.LARGE: work / "large.onnx"}
    if large_model is not None:
        shutil.copyfile(large_model, models[Size.LARGE])
    parameters = {
        Size.SMALL: count_parameters(models[Size.SMALL]),
        Size.LARGE: count_parameters(models[Size.LARGE], write=large_model is None),
    }
    packages = {
        (OURS, Size.SMALL): EXAMPLE,
        (OURS, Size.LARGE): _package(work / "large", EXAMPLE / "model.py", models[Size.LARGE]),
        ("hitless-pillow", Size.SMALL): _package(
            work / "pillow", HERE / "pillow_package" / "model.py", models[Size.SMALL]
        ),
    }
    return Workload(body, f"multipart/form-data; boundary={BOUNDARY}", picture, models, parameters, packages)


def count_parameters(model: Path, *, write: bool = False) -> int:
    """Of the ONNX file, which is made first with `write`."""
    command = [sys.executable, "-m", "bench.serving.networks", *(["--write"] if write else []), str(model)]
    counted = subprocess.run(command, cwd=HERE.parents[1], check=True, capture_output=True, text=True)
    return int(counted.stdout)


def _package(folder: Path, code: Path, model: Path) -> Path:
    """The example's package with other code or another model."""
    folder.mkdir(exist_ok=True)
    shutil.copyfile(EXAMPLE / "config.json", folder / "config.json")
    shutil.copyfile(code, folder / "model.py")
    shutil.copyfile(model, folder / "model.onnx")
    return folder
