"""LitServe with its defaults: one API process and one model process, which on two cores was its quickest form.

Tried and left out: two of each (as quick at 64 connections, a third slower at one), `fast_queue`, and batches of 16
(slower: its cost is the form and the queues between the processes, not the model).
"""

import os

from digits import Digits
from fastapi import Request
from litserve import LitAPI, LitServer


class DigitAPI(LitAPI):
    def setup(self, device: str) -> None:
        self.digits = Digits()

    def decode_request(self, request: Request) -> bytes:
        return request["images"].file.read()

    def predict(self, picture: bytes) -> int:
        return self.digits.read(picture)

    def encode_response(self, digit: int) -> dict[str, int]:
        return {"mnist_result": digit}


if __name__ == "__main__":
    server = LitServer(DigitAPI(api_path="/"), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), generate_client_file=False, log_level="warning")
