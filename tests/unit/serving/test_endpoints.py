"""Contract × model: which method answers which api, and every mismatch, all at once."""

from __future__ import annotations

import functools
import types
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.serving.stand_ins import JSON, exchange

from hitless.errors import InputError, Problem
from hitless.serving.declarations import batched
from hitless.serving.endpoints import Endpoint, bind, endpoint_name, method_for, served_methods
from hitless.serving.exchange import Exchange
from hitless.serving.model_routes import call_of
from hitless.serving.request import Rejected, Request
from hitless.spec.contract import Api, Contract, Payload


def contract(*apis: Api) -> Contract:
    return Contract("image_classification", "Image", apis=apis or (Api(),))


def payload(**properties: str) -> Payload:
    return Payload(schema={"type": "object", "properties": {name: {"type": kind} for name, kind in properties.items()}})


def bound(model: object, *apis: Api) -> list[Endpoint]:
    return bind(contract(*apis), model)


def problems(model: object, *apis: Api) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        bound(model, *apis)
    return list(caught.value.problems)


def method(**attributes: Any) -> Callable[..., Any]:
    def function(self: Any) -> None: ...

    vars(function).update(attributes)
    return function


def model_with(**methods: Any) -> Any:
    """An object of a class `Model` whose module is this one."""
    return type("Model", (), {"__module__": __name__, **methods})()


# Which method answers


@pytest.mark.parametrize(
    ("methods", "apis", "expected"),
    [
        pytest.param({"predict": {}}, [("POST", "/")], ["predict"], id="root-is-predict"),
        pytest.param({"predict": {}}, [("POST", "/predict")], ["predict"], id="predict-by-its-name"),
        pytest.param({"predict": {}}, [("POST", "/"), ("POST", "/predict")], ["predict", "predict"], id="two-urls"),
        pytest.param({"greet": {}}, [("GET", "/greet")], ["greet"], id="after-the-url"),
        pytest.param({"greet": {}}, [("GET", "/greet/")], ["greet"], id="trailing-slash"),
        pytest.param({"v1_greet": {}}, [("GET", "/v1/greet")], ["v1_greet"], id="two-segments"),
        pytest.param({"a_b": {}}, [("GET", "/a-b")], ["a_b"], id="hyphen"),
        pytest.param({"items": {}}, [("GET", "/items"), ("POST", "/items")], ["items", "items"], id="one-for-two"),
        pytest.param(
            {"get_items": {}, "post_items": {}}, [("GET", "/items"), ("POST", "/items")],
            ["get_items", "post_items"], id="one-for-each-of-two",
        ),
        pytest.param(
            {"items": {}, "delete_items": {}}, [("GET", "/items"), ("DELETE", "/items")],
            ["items", "delete_items"], id="the-special-goes-before-the-plain",
        ),
        pytest.param({"get_items": {}}, [("GET", "/items")], [None], id="special-name-needs-several-apis"),
        pytest.param({"hello": {"url": "/greet", "method": None}}, [("GET", "/greet")], ["hello"], id="declared"),
        pytest.param({"hello": {"url": "/greet"}}, [("GET", "/greet")], ["hello"], id="declared-by-an-attribute"),
        pytest.param(
            {"read": {"url": "/x", "method": "GET"}, "write": {"url": "/x", "method": "POST"}},
            [("POST", "/x"), ("GET", "/x")], ["write", "read"], id="declared-with-methods",
        ),
        pytest.param(
            {"greet": {"url": "/other"}, "hello": {"url": "/greet"}}, [("GET", "/greet"), ("GET", "/other")],
            ["hello", "greet"], id="a-declared-method-is-nothing-else",
        ),
        pytest.param({"greet": {"url": "/other"}}, [("GET", "/greet")], [None], id="not-even-by-its-name"),
        pytest.param({"hello": {}}, [("GET", "/greet")], [None], id="none"),
        pytest.param({"Greet": {}}, [("GET", "/greet")], [None], id="case"),
    ],
)  # fmt: skip
def test_method_for(
    methods: dict[str, dict[str, Any]], apis: list[tuple[str, str]], expected: list[str | None]
) -> None:
    made = {name: method(**attributes) for name, attributes in methods.items()}
    declared = [Api(url, verb) for verb, url in apis]
    assert [method_for(api, made, declared) for api in declared] == expected


def test_a_declared_method_has_no_case() -> None:
    assert method_for(Api("/x", "GET"), {"read": method(url="/x", method="get")}, []) == "read"


def test_a_declared_url_may_lack_its_slash() -> None:
    assert method_for(Api("/x", "GET"), {"read": method(url="x")}, []) == "read"


# Which methods count


class Framework:
    """A base class of somebody else: `eval`, `train` and so on are not for the net."""

    def train(self) -> None: ...

    def predict(self) -> Any: ...


Framework.__module__ = "torch.nn.modules.module"


class Base:
    def inherited(self) -> None: ...

    def predict(self) -> str:
        return "base"


