"""Problem details (RFC 9457) for all that goes wrong; request ids; what the log says and the client does not."""

from __future__ import annotations

import pytest
from tests.e2e.http import packages
from tests.e2e.http.wire import Wire, post_json, request
from tests.e2e.serving_process import ServingProcess

BOUNDARY = "Content-Type: multipart/form-data; boundary=XX"
JSON = "Content-Type: application/json"


def form(*parts: str) -> bytes:
    return "".join(f"--XX\r\nContent-Disposition: form-data; {part}\r\n" for part in parts).encode() + b"--XX--\r\n"


@pytest.mark.parametrize(
    ("sent", "status", "said", "fields"),
    [
        pytest.param(request("POST /typed", JSON, body=b"{"), 400, "JSON", [], id="cut-off-json"),
        pytest.param(request("POST /typed", JSON, body=b"{'count': 1}"), 400, "JSON", [], id="single-quotes"),
        pytest.param(request("POST /typed", JSON, body=b'{"count": NaN}'), 400, "JSON", [], id="nan"),
        pytest.param(request("POST /typed", JSON, body=b'{"count": 1}x'), 400, "JSON", [], id="more-after-json"),
        pytest.param(request("POST /typed", JSON, body=b'{"\xff": 1}'), 400, "JSON", [], id="no-utf-8"),
        pytest.param(request("POST /typed", JSON, body=b"[" * 100_000), 400, "nested", [], id="nested-deeply"),
        pytest.param(request("POST /typed", JSON, body=b""), 400, "", [], id="empty"),
        pytest.param(request("POST /form", BOUNDARY, body=b"no form"), 400, "boundary", [], id="no-form"),
        pytest.param(request("POST /form", BOUNDARY, body=b"--XX\r\n"), 400, "form", [], id="form-cut-off"),
        pytest.param(request("POST /form", "Content-Type: multipart/form-data", body=b"--X--"), 400, "boundary", [],
                     id="no-boundary"),
        pytest.param(request("POST /form", JSON, body=b"{}"), 415, "multipart/form-data", [], id="json-for-a-form"),
        pytest.param(request("POST /typed", BOUNDARY, body=form()), 415, "application/json", [], id="form-for-json"),
        pytest.param(request("POST /typed", "Content-Type: text/csv", body=b"a"), 415, "text/csv", [], id="csv"),
        pytest.param(post_json("/typed", {}), 422, "count", None, id="required-missing"),
        pytest.param(post_json("/typed", []), 422, "object", ["(body)"], id="no-object"),
        pytest.param(post_json("/typed", {"count": "1"}), 422, "count", ["count"], id="text-for-a-number"),
        pytest.param(post_json("/typed", {"count": 1.5}), 422, "count", ["count"], id="fraction-for-an-integer"),
        pytest.param(post_json("/typed", {"count": 1, "words": "x"}), 422, "words", ["words"], id="text-for-an-array"),
        pytest.param(post_json("/typed", {"count": 1, "words": ["a", 2]}), 422, "words/1", ["words/1"], id="inside"),
        pytest.param(post_json("/typed", {"count": None, "ratio": "x"}), 422, "count", ["count", "ratio"], id="two"),
        pytest.param(request("POST /form", BOUNDARY, body=form('name="note"\r\n\r\nx')), 422, "image", None,
                     id="form-without-its-file"),
        pytest.param(request("POST /form", BOUNDARY, body=form('name="image"\r\n\r\nx')), 422, "image", ["image"],
                     id="text-for-a-file"),
        pytest.param(request("GET /lookup"), 422, "name", None, id="query-without-its-field"),
        pytest.param(request("GET /lookup?name=x&count=y"), 422, "count", ["count"], id="word-for-a-number-in-a-query"),
        pytest.param(post_json("/fail", {"how": "unfit"}), 422, "this does not fit", [], id="by-the-model"),
        pytest.param(post_json("/fail", {"how": "raise"}), 500, "log", [], id="raised"),
        pytest.param(post_json("/fail", {"how": "exit"}), 500, "log", [], id="system-exit"),
        pytest.param(post_json("/fail", {"how": "no-json"}), 500, "log", [], id="no-json-form"),
        pytest.param(post_json("/fail", {"how": "bad-header"}), 500, "log", [], id="header-with-a-line-break"),
    ],
)  # fmt: skip
def test_problem_details(wire: Wire, sent: bytes, status: int, said: str, fields: list[str] | None) -> None:
    reply = wire.ask(sent)
    assert reply.status == status
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status
    assert problem["title"]
    assert said in problem["detail"]
    assert problem["request_id"] == reply.headers["x-request-id"]
    named = [error["field"] for error in problem.get("errors", [])]
    if fields is not None:
        assert named == fields
    else:
        assert named, "which field is wrong is said"
    assert all(error["detail"] for error in problem.get("errors", []))
    assert wire.ask(request("GET /hello")).json() == {"hello": "world"}


