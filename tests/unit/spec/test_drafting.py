"""model.py → a draft of its contract, by the conventions of the server."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from hitless.errors import InputError
from hitless.spec.config import parse, write
from hitless.spec.contract import EVENT_STREAM, JSON, MULTIPART, Api, Payload
from hitless.spec.drafting import Draft, draft
from hitless.spec.health import Probe

OCTETS = "application/octet-stream"


def drafted(code: str) -> Draft:
    return draft(textwrap.dedent(code).encode())


def of_method(method: str, *, before: str = "") -> Api:
    (api,) = drafted(f"{before}\nclass Model:\n{textwrap.indent(textwrap.dedent(method), '    ')}").contract.apis
    return api


def request(properties: dict[str, Any], required: list[str] | None = None, content_type: str = JSON) -> Payload:
    needed = list(properties) if required is None else required
    return Payload(
        content_type, {"type": "object", "properties": properties} | ({"required": needed} if needed else {})
    )


INTEGER, STRING, NUMBER, FILE = {"type": "integer"}, {"type": "string"}, {"type": "number"}, {"type": "file"}

METHODS: dict[str, tuple[str, Api]] = {
    "predict is the root": (
        "def predict(self, images: bytes) -> dict: ...",
        Api("/", "POST", None, request({"images": FILE}, content_type=MULTIPART), Payload(JSON, {"type": "object"})),
    ),
    "another name is a path": (
        "def greet(self, name: str) -> str: ...",
        Api("/greet", "POST", None, request({"name": STRING}), Payload(JSON, STRING)),
    ),
    "no parameters: GET": ("def version(self) -> int: ...", Api("/version", "GET", None, None, Payload(JSON, INTEGER))),
    "async": (
        "async def predict(self, x: int) -> int: ...",
        Api("/", "POST", None, request({"x": INTEGER}), Payload(JSON, INTEGER)),
    ),
    "default: not required": (
        "def predict(self, x: int, y: float = 0.5, *, z: str, w: int = -1) -> None: ...",
        Api(
            "/",
            "POST",
            None,
            request(
                {"x": INTEGER, "y": NUMBER | {"default": 0.5}, "z": STRING, "w": INTEGER | {"default": -1}}, ["x", "z"]
            ),
            Payload(JSON, {"type": "null"}),
        ),
    ),
    "a default that JSON cannot hold": (
        "def predict(self, x: float = 1e999, y=None, z=NAME): ...",
        Api("/", "POST", None, request({"x": NUMBER, "y": {}, "z": {}}, []), None),
    ),
    "positional only": ("def predict(self, x: int, /): ...", Api("/", "POST", None, request({"x": INTEGER}), None)),
    "a request is no parameter": (
        "def predict(self, request: hitless.Request): ...",
        Api("/", "GET", None, None, None),
    ),
    "any fields": ("def predict(self, **fields): ...", Api("/", "POST", None, None, None)),
    "a form holds texts too": (
        "def predict(self, image: Image.Image, size: int = 3): ...",
        Api("/", "POST", None, request({"image": FILE, "size": INTEGER | {"default": 3}}, ["image"], MULTIPART), None),
    ),
    "arrays are JSON": (
        "def predict(self, data: np.ndarray) -> np.ndarray: ...",
        Api("/", "POST", None, request({"data": {"type": "array"}}), Payload(JSON, {"type": "array"})),
    ),
    "decorated api": (
        '@api("/v1/hello", method="get")\ndef hello(self, name: str): ...',
        Api("/v1/hello", "GET", None, request({"name": STRING}), None),
    ),
    "decorated api, by keyword and module": (
        '@hitless.api(url="/v1/hello")\ndef hello(self): ...',
        Api("/v1/hello", "GET", None, None, None),
    ),
    "declared by attributes": (
        'def hello(self, x: int): ...\nhello.url, hello.method = "/v1/hello", "PUT"',
        Api("/v1/hello", "PUT", None, request({"x": INTEGER}), None),
    ),
    "declared without a slash": ('@api("hello")\ndef x(self): ...', Api("/hello", "GET", None, None, None)),
    "static": (
        "@staticmethod\ndef softmax(x: list[float]): ...",
        Api("/softmax", "POST", None, request({"x": {"type": "array", "items": NUMBER}}), None),
    ),
    "of the class": ("@classmethod\ndef labels(cls): ...", Api("/labels", "GET", None, None, None)),
    "url that is no literal": ("@api(URL)\ndef hello(self): ...", Api("/hello", "GET", None, None, None)),
    "batched": (
        "@batched(max_size=8)\ndef predict(self, images: list[bytes]) -> list[int]: ...",
        Api("/", "POST", None, request({"images": FILE}, content_type=MULTIPART), Payload(JSON, INTEGER)),
    ),
    "batched, by module, without brackets": (
        "@hitless.batched\ndef predict(self, x: list[list[float]]) -> list[dict]: ...",
        Api("/", "POST", None, request({"x": {"type": "array", "items": NUMBER}}), Payload(JSON, {"type": "object"})),
    ),
    "batched by an attribute": (
        "def predict(self, x: 'list[int]') -> list: ...\npredict.max_size = 8",
        Api("/", "POST", None, request({"x": INTEGER}), None),
    ),
    "generator by hint": (
        "def chat(self, prompt: str) -> Iterator[str]: ...",
        Api("/chat", "POST", None, request({"prompt": STRING}), Payload(EVENT_STREAM)),
    ),
    "generator by yield": (
        "async def chat(self, prompt: str):\n    for word in prompt:\n        yield word",
        Api("/chat", "POST", None, request({"prompt": STRING}), Payload(EVENT_STREAM)),
    ),
    "a yield in an inner function": (
        "def chat(self, prompt: str):\n    def words():\n        yield 1\n    return list(words())",
        Api("/chat", "POST", None, request({"prompt": STRING}), None),
    ),
    "bytes": (
        "def predict(self, x: int) -> bytes: ...",
        Api("/", "POST", None, request({"x": INTEGER}), Payload(OCTETS)),
    ),
    "a response of its own": (
        "def predict(self, x: int) -> Response: ...",
        Api("/", "POST", None, request({"x": INTEGER}), None),
    ),
    "unhinted": ("def predict(self, x): ...", Api("/", "POST", None, request({"x": {}}), None)),
}


@pytest.mark.parametrize(("method", "api"), METHODS.values(), ids=METHODS)
def test_method(method: str, api: Api) -> None:
    assert of_method(method) == api


def test_the_result_may_be_a_typed_dict_or_a_dataclass_of_the_file() -> None:
    before = "class Answer(TypedDict):\n    mnist_result: int\n"
    assert of_method("def predict(self, images: bytes) -> Answer: ...", before=before).response == Payload(
        JSON, {"type": "object", "properties": {"mnist_result": INTEGER}, "required": ["mnist_result"]}
    )


def test_the_whole_draft() -> None:
    result = drafted("""
        class Model:
            scale = 255
            def __init__(self, path): ...
            def predict(self, images: bytes) -> dict: ...
            def _helper(self): ...
            def close(self): ...
            def warmup(self): ...
            @property
            def size(self): ...
            @size.setter
            def size(self, value): ...
            def classes(self) -> list[str]: ...
    """)
    contract = result.contract
    assert [(api.url, api.method) for api in contract.apis] == [("/", "POST"), ("/classes", "GET")]
    assert (contract.model_algorithm, contract.model_type) == ("image_classification", "Image")
    assert contract.probes == {"health": Probe()}
    assert (contract.port, contract.protocol) == (8080, "http")
    assert result.notes == ()
    assert parse(write(contract), strict=True).problems == ()
    assert parse(write(contract)).contract == contract


@pytest.mark.parametrize(
    ("parameter", "algorithm"),
    [
        ("images: bytes", "image_classification"),
        ("sound: bytes", "predict_analysis"),
        ("image: str", "predict_analysis"),
    ],
)
def test_the_algorithm_is_guessed_from_the_files(parameter: str, algorithm: str) -> None:
    assert drafted(f"class Model:\n    def predict(self, {parameter}): ...").contract.model_algorithm == algorithm


CLASSES = {
    "Model among others": ("class Other:\n    def run(self): ...\nclass Model:\n    def predict(self): ...", ["/"]),
    "the only one with methods": (
        "class Error(Exception):\n    def why(self): ...\nclass Box: ...\nclass Net:\n    def predict(self): ...",
        ["/"],
    ),
    "inherited": (
        "class Base:\n    def greet(self): ...\nclass Model(Base):\n    def predict(self): ...",
        ["/greet", "/"],
    ),
    "overridden": (
        "class Base:\n    def predict(self): ...\nclass Model(Base):\n    def predict(self, x: int): ...",
        ["/"],
    ),
    "its own base": ("class Model(Model):\n    def predict(self): ...", ["/"]),
}


@pytest.mark.parametrize(("code", "urls"), CLASSES.values(), ids=CLASSES)
def test_which_class_is_the_model(code: str, urls: list[str]) -> None:
    assert [api.url for api in drafted(code).contract.apis] == urls


def test_an_unhinted_parameter_is_noted_with_its_place() -> None:
    notes = drafted("class Model:\n    def predict(self, a: int, b): ...").notes
    assert [(n.id, n.file, n.line, n.column, str(n.severity)) for n in notes] == [
        ("CFG-904", "model.py", 2, 31, "warning")
    ]
    assert "predict: nothing says what b is" in notes[0].message


REFUSED: dict[str, tuple[bytes, str, int | None, str]] = {
    "syntax": (b"class Model:\n    def predict(self:\n", "CFG-901", 2, "no Python"),
    "empty": (b"", "CFG-902", None, "classes with methods: none"),
    "only functions": (b"def predict(x): ...", "CFG-902", None, "classes with methods: none"),
    "two classes": (
        b"class A:\n    def a(self): ...\nclass B:\n    def b(self): ...",
        "CFG-902",
        None,
        "classes with methods: A, B",
    ),
    "no public method": (b"class Model:\n    def _x(self): ...", "CFG-902", 1, "Model has no public method"),
    "two methods for a url": (
        b'class Model:\n    def predict(self): ...\n    @api("/")\n    def root(self): ...',
        "CFG-903",
        4,
        "root and predict are both GET /",
    ),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\x00", "CFG-901", None, "no Python"),
    "NUL": (b"x = 1\x00", "CFG-901", None, "no Python"),
    "unknown encoding": (b"# -*- coding: klingon -*-\n", "CFG-901", None, "no Python"),
    "deep": (b"x = " + b"-" * 200_000 + b"1", "CFG-901", None, "no Python"),
    "deep brackets": (b"x = " + b"(" * 1000, "CFG-901", None, "no Python"),
    "too large": (b"#" * 4_194_305, "CFG-901", None, "larger than 4 MiB"),
}


@pytest.mark.parametrize(("source", "problem", "line", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_drafted_from(source: bytes, problem: str, line: int | None, message: str) -> None:
    with pytest.raises(InputError) as caught:
        draft(source)
    (found,) = caught.value.problems
    assert (found.id, found.file) == (problem, "model.py")
    assert message in found.message
    if line is not None:
        assert found.line == line


def test_a_source_in_another_encoding_is_read_as_python_does() -> None:
    source = '# -*- coding: latin-1 -*-\nclass Model:\n    def predict(self, x: str = "é"): ...'.encode("latin-1")
    payload = draft(source).contract.apis[0].request
    assert payload is not None
    assert payload.schema is not None
    assert payload.schema["properties"]["x"] == {"type": "string", "default": "é"}


def test_nothing_of_the_file_is_executed() -> None:
    assert drafted("raise SystemExit(1)\nclass Model:\n    def predict(self): ...").contract.apis[0].url == "/"
