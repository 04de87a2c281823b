"""Request × method → arguments: by name, from forms, JSON, the query or the whole body; all that is wrong at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pytest
from tests.unit.serving.stand_ins import JSON, URLENCODED, exchange, form

from hitless.serving.arguments import Binder, parameters_of, takes_any_field
from hitless.serving.exchange import Exchange
from hitless.serving.request import Rejected, Request, Upload
from hitless.serving.validation import Validator
from hitless.spec.contract import Api, Payload

FORM = "multipart/form-data"
AS_JSON = "application/json"


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0


class Place(TypedDict):
    name: str
    points: list[Point]


class Methods:
    """A method for each way to take arguments."""

    def nothing(self) -> None: ...
    def one(self, image: bytes) -> None: ...
    def text(self, text: str) -> None: ...
    def two(self, name: str, times: int = 1) -> None: ...
    def plain(self, a, b=2) -> None: ...  # type: ignore[no-untyped-def]
    def keywords(self, a: int, *, b: int = 5) -> None: ...
    def fields(self, a: int, **fields: Any) -> None: ...
    def only_fields(self, **fields: Any) -> None: ...
    def files(self, images: list[bytes]) -> None: ...
    def tags(self, tags: list[str]) -> None: ...
    def whole(self, data: dict[str, Any]) -> None: ...
    def numbers(self, data: list[float]) -> None: ...
    def point(self, point: Point) -> None: ...
    def place(self, place: Place) -> None: ...
    def array(self, data: np.ndarray) -> None: ...
    def upload(self, file: Upload) -> None: ...
    def request(self, request: Request) -> None: ...
    def both(self, request: Request, image: bytes) -> None: ...
    def optional(self, a: int | None = None, b: str | None = "b") -> None: ...
    def unknown_hint(self, a: Missing) -> None: ...  # type: ignore[name-defined]  # noqa: F821


METHODS = Methods()


def binder(
    name: str, schema: Mapping[str, Any] | None = None, *, declared: str | None = None, validation: bool = True
) -> Binder:
    """The binder of a method for a contract that declares this media type and schema (None: no request at all)."""
    method: Callable[..., Any] = getattr(METHODS, name)
    payload = Payload(declared or AS_JSON, schema) if declared is not None or schema is not None else None
    api = Api("/", "POST", request=payload)
    validator = Validator(schema) if validation and schema else None
    return Binder(api, parameters_of(method, api, batched=False), validator, any_field=takes_any_field(method))


def json(text: str, **more: Any) -> Exchange:
    return exchange(text.encode(), JSON, **more)


def properties(*required: str, **schemas: str | Mapping[str, Any]) -> dict[str, Any]:
    """An object's schema: `properties("a", a="integer")`."""
    written = {name: {"type": kind} if isinstance(kind, str) else kind for name, kind in schemas.items()}
    return {"type": "object", "properties": written, "required": list(required)}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "seven.jpg"
    file.write_bytes(b"\xff\xd8")
    return file


# Where arguments come from


