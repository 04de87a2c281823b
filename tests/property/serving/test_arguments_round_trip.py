"""Arguments arrive as they were: whatever value a client sends, in JSON, as a form or in a query, the method gets it.

And whatever a client sends instead, it is refused with a reason, never with an exception.
"""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Callable
from typing import Any, Literal, cast
from urllib.parse import urlencode

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hitless.serving.endpoints import bind
from hitless.serving.exchange import Exchange
from hitless.serving.request import Rejected, Upload
from hitless.spec import config

JSON, FORM = "application/json", "multipart/form-data"


class Texts:
    def predict(self, a: str, b: str | None = None) -> None: ...


class Numbers:
    def predict(self, a: int, b: float | None = None) -> None: ...


class Flags:
    def predict(self, a: bool, b: Literal["red", "green"] | None = None) -> None: ...


class Lists:
    def predict(self, a: list[int], b: list[str] | None = None) -> None: ...


class Objects:
    def predict(self, a: dict[str, float], b: list[dict[str, int]] | None = None) -> None: ...


class Files:
    def predict(self, a: bytes, b: Upload | None = None) -> None: ...


class Arrays:
    def predict(self, a: NDArray[np.float64], b: NDArray[np.int16] | None = None) -> None: ...


class Anything:
    def predict(self, a, b=None): ...  # type: ignore[no-untyped-def]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INTEGERS = st.integers(-(2**63), 2**64 - 1)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
FLOATS = st.one_of(FINITE, INTEGERS.filter(lambda number: abs(number) < 2**53).map(float))
JSON_VALUES = st.recursive(st.none() | st.booleans() | INTEGERS | FINITE | TEXT,
                           lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
                           max_leaves=8)  # fmt: skip


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


# model, what `a` may be, what `b` may be
KINDS: dict[str, tuple[type, st.SearchStrategy[Any], st.SearchStrategy[Any]]] = {
    "texts": (Texts, TEXT, maybe(TEXT)),
    "numbers": (Numbers, INTEGERS, maybe(FLOATS)),
    "flags": (Flags, st.booleans(), maybe(st.sampled_from(["red", "green"]))),
    "lists": (Lists, st.lists(INTEGERS, max_size=5), maybe(st.lists(TEXT, max_size=4))),
    "objects": (Objects, st.dictionaries(TEXT, FLOATS, max_size=3),
                maybe(st.lists(st.dictionaries(TEXT, INTEGERS, max_size=2), max_size=2))),
}  # fmt: skip


def binder_of(model: type, kind: str) -> Callable[[Exchange], tuple[tuple[Any, ...], dict[str, Any]]]:
    """How the server makes the arguments of `model.predict`; the contract names them and says no more."""
    request = {"Content-type": kind, "data": {"type": "object", "properties": {"a": {}, "b": {}}}}
    apis = [{"url": "/", "method": "post", "request": request}]
    reading = config.parse(json.dumps({"model_algorithm": "x", "model_type": "Image", "apis": apis}))
    assert reading.contract is not None, reading.problems
    [endpoint] = bind(reading.contract, model())
    return endpoint.binder.bind


MODELS: tuple[type, ...] = (Texts, Numbers, Flags, Lists, Objects, Files, Arrays, Anything)
JSON_BINDERS = {model: binder_of(model, JSON) for model in MODELS}
FORM_BINDERS = {model: binder_of(model, FORM) for model in MODELS}


def exchange(body: bytes, content_type: str | None, query: str = "") -> Exchange:
    made = Exchange(cast(Any, None))
    made.method, made.body, made.query = b"POST", body, query.encode()
    made.content_type = content_type.encode() if content_type is not None else None
    return made


def same(sent: Any, got: Any) -> bool:
    """Equal, and of the same type, down to the last float."""
    if isinstance(sent, dict):
        return type(got) is dict and sent.keys() == got.keys() and all(same(sent[key], got[key]) for key in sent)
    if isinstance(sent, list):
        return type(got) is list and len(sent) == len(got) and all(map(same, sent, got))
    if isinstance(sent, float):
        return type(got) is float and sent == got and math.copysign(1, sent) == math.copysign(1, got)
    return type(sent) is type(got) and sent == got


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_json(name: str, data: st.DataObject) -> None:
    model, of_a, of_b = KINDS[name]
    a, b = data.draw(of_a), data.draw(of_b)
    (got_a, got_b), rest = JSON_BINDERS[model](exchange(json.dumps({"a": a, "b": b}).encode(), JSON))
    assert same(a, got_a)
    assert same(b, got_b)
    assert rest == {}


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_queries_and_forms(name: str, data: st.DataObject) -> None:
    """Text is sent as it is, everything else as JSON, None not at all."""
    model, of_a, of_b = KINDS[name]
    a, b = data.draw(of_a), data.draw(of_b)
    fields = {key: value if isinstance(value, str) else json.dumps(value) for key, value in (("a", a), ("b", b))
              if value is not None}  # fmt: skip
    parts = httpx.Request("POST", "http://test", files={key: (None, text.encode()) for key, text in fields.items()})
    for (got_a, got_b), _ in (
        JSON_BINDERS[model](exchange(b"", None, urlencode(fields))),
        FORM_BINDERS[model](exchange(urlencode(fields).encode(), "application/x-www-form-urlencoded")),
        FORM_BINDERS[model](exchange(parts.read(), parts.headers["content-type"])),
    ):
        assert same(a, got_a)
        assert same(b, got_b)


