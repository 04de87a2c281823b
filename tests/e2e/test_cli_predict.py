"""`hitless predict`, on a package and on a server: the same answers, exit codes, and words for what is wrong."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.command_line import PROGRAM, environment, hitless, hitless_bytes, hitless_on_a_terminal
from tests.e2e.serving_process import ServingProcess, write_package

MODEL = """
import time
from pathlib import Path

print("the model says hello")


class Refused(ValueError):
    status = 409


class Model:
    def predict(self, x: float, y: float = 1.0):
        print("the model computes")
        if x < 0:
            raise Refused("x is negative")
        return {"quotient": x / y}

    def upload(self, file: bytes, note: str = ""):
        return {"bytes": len(file), "note": note}

    def greet(self, name: str = "you"):
        return {"hello": name}

    def count(self, cut: bool = False):
        for number in range(3):
            if cut and number == 2:
                raise RuntimeError("in the middle")
            yield {"number": number}

    def picture(self):
        return bytes(range(256))

    def echo(self, text: bytes):
        return text

    def slow(self, until: str):
        for _ in range(500):
            if Path(until).exists():
                return {"found": until}
            time.sleep(0.1)
"""
SETTINGS = '[[example]]\njson = { x = 6, y = 2 }\n[[example]]\nurl = "/greet"\nmethod = "GET"\nquery = "name=Ada"\n'


def api(url: str, method: str = "post", *, request: Any = None, response: str = "application/json") -> dict[str, Any]:
    made: dict[str, Any] = {"url": url, "method": method, "response": {"Content-type": response}}
    return {**made, "request": request} if request is not None else made


def body(kind: str = "application/json", **properties: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: {"type": type_} for name, type_ in properties.items()}}
    return {"Content-type": kind, "data": schema}


CONFIG = {
    "model_algorithm": "predict_analysis",
    "model_type": "Image",
    "apis": [
        api("/", request=body(x="number", y="number")),
        api("/upload", request=body("multipart/form-data", file="file", note="string")),
        api("/greet", "get"),
        api("/count", request=body(cut="boolean"), response="text/event-stream"),
        api("/picture", "get", response="image/png"),
        api("/echo", request={"Content-type": "text/plain"}, response="text/plain"),
        api("/slow", request=body(until="string")),
    ],
    "health": {"check_method": "HTTP", "protocol": "http", "url": "/health"},
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_package(tmp_path_factory.mktemp("predict") / "package", CONFIG, MODEL, SETTINGS)


@pytest.fixture(scope="module")
def server(package: Path) -> Iterator[ServingProcess]:
    with ServingProcess(package) as process:
        yield process


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module", params=["package", "server"])
def subject(request: pytest.FixtureRequest) -> str:
    """Both ways to ask; the fixture of a server is only made where it is asked."""
    if request.param == "package":
        return str(request.getfixturevalue("package"))
    url: str = request.getfixturevalue("server").url
    return url


@pytest.mark.parametrize(
    ("flags", "code", "output", "words"),
    [
        pytest.param(["-d", '{"x": 3, "y": 2}'], 0, {"quotient": 1.5}, "", id="json"),
        pytest.param(["/", "--data", '{"x": 3}'], 0, {"quotient": 3.0}, "", id="path-and-default"),
        pytest.param(["/greet"], 0, None, "", id="get"),
        pytest.param(["/greet?name=Grace"], 0, {"hello": "Grace"}, "", id="query"),
        pytest.param(["greet?name=Grace"], 0, {"hello": "Grace"}, "", id="path-without-its-slash"),
        pytest.param(["/upload", "-F", "file=@file", "-F", "note=é=1"], 0, {"bytes": 5, "note": "é=1"}, "", id="form"),
        pytest.param(["/health"], 0, {"health": "true"}, "", id="health"),
        pytest.param(["-d", '{"x": -1}'], 1, None, "409 Conflict: x is negative\n", id="refused-by-the-model"),
        pytest.param(["-d", '{"y": "a"}'], 1, None, "422 Unprocessable Entity\n  y: \"a\" is not of type \"number\"\n",
                     id="refused-by-the-contract"),
        pytest.param(["/nothing", "-d", "1"], 1, None, "404 Not Found: There is nothing at /nothing.", id="not-found"),
        pytest.param(["-X", "PUT", "-d", "1"], 1, None,
                     "405 Method Not Allowed: PUT is not allowed at /; allowed: POST.\n", id="method"),
        pytest.param(["-F", "x=1"], 1, None, "415 Unsupported Media Type: Content-Type multipart/form-data",
                     id="form-for-json"),
        pytest.param(["-d", '{"x": 1, "y": 0}'], 1, None,
                     "500 Internal Server Error: The model failed on this request", id="model-failed"),
    ],
)  # fmt: skip
def test_both_ways_to_ask(subject: str, tmp_path: Path, flags: list[str], code: int, output: Any, words: str) -> None:
    (tmp_path / "file").write_text("12345")
    done = hitless("predict", subject, *flags, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    answer = json.loads(done.stdout)  # the body is passed on, whatever the status
    assert answer["status"] == int(words[:3]) if code else output in (None, answer)


def test_the_example_of_the_package(package: Path) -> None:
    done = hitless("predict", package)
    assert (done.returncode, done.stdout) == (0, '{"quotient":3.0}')
    assert done.stderr == "the model says hello\nthe model computes\n"  # apart from the answer


def test_the_example_for_a_path(package: Path) -> None:
    assert hitless("predict", package, "/greet").stdout == '{"hello":"Ada"}'


def test_in_the_folder_itself(package: Path) -> None:
    assert hitless("predict", cwd=package).stdout == '{"quotient":3.0}'


def test_data_from_the_standard_input_and_from_a_file(server: ServingProcess, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"x": 1}')
    assert hitless("predict", server.url, "-d", "@-", given=b'{"x": 8, "y": 2}').stdout == '{"quotient":4.0}'
    assert hitless("predict", server.url, "-d", "@x.json", cwd=tmp_path).stdout == '{"quotient":1.0}'


def test_another_media_type(package: Path, server: ServingProcess) -> None:
    assert hitless("predict", package, "/echo", "-d", "not {JSON").stdout == "not {JSON"  # the contract says so
    assert hitless("predict", server.url, "/echo", "-d", "not {JSON", "--type", "text/plain").stdout == "not {JSON"


def test_bytes_are_passed_on(subject: str) -> None:
    assert hitless_bytes("predict", subject, "/picture").stdout == bytes(range(256))


def test_a_stream(subject: str) -> None:
    done = hitless("predict", subject, "/count", "-d", "{}")
    events = "".join(f'data: {{"number":{number}}}\n\n' for number in range(3))
    assert (done.returncode, done.stdout) == (0, events)


def test_a_stream_that_breaks_off(subject: str) -> None:
    done = hitless("predict", subject, "/count", "-d", '{"cut": true}')
    assert done.returncode == 1
    assert done.stdout == 'data: {"number":0}\n\ndata: {"number":1}\n\n'
    assert "hitless: the answer is not complete: " in done.stderr


def test_on_a_terminal(package: Path, server: ServingProcess) -> None:
    code, shown = hitless_on_a_terminal("predict", package)
    assert (code, shown.splitlines()[0]) == (0, "POST /, the first example for it in hitless.toml:")
    assert shown.splitlines()[-1] == '{"quotient": 3.0}'
    code, shown = hitless_on_a_terminal("predict", server.url, "/picture")
    assert (code, shown) == (0, "256 bytes of image/png, not shown on a terminal: redirect them (> FILE), or --raw.\n")
    code, shown = hitless_on_a_terminal("predict", server.url, "-d", '{"x": -1}')
    assert (code, shown) == (1, "409 Conflict: x is negative\n")
    code, shown = hitless_on_a_terminal("predict", "--raw", server.url, "-d", '{"x": 2}')
    assert (code, shown) == (0, '{"quotient":2.0}')


def test_time(package: Path, server: ServingProcess) -> None:
    in_process, over_http = (hitless("predict", to, "--time", "-d", '{"x": 1}').stderr for to in (package, server.url))
    assert in_process.splitlines()[-1].startswith("POST /: 200 in ")
    assert "; the model loaded in " in in_process
    assert over_http.startswith(f"POST {server.url}: 200 in ")


def test_without_a_body_the_flags_for_one_are_named(server: ServingProcess) -> None:
    done = hitless("predict", server.url)
    assert (done.returncode, done.stderr.splitlines()) == (1, [
        "405 Method Not Allowed: GET is not allowed at /; allowed: POST.",
        "-F NAME=VALUE or -d JSON would send a body.",
    ])  # fmt: skip


def test_what_takes_long_is_said(package: Path, tmp_path: Path) -> None:
    """The model goes on only once it was said."""
    process = asks_a_slow_model(package, tmp_path / "go")
    heard = heard_until_it_waits(process)
    (tmp_path / "go").touch()
    output, errors = process.communicate(timeout=40)
    assert (process.returncode, json.loads(output)) == (0, {"found": f"{tmp_path}/go"})
    assert heard + errors == "the model says hello\nwaiting for the answer …\n".encode()


def test_no_server() -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    done = hitless("predict", url, "-d", "1")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"hitless: cannot reach {url}: Connection refused\n"
        "    Is the server running there? `hitless serve DIR` starts one.\n"
    )


def test_something_else_than_a_web_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with subprocess.Popen([*PROGRAM, "predict", url], env=environment(), stderr=subprocess.PIPE) as asking:
            connection, _ = listener.accept()
            connection.recv(65_536)
            connection.sendall(b"220 mail.example ESMTP\r\n")
            connection.close()
            _, errors = asking.communicate(timeout=60)
    assert asking.returncode == 3
    assert b"it does not answer in HTTP" in errors


def test_a_server_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    package = write_package(tmp_path / "package", {**CONFIG, "protocol": "https"}, MODEL)
    with ServingProcess(package) as server:
        url = server.url.replace("http://", "https://")
        done = hitless("predict", url, "-d", '{"x": 2}')
        assert (done.returncode, done.stdout) == (0, '{"quotient":2.0}')
        assert done.stderr.startswith(
            "note: the certificate of 127.0.0.1 is not one that can be verified (self-signed?)"
        )
        assert hitless("predict", server.url, "-d", "1").returncode == 3  # http, where https is spoken


@pytest.mark.parametrize(
    ("flags", "id_"),
    [
        pytest.param(["no-such-folder"], "PKG-1", id="no-folder"),
        pytest.param(["127.0.0.1:8080"], "CALL-8", id="address-without-a-scheme"),
        pytest.param(["ftp://127.0.0.1"], "CALL-7", id="another-scheme"),
        pytest.param(["{package}", "-d", "{{"], "CALL-4", id="no-json"),
        pytest.param(["{package}", "-d", "1", "-F", "a=1"], "CALL-1", id="form-and-data"),
        pytest.param(["{package}", "/upload", "-F", "file=@nowhere"], "CALL-3", id="no-file"),
        pytest.param(["{package}", "/slow"], "CALL-5", id="no-example"),
    ],
)
def test_wrong_input(package: Path, tmp_path: Path, flags: list[str], id_: str) -> None:
    done = hitless("predict", *(flag.format(package=package) for flag in flags), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error {id_}\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'", id="import"),
        pytest.param("def (:", "SyntaxError: invalid syntax", id="syntax"),
        pytest.param("raise SystemExit(0)", "the model does not load: SystemExit: 0", id="exit"),
    ],
)
def test_a_model_that_does_not_load(tmp_path: Path, line: str, words: str) -> None:
    package = write_package(tmp_path / "package", CONFIG, f"{MODEL}\n{line}\n")
    done = hitless("predict", package, "-d", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert line in done.stderr  # where it went wrong, in the package's code
    assert "error PKG-8" in done.stderr
    assert "src/hitless" not in done.stderr  # and nothing of ours


def test_contract_and_code_that_do_not_fit(tmp_path: Path) -> None:
    package = write_package(tmp_path / "package", CONFIG, MODEL.replace("def greet", "def welcome"))
    done = hitless("predict", package, "-d", "1")
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if line.startswith("error")] == [
        "error BIND-1  model.py  $.apis[2]",
        "error BIND-3  model.py  $.apis",
    ]


def test_a_broken_config_shows_the_line(tmp_path: Path) -> None:
    package = write_package(tmp_path / "package", CONFIG, MODEL)
    text = (package / "config.json").read_text().replace('"url": "/greet"', '"url": "greet me"')
    (package / "config.json").write_text(text)
    done = hitless("predict", package, "-d", "1")
    assert done.returncode == 2
    assert f"{package}/config.json:1:" in done.stderr
    assert '"greet me"' in done.stderr
    assert "^^^" in done.stderr


def asks_a_slow_model(package: Path, until: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*PROGRAM, "predict", str(package), "/slow", "-d", json.dumps({"until": str(until)})],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def heard_until_it_waits(process: subprocess.Popen[bytes]) -> bytes:
    """It has loaded the model, and two seconds have passed."""
    assert process.stderr is not None
    heard = b""
    while b"\n" not in heard.partition(b"waiting")[2]:
        piece = process.stderr.read1(100)  # type: ignore[attr-defined]
        assert piece, heard
        heard += piece
    return heard


def test_ctrl_c(package: Path, tmp_path: Path) -> None:
    """Quietly and at once, though the model goes on computing in its thread."""
    process = asks_a_slow_model(package, tmp_path / "never")
    heard_until_it_waits(process)
    started = time.monotonic()
    process.send_signal(2)
    output, errors = process.communicate(timeout=40)
    assert (process.returncode, output, errors) == (130, b"", b"")
    assert time.monotonic() - started < 40
