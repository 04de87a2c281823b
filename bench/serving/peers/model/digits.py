"""The model code that every peer shares: picture → digit with Pillow, numpy and onnxruntime, as most people write it.

One thread a session (`intra_op_num_threads=1`), because the servers run one process a core.
"""

from __future__ import annotations

import io
import os

import numpy as np
import onnxruntime
from PIL import Image

SIDE = 28


class Digits:
    """The model in the file that the environment variable BENCH_MODEL names."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            os.environ["BENCH_MODEL"], options, providers=["CPUExecutionProvider"]
        )

    def read(self, picture: bytes) -> int:
        """The digit in the picture file."""
        return self.read_image(Image.open(io.BytesIO(picture)))

    def read_image(self, image: Image.Image) -> int:
        grey = image.convert("L")
        if grey.size != (SIDE, SIDE):
            grey = grey.resize((SIDE, SIDE))
        [digits] = self._session.run(["digits"], {"images": np.asarray(grey)[np.newaxis]})
        return int(digits[0])
