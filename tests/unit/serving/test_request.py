"""What model code sees of HTTP: the values, and the view of a request."""

from __future__ import annotations

import dataclasses

import pytest
from tests.unit.serving.stand_ins import exchange

import hitless
from hitless.serving.exchange import Exchange
from hitless.serving.request import Rejected, Request, Response, Upload, title_of


@pytest.mark.parametrize(
    ("status", "title"),
    [(200, "OK"), (404, "Not Found"), (422, "Unprocessable Entity"), (299, "Status 299"), (599, "Status 599")],
    ids=str,
)
def test_title_of(status: int, title: str) -> None:
    assert title_of(status) == title


def test_rejected_is_an_exception_with_its_detail_as_text() -> None:
    error = Rejected(422, "no", errors=(("a", "b"),), headers={"retry-after": "1"})
    assert isinstance(error, Exception)
    assert (str(error), error.status, error.detail) == ("no", 422, "no")
    assert (error.errors, error.headers) == ((("a", "b"),), {"retry-after": "1"})
    assert (Rejected(400, "x").errors, Rejected(400, "x").headers) == ((), {})


def test_response_needs_nothing() -> None:
    response = Response()
    assert (response.body, response.status, response.content_type, response.headers) == (b"", 200, None, {})


@pytest.mark.parametrize(
    "value",
    [Upload(b"", None, None), Response(), Request("GET", "/", {}, {}, b"", "1")],
    ids=lambda value: type(value).__name__,
)
def test_values_are_frozen(value: object) -> None:
    name = dataclasses.fields(value)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, None)


def test_the_view_of_a_request() -> None:
    made = exchange(
        b"body",
        b"text/plain",
        method=b"PUT",
        path=b"/a%20b/%C3%BC",
        query=b"x=1&y=a+b&x=2&empty=&z=%C3%BC",
        headers=[(b"host", b"h"), (b"x-name", "ü".encode("latin-1"))],
    )
    assert made.request() == Request(
        method="PUT",
        path="/a b/ü",
        query={"x": "2", "y": "a b", "empty": "", "z": "ü"},
        headers={"host": "h", "x-name": "ü"},
        body=b"body",
        id="id-1",
    )


def test_query_fields_keep_order_and_repetitions() -> None:
    assert exchange(query=b"b=1&a=2&b=3").query_fields() == [("b", "1"), ("a", "2"), ("b", "3")]
    assert exchange().query_fields() == []


def test_a_query_has_at_most_a_thousand_fields() -> None:
    assert len(exchange(query=b"&".join([b"a=1"] * 1000)).query_fields()) == 1000
    with pytest.raises(ValueError, match="fields"):
        exchange(query=b"&".join([b"a=1"] * 1001)).query_fields()


def test_a_new_exchange_is_nobodys_yet() -> None:
    made = Exchange(None)  # type: ignore[arg-type]
    assert (made.begun, made.gone, made.streaming, made.cancel, made.rejection) == (False, False, False, None, None)


@pytest.mark.parametrize("name", [name for name in hitless.__all__ if not name.startswith("_")])
def test_what_model_code_may_import(name: str) -> None:
    assert getattr(hitless, name).__module__.startswith("hitless.serving.")


def test_nothing_else_is_offered() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Supervisor'"):
        _ = hitless.Supervisor