def test_a_traceback_is_for_the_log_only(general: ServingProcess, wire: Wire) -> None:
    reply = wire.ask(post_json("/fail", {"how": "raise"}, "X-Request-Id: the-failing-one"))
    assert reply.status == 500
    assert b"secret" not in reply.body
    assert b"Traceback" not in reply.body
    entry = general.wait_for_entry(lambda entry: entry.get("request_id") == "the-failing-one")
    assert entry["level"] == "error"
    assert "RuntimeError: the secret is 42" in entry["traceback"]
    assert "model.py" in entry["traceback"]


def test_a_response_of_the_models_own(wire: Wire) -> None:
    reply = wire.ask(post_json("/fail", {"how": "teapot"}))
    assert (reply.status, reply.headers["x-handle"]) == (418, "here")
    assert reply.json() == {"short": "and stout"}


def test_204_has_no_body(wire: Wire) -> None:
    assert "content-length" not in wire.ask(post_json("/fail", {"how": "empty"})).headers
    assert wire.ask(request("GET /hello")).json() == {"hello": "world"}


@pytest.mark.parametrize(
    "good", ["a", "0b2f7e0e-7b0a-4c2e-9df5-6a8b2f1f4f53", "a.b:c/d+e=f@g_h-i", "x" * 128, "trace/00-4bf92f3577b34da6"]
)
def test_a_request_id_comes_back(wire: Wire, good: str) -> None:
    reply = wire.ask(post_json("/", {}, f"X-Request-ID: {good}"))
    assert reply.headers["x-request-id"] == good
    assert reply.json()["id"] == good
    assert wire.ask(request("GET /nowhere", f"x-request-id: {good}")).json()["request_id"] == good


@pytest.mark.parametrize(
    "hostile", ["x" * 129, "a b", "<script>", 'a"b', "a,b", "é", "a;b", "a\tb", "%0d%0a", "$(reboot)", "{x}", "\\"]
)
def test_a_hostile_request_id_is_replaced(wire: Wire, hostile: str) -> None:
    reply = wire.ask(post_json("/", {}, f"X-Request-Id: {hostile}"))
    assert reply.status == 200
    assert reply.headers["x-request-id"] == reply.json()["id"] != hostile
    assert len(reply.json()["id"]) <= 40


def test_request_ids_are_unique(wire: Wire) -> None:
    ids = [wire.ask(request("GET /hello")).headers["x-request-id"] for _ in range(20)]
    assert len(set(ids)) == 20


def test_a_full_queue_says_when_to_come_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    package = packages.general(tmp_path_factory.mktemp("full") / "package")
    with ServingProcess(package, "--max-queue", "2", "--placement", "thread") as server:
        wires = [Wire(server.port) for _ in range(8)]
        for wire in wires:
            wire.send(post_json("/sleep", {"seconds": 0.6}))
        replies = [wire.reply() for wire in wires]
        refused = [reply for reply in replies if reply.status == 503]
        assert [reply.json() for reply in replies if reply.status == 200] == [{"slept": 0.6}] * (8 - len(refused))
        assert len(refused) >= 4, "one works, two wait"
        assert all(int(reply.headers["retry-after"]) >= 1 for reply in refused)
        assert all(reply.kept_alive for reply in refused)
        assert wires[-1].ask(post_json("/sleep", {"seconds": 0})).json() == {"slept": 0.0}
        for wire in wires:
            wire.close()
