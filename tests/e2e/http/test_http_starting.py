"""From start to ready: who comes early is held and answered; what is wrong ends the server with all its problems."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from tests.e2e.http import packages
from tests.e2e.http.traffic import connect, exit_code, free_port, health, wait_for_health
from tests.e2e.http.wire import Wire, post_json, request
from tests.e2e.serving_process import ServingProcess, write_package

ONE_API = packages.config(packages.api("/", takes={"x": packages.INTEGER}))


def outcome(package: Path, *arguments: str, environ: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Exit code and everything said by a server that is expected to end by itself."""
    process = ServingProcess(package, *arguments, environ=environ).start(ready=False)
    try:
        code = exit_code(process)
    finally:
        process.kill()
    return code, "\n".join(process.log)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_requests_during_the_load_are_held_and_answered(tmp_path: Path, workers: str) -> None:
    package, port = packages.loading(tmp_path / "package", held=True), free_port()
    server = ServingProcess(package, "--port", str(port), "--workers", workers).start(ready=False)
    with server:
        early, probe, gone, pipelined = (connect(port) for _ in range(4))
        early.send(post_json("/", {"x": "early"}))
        gone.send(post_json("/", {"x": "gone"}))
        pipelined.send(post_json("/", {"x": 1}) + request("GET /health") + post_json("/", {"x": 2}))
        reply = probe.ask(request("GET /health"))
        assert (reply.status, reply.body) == (503, b'{"health": "false"}')
        assert probe.ask(request("GET /nowhere")).status == 404
        assert early.silent_for(0.2)
        gone.reset()
        (package / "hold").unlink()
        assert early.reply().json()["x"] == "early"
        assert pipelined.reply().json()["x"] == 1
        assert pipelined.reply().status in (200, 503)  # ready when all workers are
        assert pipelined.reply().json()["x"] == 2
        wait_for_health(port, 200)
        reply = probe.ask(request("GET /health"))
        assert (reply.status, reply.body) == (200, b'{"health": "true"}')


def test_what_is_held_is_limited(tmp_path: Path) -> None:
    package, port = packages.loading(tmp_path / "package", held=True), free_port()
    server = ServingProcess(package, "--port", str(port), "--max-queue", "2").start(ready=False)
    with server:
        wires = [connect(port).send(post_json("/", {"x": number})) for number in range(2)]
        assert wires[0].silent_for(0.2)
        with Wire(port) as third:
            reply = third.ask(post_json("/", {"x": 3}))
            assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        (package / "hold").unlink()
        assert [wire.reply().json()["x"] for wire in wires] == [0, 1]


def test_what_is_held_is_judged_when_the_model_is_there(tmp_path: Path) -> None:
    package, port = packages.loading(tmp_path / "package", held=True), free_port()
    with ServingProcess(package, "--port", str(port)).start(ready=False):
        bad, worse = connect(port), connect(port)
        bad.send(request("POST /", "Content-Type: text/csv", body=b"x"))
        worse.send(request("POST /", "Content-Type: application/json", body=b"{"))
        assert bad.silent_for(0.2)
        (package / "hold").unlink()
        assert bad.reply().status == 415
        assert worse.reply().status == 400
        assert worse.ask(post_json("/", {"x": 1})).json()["x"] == 1


BAD_PACKAGES = {
    "init-raises": (
        ONE_API,
        "class Model:\n    def __init__(self):\n        raise RuntimeError('no weights')\n    def predict(self, x): 0",
        ["Traceback", "RuntimeError: no weights", "model.py"],
    ),
    "no-python": (ONE_API, "class Model:\n  def predict(self, x) return", ["SyntaxError", "model.py"]),
    "import-missing": (ONE_API, "import no_such_module_anywhere", ["ModuleNotFoundError", "no_such_module_anywhere"]),
    "exits": (ONE_API, "raise SystemExit('enough')", ["SystemExit", "enough"]),
    "no-class": (ONE_API, "x = 1", ["PKG-5", "class named Model"]),
    "all-mismatches": (
        packages.config(
            packages.api("/", takes={"x": packages.INTEGER}),
            packages.api("/greet", "get"),
            packages.api("/other", takes={"y": packages.STRING}),
        ),
        "class Model:\n    def predict(self, z): ...\n    def other(self, y): ...\n    def nobody(self): ...",
        ["BIND-1", "/greet", "BIND-2", "'z'", "BIND-3", "nobody"],
    ),
}


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(("config", "model", "said"), BAD_PACKAGES.values(), ids=BAD_PACKAGES.keys())
def test_a_package_that_cannot_serve(
    tmp_path: Path, config: dict[str, object], model: str, said: Sequence[str], workers: str
) -> None:
    code, text = outcome(write_package(tmp_path / "package", config, model), "--workers", workers)
    assert code == 2
    for words in said:
        assert words in text


