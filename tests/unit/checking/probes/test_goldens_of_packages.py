"""Examples of a package that came out of an image which nobody trusts."""

from __future__ import annotations

import io
import itertools
import shlex
import socket
import subprocess
from pathlib import Path

import multipart
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitless.checking.probes.bodies import Field, Target, form_request
from hitless.checking.probes.golden import MOST_SENT_BYTES, package_goldens
from hitless.checking.probes.pictures import SmallFile
from hitless.checking.probes.request import Request
from hitless.spec.contract import JSON, MULTIPART, Api, Contract, Payload

FORM = Contract("a", "Image", apis=(Api(request=Payload(MULTIPART, {})),))
ANY = Contract("a", "Image", apis=(Api(request=Payload(JSON, {})), Api(url="/x", method="GET")))
FILES = {"a": b"A" * 100, "large": bytes(1 << 20), "s/.bashrc": b"B", "-": b"C"}


def goldens(text: str, contract: Contract = FORM) -> tuple[Request, ...]:
    return package_goldens(text.encode(), FILES.get, contract)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("json = 1\nanswer = 2024-01-01", id="answer-that-is-no-json"),
        pytest.param("json = 2024-01-01", id="body-that-is-no-json"),
        pytest.param(f"json = {{ a = 0x{'f' * 5000} }}", id="number-without-end"),
        pytest.param(f"url = 0x{'f' * 5000}", id="url-without-end"),
        pytest.param("form = 7", id="form-that-is-none"),
        pytest.param("form = { a = 2024-01-01 }", id="field-that-is-no-json"),
        pytest.param('form = { a = "@none" }', id="file-that-is-not-there"),
        pytest.param("method = 7\njson = 1", id="method-that-is-none"),
        pytest.param('url = "/none"\njson = 1', id="url-that-is-none"),
    ],
)
def test_one_that_cannot_be_sent_is_left_out(text: str) -> None:
    assert len(goldens(f"[[example]]\n{text}\n", ANY)) == 0


@given(st.text(max_size=40).map(lambda text: text.replace("'", "").replace("\n", "\\n")))
def test_a_query_stays_within_its_line(query: str) -> None:
    text = query.encode("unicode_escape").decode().replace('"', '\\"').replace("\\x", "\\u00")
    for made in goldens(f'[[example]]\nurl = "/x"\nmethod = "GET"\nquery = "{text}"\n', ANY):
        line = made.head("h").split(b"\r\n")[0]
        assert (line.count(b" "), made.head("h").count(b"\r\n\r\n")) == (2, 1)


def test_no_line_of_a_query_becomes_a_request() -> None:
    [made] = goldens('[[example]]\nurl = "/x"\nquery = "a HTTP/1.1\\r\\n\\r\\nGET /é?b=1%20&c"\n', ANY)
    assert made.path == "/x?a%20HTTP/1.1%0D%0A%0D%0AGET%20/%C3%A9?b=1%20&c"


def test_an_api_is_found_by_its_own_name() -> None:
    there = Contract("a", "Image", apis=(Api("/é", "GET"),))
    assert [one.path for one in goldens('[[example]]\nurl = "/é"\n', there)] == ["/%C3%A9"]


def test_no_more_is_sent_than_a_few_times_the_largest_body() -> None:
    made = goldens('[[example]]\nform = { a = "@large", b = "@large" }\n' * 20)
    assert 0 < sum(len(one.body) for one in made) < MOST_SENT_BYTES + (1 << 20)


def test_a_command_writes_over_no_file_of_the_user() -> None:
    [made] = goldens('[[example]]\nform = { a = "@s/.bashrc", b = "@-", c = "</etc/passwd", d = "@a" }\n')
    words = shlex.split(made.curl)
    assert [words[at + 1] for at, word in enumerate(words) if word == ">"] == [
        "hitless-bashrc", "hitless-file", "hitless-a",
    ]  # fmt: skip
    assert [words[at + 1].partition(";")[0] for at, word in enumerate(words) if word in ("-F", "--form-string")] == [
        "a=@hitless-bashrc", "b=@hitless-file", "c=</etc/passwd", "d=@hitless-a",
    ]  # fmt: skip
    assert words[words.index("c=</etc/passwd") - 1] == "--form-string"


@pytest.mark.parametrize("name", ["a;b", "a=</etc/passwd", 'a"b', "", "a\nb"])
def test_a_name_that_means_something_to_curl_has_no_command(name: str) -> None:
    made = form_request(Target("POST", "/", 0), [Field(name, "1"), Field("b", SmallFile("b", "text/plain", b""))])
    assert made.curl == ""


def test_curl_sends_what_we_send(tmp_path: Path) -> None:
    """curl itself, to a real socket: the same fields, whatever their values mean to it elsewhere."""
    [made] = goldens('[[example]]\nform = { a = "@s/.bashrc", b = "<x;y\\"z", c = "@a" }\n')
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        command = made.curl.replace("{address}", f"{host}:{port}")
        with subprocess.Popen(
            ["sh", "-c", command], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ):
            server.settimeout(20)
            connection = server.accept()[0]
            with connection, connection.makefile("rb") as stream:
                headers = dict(
                    line.decode().rstrip().split(": ", 1)
                    for line in itertools.islice(iter(stream.readline, b"\r\n"), 1, 20)
                )
                body = stream.read(int(headers["Content-Length"]))
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert fields(headers["Content-Type"], body) == fields(made.headers[0][1], made.body) == [
        ("a", "bashrc", b"B"), ("b", None, b'<x;y"z'), ("c", "a", FILES["a"]),
    ]  # fmt: skip


def fields(content_type: str, body: bytes) -> list[tuple[str, str | None, bytes]]:
    boundary = content_type.partition("boundary=")[2]
    parser = multipart.MultipartParser(io.BytesIO(body), boundary)
    return [(part.name, part.filename, part.raw) for part in parser]