class Model(Base, Framework):
    LIMIT = 5
    helper = functools.partial(print)

    def predict(self) -> str:
        return "own"

    async def answer(self) -> None: ...

    def _private(self) -> None: ...

    def __call__(self) -> None: ...

    def close(self) -> None: ...

    def warmup(self) -> None: ...

    def forward(self) -> None: ...

    @property
    def size(self) -> int:
        return 1

    class Inner:
        pass


def test_served_methods() -> None:
    found = served_methods(Model())
    assert list(found) == ["predict", "answer", "inherited"]
    assert found["predict"]() == "own"


def test_an_api_may_name_an_inherited_method() -> None:
    class Own(Framework):
        pass

    [endpoint] = bound(Own(), Api())
    assert endpoint.method.__name__ == "predict"


def test_a_static_method_serves() -> None:
    [endpoint] = bound(model_with(predict=staticmethod(lambda: 5)), Api())
    assert endpoint.method() == 5


def test_a_model_may_bring_its_methods() -> None:
    """As the bare network does, which has no code."""
    given = {"anything": method(url="/", method="POST", parameters=())}
    [endpoint] = bound(types.SimpleNamespace(served_methods=given))
    assert endpoint.method is given["anything"]


# Endpoints


class Ways:
    @batched(max_size=8, max_wait_ms=5)
    def batch(self, images: list[bytes]) -> list[int]:
        return [len(image) for image in images]

    @batched(max_size=4)
    async def slow(self, a: list[int], b: list[int]) -> list[int]:
        return [x + y for x, y in zip(a, b, strict=True)]

    def plain(self, a: int, *, b: int = 1, **rest: Any) -> tuple[Any, ...]:
        return a, b, rest

    async def coroutine(self, a: int) -> int:
        return a

    def stream(self) -> Iterator[int]:
        yield 1

    async def events(self) -> AsyncIterator[int]:
        yield 1


WAYS = [
    pytest.param("batch", 8, 0.005, False, False, id="batched"),
    pytest.param("slow", 4, 0.0, True, False, id="batched-coroutine"),
    pytest.param("plain", 0, 0.0, False, False, id="plain"),
    pytest.param("coroutine", 0, 0.0, True, False, id="coroutine"),
    pytest.param("stream", 0, 0.0, False, True, id="generator"),
    pytest.param("events", 0, 0.0, False, True, id="async-generator"),
]


@pytest.mark.parametrize(("name", "max_size", "max_wait_s", "is_async", "streams"), WAYS)
def test_an_endpoint_knows_how_it_is_called(
    name: str, max_size: int, max_wait_s: float, is_async: bool, streams: bool
) -> None:
    apis = [Api(f"/{way.values[0]}") for way in WAYS]
    [endpoint] = [endpoint for endpoint in bound(Ways(), *apis) if endpoint.api.url == f"/{name}"]
    assert (endpoint.max_size, endpoint.max_wait_s, endpoint.is_async) == (max_size, max_wait_s, is_async)
    assert endpoint.streams is streams
    assert endpoint.name == f"POST /{name}"


def test_the_declared_media_type_of_the_answer() -> None:
    api = Api(response=Payload("text/event-stream"))
    assert [endpoint.declared for endpoint in bound(model_with(predict=method()), api)] == ["text/event-stream"]
    assert [endpoint.declared for endpoint in bound(model_with(predict=method()), Api())] == ["application/json"]


def test_endpoint_name() -> None:
    assert endpoint_name(Api("/greet", "GET")) == "GET /greet"


def calls(model: object, *bodies: str) -> Any:
    [endpoint] = bound(model)
    made: list[Exchange] = [exchange(body.encode(), JSON) for body in bodies]
    arguments = [endpoint.binder.bind(one) for one in made]
    return call_of(endpoint)([one[0] if endpoint.max_size else one for one in arguments])


class Keywords:
    def predict(self, a: int, *, b: int = 1, **rest: Any) -> tuple[Any, ...]:
        return a, b, rest


class OneBatched:
    @batched(max_size=8)
    def predict(self, images: list[str]) -> list[str]:
        return [image.upper() for image in images]


class TwoBatched:
    @batched(max_size=8)
    def predict(self, a: list[int], b: list[int]) -> list[int]:
        return [x * y for x, y in zip(a, b, strict=True)]


def test_how_methods_are_called() -> None:
    assert calls(Keywords(), '{"a": 1, "b": 2, "c": 3}') == [(1, 2, {"c": 3})]
    assert calls(OneBatched(), '{"images": "a"}', '{"images": "b"}') == ["A", "B"]
    assert calls(TwoBatched(), '{"a": 2, "b": 3}', '{"a": 4, "b": 5}') == [6, 20]


# Mismatches


class Mismatched:
    """Nothing here fits the contract of the test below."""

    def predict(self, picture: bytes) -> None: ...

    def hello(self) -> None: ...

    def odd(self, x: Path) -> None: ...

    odd.url = "/odd"  # type: ignore[attr-defined]