def test_a_package_that_is_none(tmp_path: Path) -> None:
    for folder, said in ((tmp_path / "nowhere", "PKG-1"), (tmp_path, "config.json")):
        code, text = outcome(folder)
        assert code == 2
        assert said in text
        assert "Traceback" not in text


def test_every_bad_option_is_named_at_once(tmp_path: Path) -> None:
    settings = '[serve]\nkeep-alive = "long"\nkeep-alife = 3\n'
    package = packages.general(tmp_path / "package", settings)
    code, text = outcome(
        package, "--threads", "0", "--placement", "attic", "--max-body", "12 apples",
        environ={"HITLESS_LINGER": "soon", "HITLESS_METRICS": "perhaps"},
    )  # fmt: skip
    assert code == 2
    for words in ("--threads", "--placement", "--max-body", "serve.keep-alive", "keep-alife", "HITLESS_METRICS"):
        assert words in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--linger", "10", "--deadline", "5"], "linger", id="linger-after-the-deadline"),
        pytest.param(["--tls-cert", "cert.pem"], "key", id="certificate-without-key"),
        pytest.param(["--no-such-option"], "no-such-option", id="unknown-flag"),
    ],
)
def test_options_that_do_not_go_together(tmp_path: Path, arguments: list[str], said: str) -> None:
    code, text = outcome(packages.general(tmp_path / "package"), *arguments)
    assert code == 2
    assert said in text


def test_a_port_in_use(general: ServingProcess, tmp_path: Path) -> None:
    code, text = outcome(packages.general(tmp_path / "package"), "--port", str(general.port))
    assert code == 3
    assert str(general.port) in text
    assert "--port" in text
    assert "Traceback" not in text


def test_an_address_that_is_not_ours(tmp_path: Path) -> None:
    code, text = outcome(packages.general(tmp_path / "package"), "--host", "192.0.2.1")
    assert (code, "Traceback" in text) == (3, False)


def test_explain_says_where_each_value_came_from(tmp_path: Path) -> None:
    package = packages.general(tmp_path / "package", "[serve]\nlinger = 7\nkeep-alive = 300\nthreads = 3\n")
    command = [sys.executable, "-m", "hitless.serving", str(package), "--threads", "5", "--explain"]
    environ = {"HITLESS_LINGER": "8", "HITLESS_THREADS": "4", "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environ)
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert (done.returncode, done.stderr) == (0, "")
    for option, value, origin in (
        ("threads", "5", "flag --threads"),
        ("linger", "8", "environment HITLESS_LINGER"),
        ("keep-alive", "300", "hitless.toml"),
        ("deadline", "90", "default"),
    ):
        assert value in rows[option].split()[1]
        assert origin in rows[option]


def test_environment_and_file_are_obeyed(tmp_path: Path) -> None:
    package = packages.general(tmp_path / "package", "[serve]\nmax-body = '1kB'\nmetrics = false\n")
    with ServingProcess(package, environ={"HITLESS_MAX_LINE": "100"}) as server, Wire(server.port) as wire:
        assert wire.ask(request("GET /metrics")).status == 404
        assert wire.ask(request("POST /raw", body=bytes(1000))).status == 200
        assert wire.ask(request("POST /raw", "Connection: close", body=bytes(1001))).status == 413
        with Wire(server.port) as other:
            assert other.ask(request("GET /hello?name=" + "x" * 100)).status == 414


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
def test_both_address_families(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET6) as trial:
        try:
            trial.bind(("::1", 0))
        except OSError:
            pytest.skip("there is no IPv6 here")
    with ServingProcess(packages.general(tmp_path / "package"), "--host", "") as server:
        for host in ("127.0.0.1", "::1"):
            with Wire(server.port, host=host) as wire:
                assert wire.ask(request("GET /hello")).json() == {"hello": "world"}
    with ServingProcess(tmp_path / "package", "--host", "::1") as server, Wire(server.port, host="::1") as wire:
        assert wire.ask(request("GET /health")).status == 200


def test_sigterm_while_the_model_loads(tmp_path: Path) -> None:
    """Who waits is still answered, if the model comes in time."""
    package, port = packages.loading(tmp_path / "package", held=True), free_port()
    server = ServingProcess(package, "--port", str(port), "--linger", "1").start(ready=False)
    with server, connect(port) as wire:
        wire.send(post_json("/", {"x": "early"}))
        assert wire.silent_for(0.2)
        server.signal(15)
        server.wait_for_entry(lambda entry: "lingering" in entry["message"])
        assert health(port) == 503
        (package / "hold").unlink()
        reply = wire.reply()
        assert reply.json()["x"] == "early"
        assert exit_code(server) == 0
