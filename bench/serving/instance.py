"""One running server: started on free ports, waited for until its answer is right, ended with all its processes."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.serving import processes
from bench.serving.environments import Environment
from bench.serving.servers import Server, Size
from bench.serving.workload import ANSWER, PEERS, Workload

START_LIMIT_S = 120.0
ATTEMPT_LIMIT_S = 10.0
PAUSE_S = 0.004
LOG_LINES = 12


class StartFailedError(Exception):
    """The server did not answer rightly in time; the text says how far it came."""


@dataclass(frozen=True)
class Instance:
    """`start_s`: from exec to the first correct answer."""

    port: int
    start_s: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def running(server: Server, size: Size, workload: Workload, environment: Environment, work: Path) -> Iterator[Instance]:
    """The server while the block runs; raises StartFailedError. At the end no process of it is left."""
    temporary = Path(tempfile.mkdtemp(dir=work, prefix=f"{server.name}-"))
    log = log_of(server, size, work)
    ports = free_ports(3)
    words = {
        "python": str(environment.python),
        "bin": str(environment.bin),
        "port": str(ports[0]),
        "port2": str(ports[1]),
        "port3": str(ports[2]),
        "model": str(workload.models[size]),
        "package": str(workload.package(server, size)),
        "temporary": str(temporary),
    }
    try:
        with log.open("wb") as sink:
            begin = time.monotonic()
            process = subprocess.Popen(
                [word.format_map(words) for word in server.command.split()],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=PEERS / server.environment if server.environment else temporary,
                env=variables(server, words),
                start_new_session=True,  # Ctrl-C reaches the benchmark alone, which then ends the server
            )
        _wait_until_right(process, ports[0], workload, begin)
        yield Instance(ports[0], time.monotonic() - begin)
    finally:
        processes.end_all()
        shutil.rmtree(temporary, ignore_errors=True)


def variables(server: Server, words: Mapping[str, str]) -> dict[str, str]:
    """A plain environment: nothing of the caller's settings but where programs and the home folder are."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    return kept | {
        "PATH": f"{words['bin']}:{os.environ.get('PATH', os.defpath)}",
        "PYTHONPATH": str(PEERS / "model") if server.environment else "",
        "TMPDIR": words["temporary"],
        "BENCH_MODEL": words["model"],
        "BENCH_PORT": words["port"],
        **{name: value.format_map(words) for name, value in server.variables.items()},
    }


def free_ports(count: int) -> list[int]:
    """Different ports of the loopback that nothing listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def fault(port: int, workload: Workload, limit_s: float = ATTEMPT_LIMIT_S) -> str | None:
    """What is wrong with the server's answer to the request; None if it is right."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limit_s)
    try:
        connection.request("POST", "/", workload.body.read_bytes(), {"Content-Type": workload.content_type})
        reply = connection.getresponse()
        text = reply.read()
        if reply.status != http.HTTPStatus.OK or json.loads(text) != ANSWER:
            return f"{reply.status} {text[:200]!r}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    else:
        return None
    finally:
        connection.close()


def _wait_until_right(process: subprocess.Popen[bytes], port: int, workload: Workload, begin: float) -> None:
    while (wrong := fault(port, workload)) is not None:
        ended = process.poll()
        if ended is not None or time.monotonic() - begin > START_LIMIT_S:
            how = f"ended with {ended}" if ended is not None else f"gave no right answer in {START_LIMIT_S:.0f} s"
            raise StartFailedError(f"{how}; last answer: {wrong}")
        time.sleep(PAUSE_S)


def log_of(server: Server, size: Size, work: Path) -> Path:
    return work / f"{server.name}-{size}.log"


def last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