def test_all_mismatches_at_once() -> None:
    apis = (
        Api(request=payload(images="file")),
        Api("/greet", "GET"),
        Api("/odd", request=Payload(schema={"type": "nonsense"})),
    )
    found = problems(Mismatched(), *apis)
    assert [problem.id for problem in found] == ["BIND-2", "BIND-1", "BIND-5", "BIND-4", "BIND-3"]
    assert [problem.path for problem in found] == [
        "$.apis[0].request.data.properties", "$.apis[1]", None, "$.apis[2].request.data", "$.apis",
    ]  # fmt: skip
    assert all(problem.remedy for problem in found)


@pytest.mark.parametrize(
    ("methods", "apis", "ids", "words"),
    [
        pytest.param({"predict": lambda self: 1}, [Api()], [], "", id="fits"),
        pytest.param({}, [Api()], ["BIND-1"], "POST /: the model has no method for it (it has: none)", id="no-method"),
        pytest.param({}, [Api("/a/b")], ["BIND-1"], "a_b(self, …)", id="the-name-to-write"),
        pytest.param({"predict": lambda self, a: a}, [Api(request=payload(b="string"))], ["BIND-2"],
                     "predict() needs the argument 'a'", id="argument-that-no-request-has"),
        pytest.param({"predict": lambda self, a, b, c: a}, [Api(request=payload(b="string"))], ["BIND-2", "BIND-2"],
                     "'c'", id="each-argument"),
        pytest.param({"predict": lambda self, a=1: a}, [Api(request=payload(b="string"))], [], "", id="default"),
        pytest.param({"predict": lambda self, a: a}, [Api(request=Payload())], [], "", id="request-says-nothing"),
        pytest.param({"predict": lambda self, a: a}, [Api(request=Payload(schema={"properties": {}}))], [], "",
                     id="empty-properties-say-nothing"),
        pytest.param({"predict": lambda self, a: a}, [Api()], [], "", id="no-request-declared"),
        pytest.param({"predict": lambda self: 1, "other": lambda self: 1}, [Api()], ["BIND-3"],
                     "no api of config.json reaches the method other()", id="unreached"),
        pytest.param({"predict": lambda self: 1}, [Api(request=Payload(schema={"type": "no"}))], ["BIND-4"],
                     "the schema of the request is none", id="bad-schema"),
        pytest.param({"predict": method(max_size="many")}, [Api()], ["BIND-5"], "max_size is 'many'", id="max-size"),
        pytest.param({"predict": method(max_size=-1)}, [Api()], ["BIND-5"], "max_size is -1", id="negative-size"),
        pytest.param({"predict": method(max_size=2, max_wait_ms=-1)}, [Api()], ["BIND-5"], "max_wait_ms is -1",
                     id="negative-wait"),
        pytest.param({"predict": batched()(lambda self, **fields: [])}, [Api()], ["BIND-5"], "**fields",
                     id="batched-fields"),
        pytest.param({"predict": batched()(lambda self, *, a: [])}, [Api()], ["BIND-5"], "keyword-only",
                     id="batched-keyword-only"),
        pytest.param({"hello": method(url="/other")}, [Api("/greet")], ["BIND-1", "BIND-3"], "hello()",
                     id="declared-for-another-url"),
    ],
)  # fmt: skip
def test_mismatches(methods: dict[str, Any], apis: list[Api], ids: list[str], words: str) -> None:
    model = model_with(**methods)
    if not ids:
        assert len(bound(model, *apis)) == len(apis)
        return
    found = problems(model, *apis)
    assert [problem.id for problem in found] == ids
    assert words in "\n".join(map(str, found))


def test_a_mismatch_says_where_the_method_is() -> None:
    [problem] = [problem for problem in problems(Mismatched(), Api(request=payload(images="file")), Api("/odd"),
                                                 Api("/hello")) if problem.id == "BIND-2"]  # fmt: skip
    assert problem.file == "model.py"
    assert problem.line == Mismatched.predict.__code__.co_firstlineno
    assert "it has: images" in problem.remedy


def test_the_request_is_no_argument_of_the_contract() -> None:
    class Own:
        def predict(self, request: Request, name: str) -> None: ...

    assert len(bound(Own(), Api(request=payload(name="string")))) == 1


def test_a_decorator_need_not_keep_the_name() -> None:
    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(self: Any, *arguments: Any) -> Any:
            return function(self, *arguments)

        return wrapper

    [endpoint] = bound(model_with(predict=decorated(lambda self: 5)))
    assert endpoint.method() == 5


def test_validation_can_be_switched_off() -> None:
    schema = Payload(schema={"type": "object", "required": ["a"]})
    [strict] = bind(contract(Api(request=schema)), model_with(predict=lambda self, a=1: a))
    [loose] = bind(contract(Api(request=schema)), model_with(predict=lambda self, a=1: a), validation=False)
    assert loose.binder.bind(exchange(b"{}", JSON)) == ((1,), {})
    with pytest.raises(Rejected, match="required"):
        strict.binder.bind(exchange(b"{}", JSON))
