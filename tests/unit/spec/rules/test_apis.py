"""`apis`: urls, methods, duplicates, and what preset engines may have."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.spec.samples import found, reading, severity

from hitless.spec.contract import Api

URLS = {
    "root": ("/", None),
    "path": ("/v1/greet", None),
    "trailing slash": ("/greet/", None),
    "percent-encoded": ("/a%20b", None),
    "no slash": ("greet", 'Write "/greet".'),
    "empty": ("", 'Write "/".'),
    "host": ("http://10.0.0.1:8080/greet", 'Write the path alone: "/greet".'),
    "host alone": ("https://example.com", 'Write the path alone: "/".'),
    "query": ("/greet?name=a", 'Write the path alone: "/greet".'),
    "fragment": ("/greet#a", 'Write the path alone: "/greet".'),
    "parameter": ("/users/{id}", "Urls have no parameters: take them from the query or the body."),
    "blank": ("/a b", "percent-encode"),
    "not ASCII": ("/预测", "percent-encode"),
    "bad percent": ("/a%2", "percent-encode"),
    "line feed": ("/a\n", "percent-encode"),
}


@pytest.mark.parametrize(("url", "remedy"), URLS.values(), ids=URLS)
def test_url(url: str, remedy: str | None) -> None:
    result = reading(apis=[{"url": url}])
    if remedy is None:
        assert result.problems == ()
        assert result.contract is not None
        assert result.contract.apis == (Api(url=url),)
    else:
        assert found(result) == [("CFG-402", "error", "$.apis[0].url")]
        assert remedy in result.problems[0].remedy


METHODS: dict[str, tuple[Any, str | None, str | None, str | None]] = {
    "absent": (..., "POST", None, None),
    "post": ("post", "POST", None, None),
    "POST": ("POST", "POST", None, None),
    "get": ("get", "GET", None, None),
    "Get": ("Get", "GET", None, None),
    "put": ("put", "PUT", "CFG-404", "warning"),
    "delete": ("DELETE", "DELETE", "CFG-404", "warning"),
    "patch": ("patch", "PATCH", "CFG-404", "warning"),
    "unknown": ("fetch", None, "CFG-403", "error"),
    "head": ("head", None, "CFG-403", "error"),
    "number": (1, None, "CFG-201", "error"),
}


@pytest.mark.parametrize(("written", "method", "problem", "weight"), METHODS.values(), ids=METHODS)
def test_method(written: Any, method: str | None, problem: str | None, weight: str | None) -> None:
    result = reading(apis=[{"url": "/"} | ({} if written is ... else {"method": written})])
    assert found(result) == ([] if problem is None else [(problem, weight, "$.apis[0].method")])
    assert (result.contract.apis[0].method if result.contract is not None else None) == method


def test_what_an_api_leaves_out_has_its_documented_default() -> None:
    result = reading(apis=[{}], strict=True)
    assert result.problems == ()
    assert result.contract is not None
    assert result.contract.apis == (Api(url="/", method="POST", protocol=None, request=None, response=None),)


DUPLICATES = {
    "same": ([{"url": "/", "method": "post"}, {"url": "/", "method": "post"}], ["$.apis[1]"]),
    "in another case": ([{"url": "/", "method": "post"}, {"url": "/", "method": "POST"}], ["$.apis[1]"]),
    "by default": ([{}, {"url": "/"}], ["$.apis[1]"]),
    "three": ([{}, {}, {}], ["$.apis[1]", "$.apis[2]"]),
    "another method": ([{"url": "/"}, {"url": "/", "method": "get"}], []),
    "another url": ([{"url": "/a"}, {"url": "/a/"}], []),
}


@pytest.mark.parametrize(("apis", "places"), DUPLICATES.values(), ids=DUPLICATES)
@pytest.mark.parametrize("strict", [False, True], ids=["tolerant", "strict"])
def test_duplicates_are_refused_in_both_strengths(apis: list[Any], places: list[str], strict: bool) -> None:
    result = reading(apis=apis, strict=strict)
    assert found(result) == [("CFG-405", "error", place) for place in places]


ENGINES = {
    "one at /": ("PyTorch", [{"url": "/"}], []),
    "one by default": ("TensorFlow", [{}], []),
    "one elsewhere": ("PyTorch", [{"url": "/predict"}], ["$.apis[0].url"]),
    "two": ("MindSpore", [{"url": "/"}, {"url": "/b"}], ["$.apis", "$.apis[1].url"]),
    "custom image": ("Image", [{"url": "/a"}, {"url": "/b"}], []),
    "template": ("Template", [{"url": "/a"}], []),
}


@pytest.mark.parametrize(("model_type", "apis", "places"), ENGINES.values(), ids=ENGINES)
def test_only_custom_images_choose_their_urls(model_type: str, apis: list[Any], places: list[str]) -> None:
    assert found(reading(model_type=model_type, apis=apis)) == [("CFG-406", "error", place) for place in places]


@pytest.mark.parametrize("apis", [..., []], ids=["absent", "empty"])
def test_no_api_is_a_warning(apis: Any) -> None:
    result = reading(apis=apis, strict=True)
    assert found(result) == [("CFG-401", "warning", "$")]
    assert result.contract is not None
    assert result.contract.apis == ()


SHAPES: dict[str, tuple[Any, list[tuple[str, str | None]]]] = {
    "an object": ({"url": "/"}, [("CFG-201", "$.apis")]),
    "a text": ("/", [("CFG-201", "$.apis")]),
    "a list of texts": (["/"], [("CFG-401", "$"), ("CFG-201", "$.apis[0]")]),
    "null": (None, [("CFG-401", "$"), ("CFG-204", "$.apis")]),
    "an unknown key": ([{"urls": "/"}], [("CFG-202", "$.apis[0].urls")]),
}


@pytest.mark.parametrize(("apis", "problems"), SHAPES.values(), ids=SHAPES)
def test_the_shape_of_apis(apis: Any, problems: list[tuple[str, str | None]]) -> None:
    assert [(found_id, path) for found_id, _, path in found(reading(apis=apis))] == problems


def test_a_form_by_get_is_a_warning() -> None:
    result = reading(apis=[{"method": "get", "request": {"Content-type": "multipart/form-data"}}], strict=True)
    assert severity(result, "CFG-414") == "warning"
