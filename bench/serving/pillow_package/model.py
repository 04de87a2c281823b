"""Our server with the peers' picture decoding: what is left of its lead when the user's own code is Pillow.

Put into a package folder with the config.json and model.onnx of the example.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

SIDE = 28


class Model:
    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(path / "model.onnx", options, providers=["CPUExecutionProvider"])

    def predict(self, images: list[bytes]) -> list[dict[str, int]]:
        batch = np.stack([pixels(image) for image in images])
        [digits] = self._session.run(["digits"], {"images": batch})
        return [{"mnist_result": digit} for digit in digits.tolist()]

    predict.max_size = 32  # type: ignore[attr-defined]


def pixels(picture: bytes) -> np.ndarray:
    """A picture file as grey uint8 [28, 28]."""
    grey = Image.open(io.BytesIO(picture)).convert("L")
    return np.asarray(grey if grey.size == (SIDE, SIDE) else grey.resize((SIDE, SIDE)))
