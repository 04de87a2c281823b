"""LitServe with its defaults: one process for HTTP, one for the model."""

import os

import answers
from litserve import LitAPI, LitServer


class EchoAPI(LitAPI):
    def setup(self, device: str) -> None:
        pass

    def decode_request(self, request: dict) -> dict:
        return request

    def predict(self, asked: dict) -> dict:
        return answers.echo(asked)

    def encode_response(self, answer: dict) -> dict:
        return answer


if __name__ == "__main__":
    server = LitServer(EchoAPI(api_path="/echo"), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), generate_client_file=False, log_level="warning")