@pytest.mark.parametrize(
    ("method", "made", "positional", "keywords"),
    [
        pytest.param("two", json('{"name": "a", "times": 3}'), ("a", 3), {}, id="json"),
        pytest.param("two", json('{"times": 3, "name": "a"}'), ("a", 3), {}, id="json-in-any-order"),
        pytest.param("two", json('{"name": "a"}'), ("a", 1), {}, id="default"),
        pytest.param("two", json('{"name": "a", "other": 1}'), ("a", 1), {}, id="unknown-fields-are-left-out"),
        pytest.param("two", form(("name", "a"), ("times", "3")), ("a", 3), {}, id="form"),
        pytest.param("two", exchange(b"name=a+b&times=3", URLENCODED), ("a b", 3), {}, id="urlencoded"),
        pytest.param("two", exchange(query=b"name=a%20b&times=3"), ("a b", 3), {}, id="query"),
        pytest.param("two", json('{"name": "a"}', query=b"times=3"), ("a", 3), {}, id="json-and-query"),
        pytest.param("two", json('{"name": "a"}', query=b"name=b"), ("a", 1), {}, id="the-body-goes-before-the-query"),
        pytest.param("two", form(("name", "a"), query=b"times=3"), ("a", 3), {}, id="form-and-query"),
        pytest.param("two", exchange(query=b"name=a&name=b"), ("a", 1), {}, id="the-first-of-a-repeated-query"),
        pytest.param("plain", json('{"a": [1], "b": null}'), ([1], None), {}, id="without-annotations"),
        pytest.param("plain", form(("a", "1")), ("1", 2), {}, id="form-without-annotations"),
        pytest.param("nothing", exchange(), (), {}, id="no-parameters"),
        pytest.param("nothing", json("{}"), (), {}, id="no-parameters-and-an-empty-object"),
        pytest.param("keywords", json('{"a": 1, "b": 2}'), (1,), {"b": 2}, id="keyword-only"),
        pytest.param("keywords", json('{"a": 1}'), (1,), {"b": 5}, id="keyword-only-default"),
        pytest.param("fields", json('{"a": 1, "c": [3]}'), (1,), {"c": [3]}, id="fields"),
        pytest.param("fields", json('{"a": 1}', query=b"c=3"), (1,), {"c": "3"}, id="fields-from-the-query"),
        pytest.param("fields", form(("a", "1"), ("c", "3"), ("d", "x"), ("d", "y")), (1,),
                     {"c": "3", "d": ["x", "y"]}, id="fields-of-a-form"),
        pytest.param("only_fields", json('{"a": 1}'), (), {"a": 1}, id="nothing-but-fields"),
        pytest.param("optional", json("{}"), (None, "b"), {}, id="optional-left-out"),
        pytest.param("optional", json('{"a": null, "b": null}'), (None, None), {}, id="optional-null"),
        pytest.param("unknown_hint", json('{"a": {"x": 1}}'), ({"x": 1},), {}, id="hint-for-type-checkers-only"),
        pytest.param("point", json('{"point": {"x": 1}}'), (Point(1.0),), {}, id="dataclass"),
        pytest.param("place", json('{"place": {"name": "a", "points": [{"x": 1, "y": 2}]}}'),
                     ({"name": "a", "points": [Point(1.0, 2.0)]},), {}, id="nested-types"),
        pytest.param("point", form(("point", '{"x": 1}')), (Point(1.0),), {}, id="dataclass-in-a-form"),
    ],
)  # fmt: skip
def test_bind(method: str, made: Exchange, positional: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    assert binder(method).bind(made) == (positional, keywords)


def test_files_of_a_form(picture: Path) -> None:
    assert binder("one").bind(form(("image", picture))) == ((b"\xff\xd8",), {})
    assert binder("files").bind(form(("images", picture), ("images", picture))) == (([b"\xff\xd8"] * 2,), {})
    upload = Upload(b"\xff\xd8", "seven.jpg", "image/jpeg")
    assert binder("upload").bind(form(("file", picture))) == ((upload,), {})
    assert binder("fields").bind(form(("a", "1"), ("image", picture))) == ((1,), {"image": b"\xff\xd8"})


# The quick path: one file and nothing else


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param(None, b"\xff\xd8", id="no-schema"),
        pytest.param(properties("image", image="file"), b"\xff\xd8", id="file"),
        pytest.param(properties("image", "other", image="file", other="string"), 422, id="another-field-is-required"),
        pytest.param(properties(image="file") | {"minProperties": 2}, 422, id="a-rule-for-the-whole"),
    ],
)
def test_one_file(picture: Path, schema: Mapping[str, Any] | None, expected: bytes | int) -> None:
    made = binder("one", schema, declared=FORM)
    if isinstance(expected, bytes):
        assert made.bind(form(("image", picture))) == ((expected,), {})
    else:
        with pytest.raises(Rejected) as caught:
            made.bind(form(("image", picture)))
        assert caught.value.status == expected


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        pytest.param([("picture", "@")], 422, "image", id="wrong-name"),
        pytest.param([("image", "text")], 422, "is to be a file", id="text-instead-of-a-file"),
        pytest.param([], 422, "image", id="empty-form"),
    ],
)
def test_one_file_that_is_none(picture: Path, fields: list[tuple[str, str]], status: int, words: str) -> None:
    made = form(*((name, picture if value == "@" else value) for name, value in fields))
    with pytest.raises(Rejected, match=words) as caught:
        binder("one", properties("image", image="file"), declared=FORM).bind(made)
    assert caught.value.status == status


def test_more_than_the_one_file(picture: Path) -> None:
    made = form(("image", picture), ("other", "1"), ("image", "again"))
    assert binder("one", validation=False).bind(made) == ((b"\xff\xd8",), {})


# The whole body