@settings(max_examples=200, deadline=None)
@given(value=st.dictionaries(st.sampled_from(["a", "b"]), JSON_VALUES, min_size=1))
def test_json_without_annotations(value: dict[str, Any]) -> None:
    value.setdefault("a", None)
    (a, b), _ = JSON_BINDERS[Anything](exchange(json.dumps(value).encode(), JSON))
    assert same(value["a"], a)
    assert same(value.get("b"), b)


@settings(max_examples=100, deadline=None)
@given(a=st.binary(max_size=100), b=maybe(st.binary(max_size=50)), name=st.text("abc é.\"'%;", min_size=1, max_size=8))
def test_files(a: bytes, b: bytes | None, name: str) -> None:
    files: dict[str, Any] = {"a": ("a.bin", a), **({"b": (name, b, "text/x-test")} if b is not None else {})}
    sent = httpx.Request("POST", "http://test", files=files)
    got_form, _ = FORM_BINDERS[Files](exchange(sent.read(), sent.headers["content-type"]))
    assert got_form == (a, Upload(b, name, "text/x-test") if b is not None else None)
    body = {"a": base64.b64encode(a).decode(), "b": base64.b64encode(b).decode() if b is not None else None}
    got_json, _ = JSON_BINDERS[Files](exchange(json.dumps(body).encode(), JSON))
    assert got_json == (a, Upload(b, None, None) if b is not None else None)


@settings(max_examples=100, deadline=None)
@given(rows=st.integers(0, 3), columns=st.integers(1, 3), numbers=st.lists(FINITE, min_size=9, max_size=9),
       small=maybe(st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1, max_size=5)))  # fmt: skip
def test_arrays(rows: int, columns: int, numbers: list[float], small: list[int] | None) -> None:
    a = np.array(numbers[: rows * columns], np.float64).reshape(rows, columns)
    b = np.array(small, np.int16) if small is not None else None
    (got_a, got_b), _ = JSON_BINDERS[Arrays](exchange(json.dumps({"a": a.tolist(), "b": small}).encode(), JSON))
    _equal(a if rows else a.reshape(0), got_a)  # no row says nothing of columns in JSON
    _equal(b, got_b)
    files = {name: (f"{name}.npy", _npy(array)) for name, array in (("a", a), ("b", b)) if array is not None}
    sent = httpx.Request("POST", "http://test", files=files)
    (got_a, got_b), _ = FORM_BINDERS[Arrays](exchange(sent.read(), sent.headers["content-type"]))
    _equal(a, got_a)
    _equal(b, got_b)


def _equal(sent: NDArray[Any] | None, got: Any) -> None:
    if sent is None:
        assert got is None
    else:
        assert (sent.dtype, sent.shape) == (got.dtype, got.shape)
        assert np.array_equal(sent, got)


def _npy(array: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


HOSTILE_JSON = st.one_of(
    JSON_VALUES.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON_VALUES).map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=40),
    st.sampled_from([
        b"", b"{}", b"null", b"[", b'{"a":' * 5000, b"[" * 5000, b'{"a": 1e999}', b'{"a": NaN}', b'{"\xff": 1}',
        b'{"a": ' + b"9" * 5000 + b"}", b'{"a": "\\ud800"}', b'\xef\xbb\xbf{"a": 1}', b'{"a": 1, "a": 2}',
        '{"a": "é"}'.encode("utf-16"),
    ]),
)  # fmt: skip


@pytest.mark.parametrize("model", JSON_BINDERS, ids=lambda model: model.__name__.lower())
@settings(max_examples=150, deadline=None)
@given(body=HOSTILE_JSON, query=st.text('ab=&%+[]{}"é1', max_size=12))
def test_whatever_comes_is_taken_or_refused(model: type, body: bytes, query: str) -> None:
    for content_type in (JSON, None):
        refused_or_taken(
            JSON_BINDERS[model], exchange(body, content_type, urlencode({"q": query}) + "&" + "a=" + query)
        )


@pytest.mark.parametrize("model", FORM_BINDERS, ids=lambda model: model.__name__.lower())
@settings(max_examples=150, deadline=None)
@given(
    a=st.binary(max_size=60) | st.binary(max_size=60).map(lambda data: b"\x93NUMPY\x01\x00" + data),
    cut=st.integers(0, 400),
)
def test_whatever_file_comes_is_taken_or_refused(model: type, a: bytes, cut: int) -> None:
    sent = httpx.Request("POST", "http://test", files={"a": ("a", a), "b": ("b", a)})
    refused_or_taken(FORM_BINDERS[model], exchange(sent.read(), sent.headers["content-type"]))
    refused_or_taken(FORM_BINDERS[model], exchange(sent.read()[:cut], sent.headers["content-type"]))


def refused_or_taken(binder: Callable[[Exchange], Any], sent: Exchange) -> None:
    """Anything but a refusal with a reason is an error of ours, and comes through."""
    refusal: Rejected | None = None
    try:
        binder(sent)
    except Rejected as rejection:
        refusal = rejection
    if refusal is not None:
        assert refusal.status in (400, 415, 422)
        assert refusal.detail
        json.dumps(refusal.errors).encode()
