"""LitServe as its documentation begins."""

import litserve as ls


class LengthAPI(ls.LitAPI):
    def setup(self, device):
        self.model = len

    def decode_request(self, request):
        return request["text"]

    def predict(self, text):
        return self.model(text)

    def encode_response(self, length):
        return {"length": length}


if __name__ == "__main__":
    server = ls.LitServer(LengthAPI(api_path="/"), accelerator="cpu")
    server.run(port=8080, generate_client_file=False)