@pytest.mark.parametrize(
    ("method", "declared", "made", "expected"),
    [
        pytest.param("one", "image/jpeg", exchange(b"\xff\xd8", b"image/jpeg"), b"\xff\xd8", id="raw-bytes"),
        pytest.param("one", "image/jpeg", exchange(b"\xff\xd8"), b"\xff\xd8", id="raw-bytes-without-a-type"),
        pytest.param("one", None, exchange(b"\xff\xd8", b"image/png"), b"\xff\xd8", id="raw-bytes-undeclared"),
        pytest.param("text", "text/plain", exchange("hü".encode(), b"text/plain"), "hü", id="text"),
        pytest.param("plain", "image/jpeg", exchange(b"\xff", b"image/jpeg"), None, id="two-takers"),
        pytest.param("upload", "image/png", exchange(b"1", b"image/png"), Upload(b"1", "", "image/png"), id="upload"),
        pytest.param("whole", None, json('{"a": 1}'), {"a": 1}, id="object"),
        pytest.param("whole", None, json('{"data": {"a": 1}}'), {"a": 1}, id="object-with-its-name"),
        pytest.param("numbers", None, json("[1, 2.5]"), [1.0, 2.5], id="list"),
        pytest.param("numbers", None, json('{"data": [1]}'), [1.0], id="list-by-name"),
        pytest.param("point", None, json('{"x": 1, "y": 2}'), Point(1.0, 2.0), id="dataclass"),
        pytest.param("text", None, json('"hi"'), "hi", id="json-text"),
        pytest.param("both", "image/jpeg", exchange(b"\xff", b"image/jpeg"), b"\xff", id="beside-the-request"),
        pytest.param("whole", None, exchange(b'{"a": 1}', b"application/vnd.x+json"), {"a": 1}, id="some-json"),
    ],
)
def test_the_body_for_a_sole_parameter(method: str, declared: str | None, made: Exchange, expected: Any) -> None:
    bound = binder(method, declared=declared)
    if expected is None:
        with pytest.raises(Rejected, match="object with the fields: a, b") as caught:
            bound.bind(made)
        assert caught.value.status == 422
    else:
        positional, keywords = bound.bind(made)
        assert (positional[-1], keywords) == (expected, {})


@pytest.mark.parametrize(
    ("method", "schema", "body", "status", "words"),
    [
        pytest.param("two", None, "[1]", 422, "fields: name, times", id="list-for-two"),
        pytest.param("two", None, "5", 422, "fields: name, times", id="number-for-two"),
        pytest.param("only_fields", None, "[1]", 422, "fields: none", id="list-for-fields"),
        pytest.param("whole", properties(data="object"), '{"a": 1}', 422, "data: is missing", id="declared-by-name"),
        pytest.param("numbers", None, '{"a": 1}', 422, "Expected `array`, got `object`", id="whole-of-a-wrong-type"),
    ],
)
def test_a_body_that_is_no_object(
    method: str, schema: Mapping[str, Any] | None, body: str, status: int, words: str
) -> None:
    with pytest.raises(Rejected, match=words) as caught:
        binder(method, schema).bind(json(body))
    assert caught.value.status == status


def test_an_array_as_the_body() -> None:
    [[array], _] = binder("array").bind(json("[[1, 2], [3, 4]]"))
    assert array.tolist() == [[1, 2], [3, 4]]


def test_a_method_without_parameters_does_not_mind_a_body() -> None:
    assert binder("nothing").bind(json('{"a": 1}')) == ((), {})


# The request


@pytest.mark.parametrize(
    ("declared", "body", "content_type"),
    [
        pytest.param(None, b'{"a": 1}', JSON, id="object"),
        pytest.param(None, b"[1]", JSON, id="list"),
        pytest.param(None, b"", None, id="no-body"),
        pytest.param("text/plain", b"hi", b"text/plain", id="text"),
        pytest.param(None, b"\x00", b"application/octet-stream", id="octets"),
        pytest.param(FORM, b"a=1", URLENCODED, id="form"),
    ],
)
def test_the_whole_request(declared: str | None, body: bytes, content_type: bytes | None) -> None:
    [[request], keywords] = binder("request", declared=declared).bind(exchange(body, content_type, query=b"x=1"))
    assert isinstance(request, Request)
    assert (request.body, request.query, keywords) == (body, {"x": "1"}, {})


# Requests without a body


