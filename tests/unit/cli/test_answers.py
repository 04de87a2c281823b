"""How answers are shown: as bytes, laid out, explained; and the exit code."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator

import pytest

from hitless.cli.answers import PROBLEM, explained, laid_out, show
from hitless.cli.incoming import CutOffError, Incoming, essence


class Terminal(io.TextIOWrapper):
    """Standard output as a terminal, or as a pipe."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    @property
    def text(self) -> str:
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


Output = Callable[[bool], Terminal]


@pytest.fixture
def output_to(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Output:
    """Sets standard output; to be called in the test, for pytest sets its own before each phase of one."""

    def set_up(is_terminal: bool) -> Terminal:
        output = Terminal(is_terminal=is_terminal)
        monkeypatch.setattr(sys, "stdout", output)
        for name, value in (("NO_COLOR", "1"), ("TERM", "dumb"), ("COLUMNS", "80")):
            monkeypatch.setenv(name, value)
        return output

    return set_up


def incoming(status: int, kind: str, *pieces: bytes, location: str = "", cut_off: str = "") -> Incoming:
    def come() -> Iterator[bytes]:
        yield from pieces
        if cut_off:
            raise CutOffError(cut_off)

    return Incoming(status, kind, come(), lambda: 0.0, location)


REFUSED = b'{"title": "x", "status": 422, "detail": "all of it", "errors": [{"field": "a", "detail": "is missing"}]}'
IN_WORDS = "422 Unprocessable Entity\n  a: is missing\n"


@pytest.mark.parametrize(
    ("answer", "output", "errors", "code"),
    [
        pytest.param(incoming(200, "application/json", b'{"a"', b":1}"), '{"a":1}', "", 0, id="json"),
        pytest.param(incoming(204, "", b""), "", "", 0, id="no-content"),
        pytest.param(incoming(422, PROBLEM, REFUSED), REFUSED.decode(), IN_WORDS, 1, id="problem"),
        pytest.param(incoming(302, "", b"", location="/there"), "", "302 Found: see /there\n", 1, id="redirect"),
        pytest.param(incoming(200, "text/event-stream", b"data: 1\n", cut_off="gone"), "data: 1\n",
                     "hitless: the answer is not complete: gone\n", 1, id="cut-off"),
    ],
)  # fmt: skip
def test_into_a_pipe(
    output_to: Output, capsys: pytest.CaptureFixture[str], answer: Incoming, output: str, errors: str, code: int
) -> None:
    pipe = output_to(False)
    assert show(answer, raw=False) == code
    assert (pipe.text, capsys.readouterr().err) == (output, errors)


@pytest.mark.parametrize(
    ("answer", "output", "errors", "code"),
    [
        pytest.param(incoming(200, "application/json", b'{"a":1}'), '{"a": 1}\n', "", 0, id="json"),
        pytest.param(incoming(200, "application/geo+json", b"[[1,2]]"), "[[1, 2]]\n", "", 0, id="json-by-suffix"),
        pytest.param(incoming(200, "application/json", b"{torn"), "{torn\n", "", 0, id="no-json"),
        pytest.param(incoming(200, "text/plain", b"caf\xc3", b"\xa9"), "café\n", "", 0, id="text"),
        pytest.param(incoming(200, "text/event-stream", b"data: 1\n\n"), "data: 1\n\n", "", 0, id="events"),
        pytest.param(incoming(200, "image/png", b"\x89PNG", b"abc"), "",
                     "7 bytes of image/png, not shown on a terminal: redirect them (> FILE), or --raw.\n", 0,
                     id="bytes"),
        pytest.param(incoming(422, PROBLEM, REFUSED), "", IN_WORDS, 1, id="problem"),
        pytest.param(incoming(500, "text/plain", b"oh"), "oh\n", "500 Internal Server Error\n", 1, id="other-error"),
    ],
)  # fmt: skip
def test_on_a_terminal(
    output_to: Output, capsys: pytest.CaptureFixture[str], answer: Incoming, output: str, errors: str, code: int
) -> None:
    terminal = output_to(True)
    assert show(answer, raw=False) == code
    assert (terminal.text, capsys.readouterr().err) == (output, errors)


def test_raw_on_a_terminal(output_to: Output) -> None:
    terminal = output_to(True)
    assert show(incoming(200, "application/json", b'{"a":1}'), raw=True) == 0
    assert terminal.text == '{"a":1}'


def test_json_takes_one_line_where_it_fits() -> None:
    assert laid_out({"a": [1, 2]}, width=13) == '{"a": [1, 2]}'
    assert laid_out({"a": [1, 2]}, width=12) == '{\n  "a": [\n    1,\n    2\n  ]\n}'


@pytest.mark.parametrize(
    ("status", "kind", "body", "text"),
    [
        pytest.param(404, PROBLEM, b'{"detail": "nothing here"}', "404 Not Found: nothing here", id="detail"),
        pytest.param(404, PROBLEM, b"{}", "404 Not Found", id="nothing-said"),
        pytest.param(422, PROBLEM, REFUSED, "422 Unprocessable Entity\n  a: is missing", id="fields"),
        pytest.param(502, "text/html", b"<h1>", "502 Bad Gateway", id="of-a-proxy"),
        pytest.param(599, PROBLEM, b"torn", "599 Status 599", id="torn"),
        pytest.param(400, PROBLEM, b'{"errors": [1]}', "400 Bad Request", id="other-errors"),
        pytest.param(400, PROBLEM, b"[]", "400 Bad Request", id="no-object"),
    ],
)
def test_an_error_in_words(status: int, kind: str, body: bytes, text: str) -> None:
    assert explained(status, kind, body) == text


def test_the_essence_of_a_media_type() -> None:
    assert essence("Text/Plain; charset=utf-8") == "text/plain"
