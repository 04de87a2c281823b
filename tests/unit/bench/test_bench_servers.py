"""The table of servers and the pins of the peers."""

from __future__ import annotations

import re

import pytest
from bench.serving.servers import SERVERS, Server, named
from bench.serving.workload import PEERS

WORDS = dict.fromkeys(("python", "bin", "port", "port2", "port3", "model", "package", "temporary"), "with blanks/in it")
PEER_SERVERS = [pytest.param(server, id=server.name) for server in SERVERS if server.environment]
PIN = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+")


@pytest.mark.parametrize("server", [pytest.param(server, id=server.name) for server in SERVERS])
def test_every_word_of_a_command_can_be_filled_in(server: Server) -> None:
    for word in (*server.command.split(), *server.variables.values()):
        assert "{" not in word.format_map(WORDS)


@pytest.mark.parametrize("server", PEER_SERVERS)
def test_requirements_of_a_peer_are_pins_and_name_no_index(server: Server) -> None:
    assert server.environment is not None
    lines = (PEERS / server.environment / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]

    assert pins
    assert [line for line in pins if not PIN.fullmatch(line)] == []
    pinned = {line.split("==")[0].lower() for line in pins}
    assert {package.lower() for package in server.packages} <= pinned


def test_every_peer_runs_the_same_model_code_with_the_same_versions() -> None:
    texts = [(PEERS / server.environment / "requirements.txt").read_text() for server in SERVERS if server.environment]
    for package in ("numpy", "onnxruntime", "pillow"):
        assert len({re.search(rf"^{package}==(.*)$", text, re.MULTILINE)[1] for text in texts}) == 1  # type: ignore[index]


def test_named_keeps_the_order_of_the_table() -> None:
    assert [server.name for server in named("fastapi, flask")] == ["flask", "fastapi"]
    with pytest.raises(ValueError, match="no such server: nginx; there are bentoml, fastapi"):
        named("flask,nginx")