@pytest.mark.parametrize("verb", [b"GET", b"HEAD", b"DELETE"], ids=bytes.decode)
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(b"name=a&times=3", ("a", 3), id="as-declared"),
        pytest.param(b"name=a", ("a", 1), id="default"),
        pytest.param(b"times=3", "name", id="missing"),
        pytest.param(b"name=a&times=many", "times", id="wrong"),
        pytest.param(b"name=a&times=9", "times", id="out-of-range"),
    ],
)
def test_the_query_is_the_body_of_a_get(verb: bytes, query: bytes, expected: Any) -> None:
    schema = properties("name", name="string", times={"type": "integer", "maximum": 5})
    made = binder("two", schema)
    if isinstance(expected, tuple):
        assert made.bind(exchange(query=query, method=verb)) == (expected, {})
    else:
        with pytest.raises(Rejected, match=expected) as caught:
            made.bind(exchange(query=query, method=verb))
        assert caught.value.status == 422


def test_an_empty_post_may_have_its_arguments_in_the_query() -> None:
    assert binder("two", declared=AS_JSON).bind(exchange(query=b"name=a")) == (("a", 1), {})
    with pytest.raises(Rejected, match="name: is missing"):
        binder("two", declared=AS_JSON).bind(exchange())


def test_a_repeated_query_field_is_an_array() -> None:
    """OpenAPI writes arrays in a query so (style form, explode), and /openapi.json says nothing else."""
    made = binder("tags", properties(tags={"type": "array", "items": {"type": "string"}}))
    assert made.bind(exchange(query=b"tags=a&tags=b", method=b"GET")) == ((["a", "b"],), {})
    assert made.bind(exchange(query=b"tags=a", method=b"GET")) == ((["a"],), {})


# What is wrong


@pytest.mark.parametrize(
    ("method", "made", "fields"),
    [
        pytest.param("two", json("{}"), ["name"], id="missing"),
        pytest.param("two", json('{"times": "x"}'), ["name", "times"], id="missing-and-wrong"),
        pytest.param("two", json('{"name": 1, "times": "x"}'), ["name", "times"], id="two-wrong"),
        pytest.param("two", form(("times", "x")), ["name", "times"], id="in-a-form"),
        pytest.param("two", exchange(query=b"times=x"), ["name", "times"], id="in-the-query"),
        pytest.param("keywords", json('{"b": "x"}'), ["a", "b"], id="keyword-only"),
        pytest.param("place", json('{"place": {"name": "a", "points": [{"x": "b"}]}}'), ["place"], id="in-depth"),
        pytest.param("one", json('{"image": "no base64"}'), ["image"], id="base64"),
    ],
)
def test_all_wrong_fields_are_named_at_once(method: str, made: Exchange, fields: list[str]) -> None:
    with pytest.raises(Rejected) as caught:
        binder(method).bind(made)
    assert caught.value.status == 422
    assert [field for field, _ in caught.value.errors] == fields
    for field, detail in caught.value.errors:
        assert f"{field}: {detail}" in caught.value.detail


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        pytest.param(b"{", JSON, "The body is not JSON", id="broken-json"),
        pytest.param(b"", JSON, "The body is empty", id="empty-json"),
        pytest.param(b"NaN", JSON, "The body is not JSON", id="nan"),
        pytest.param(b'"\xff"', JSON, "The body is not JSON", id="not-utf-8"),
        pytest.param(b'"\\ud800"', JSON, "The body is not JSON", id="lone-surrogate"),
        pytest.param(b"\xef\xbb\xbf{}", JSON, "The body is not JSON", id="byte-order-mark"),
        pytest.param(b"[" * 100_000, JSON, "nested too deeply", id="deep-json"),
        pytest.param(b"x", b"multipart/form-data", "names no boundary", id="form-without-a-boundary"),
        pytest.param(b"x", b"multipart/form-data; boundary=B", "does not contain the boundary", id="no-form"),
        pytest.param(b"&" * 2000, URLENCODED, "more than 1000 fields", id="too-many-fields"),
        pytest.param(b"%ff=1", URLENCODED, "not UTF-8", id="field-name-that-is-not-utf-8"),
    ],
)
def test_a_body_that_cannot_be_read(body: bytes, content_type: bytes, words: str) -> None:
    with pytest.raises(Rejected, match=words) as caught:
        binder("two").bind(exchange(body, content_type))
    assert caught.value.status == 400


def test_a_query_with_too_many_fields() -> None:
    with pytest.raises(Rejected, match="too many fields") as caught:
        binder("two").bind(exchange(query=b"&".join([b"a=1"] * 1001)))
    assert caught.value.status == 400


def test_text_of_a_form_that_is_not_utf_8_names_its_field() -> None:
    with pytest.raises(Rejected, match="name: is not UTF-8 text"):
        binder("two").bind(exchange(b"name=%ff", URLENCODED))


# Media types


@pytest.mark.parametrize(
    ("declared", "sent", "taken"),
    [
        pytest.param(AS_JSON, b"application/json", True, id="json"),
        pytest.param(AS_JSON, b"Application/JSON; charset=utf-8", True, id="case-and-parameters"),
        pytest.param(AS_JSON, b"application/vnd.api+json", True, id="some-json"),
        pytest.param(AS_JSON, None, True, id="nothing-said"),
        pytest.param(AS_JSON, b"text/plain", False, id="text-for-json"),
        pytest.param(AS_JSON, URLENCODED, False, id="curl-d-for-json"),
        pytest.param(AS_JSON, b"multipart/form-data; boundary=B", False, id="form-for-json"),
        pytest.param(FORM, b"multipart/form-data; boundary=B", True, id="form"),
        pytest.param(FORM, URLENCODED, True, id="urlencoded-form"),
        pytest.param(FORM, b"application/json", False, id="json-for-a-form"),
        pytest.param(FORM, b"image/jpeg", False, id="picture-for-a-form"),
        pytest.param("image/jpeg", b"image/jpeg", True, id="picture"),
        pytest.param("image/jpeg", b"image/png", False, id="another-picture"),
        pytest.param(AS_JSON, b"\xff\xfe", False, id="rubbish"),
        pytest.param(None, b"image/png", True, id="nothing-declared"),
    ],
)
def test_media_types(declared: str | None, sent: bytes | None, taken: bool) -> None:
    made = binder("one", declared=declared)
    made.check(sent, has_body=False)  # without a body, it says nothing
    for _ in range(2):  # the second time from memory
        if taken:
            made.check(sent, has_body=True)
        else:
            with pytest.raises(Rejected, match="send " + str(declared)) as caught:
                made.check(sent, has_body=True)
            assert caught.value.status == 415


def test_the_memory_of_media_types_is_bounded() -> None:
    made = binder("one", declared=AS_JSON)
    for number in range(1000):
        made.check(b"application/x%d+json" % number, has_body=True)
    assert len(made._taken) <= 32
    made.check(b"application/json", has_body=True)


# Parameters


def names(method: Callable[..., Any], *, batched: bool = False) -> list[tuple[str, bool, bool]]:
    found = parameters_of(method, Api(), batched=batched)
    return [(parameter.name, parameter.required, parameter.keyword_only) for parameter in found]


@pytest.mark.parametrize(
    ("method", "expected", "any_field"),
    [
        pytest.param("nothing", [], False, id="none"),
        pytest.param("two", [("name", True, False), ("times", False, False)], False, id="two"),
        pytest.param("keywords", [("a", True, False), ("b", False, True)], False, id="keyword-only"),
        pytest.param("fields", [("a", True, False)], True, id="fields"),
        pytest.param("request", [("request", True, False)], False, id="request"),
    ],
)
def test_parameters_of(method: str, expected: list[tuple[str, bool, bool]], any_field: bool) -> None:
    assert names(getattr(METHODS, method)) == expected
    assert takes_any_field(getattr(METHODS, method)) is any_field


def test_star_arguments_are_nothing_that_a_request_has() -> None:
    def predict(a: int, *rest: int) -> None: ...

    assert names(predict) == [("a", True, False)]


class Batched:
    def of_list(self, images: list[bytes]) -> None: ...
    def of_sequence(self, images: Sequence[bytes]) -> None: ...
    def of_iterable(self, images: Iterable[bytes]) -> None: ...
    def bare(self, images: list) -> None: ...  # type: ignore[type-arg]
    def unannotated(self, images) -> None: ...  # type: ignore[no-untyped-def]
    def points(self, points: list[Point]) -> None: ...


@pytest.mark.parametrize(
    ("method", "value", "expected"),
    [
        pytest.param("of_list", '"YQ=="', b"a", id="list"),
        pytest.param("of_sequence", '"YQ=="', b"a", id="sequence"),
        pytest.param("of_iterable", '"YQ=="', b"a", id="iterable"),
        pytest.param("bare", '"YQ=="', "YQ==", id="bare-list"),
        pytest.param("unannotated", '"YQ=="', "YQ==", id="unannotated"),
        pytest.param("points", '{"x": 1}', Point(1.0), id="dataclass"),
    ],
)
def test_a_batched_parameter_holds_an_element_for_each_request(method: str, value: str, expected: Any) -> None:
    found = parameters_of(getattr(Batched(), method), Api(), batched=True)
    bound = Binder(Api(), found, None)
    assert bound.bind(json(f'{{"{found[0].name}": {value}}}')) == ((expected,), {})
