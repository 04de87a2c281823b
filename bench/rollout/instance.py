"""One running instance of a server: started, waited for until it answers as itself, signalled, watched to its end."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.rollout.asked import question, read
from bench.rollout.servers import Server
from bench.serving.environments import Environment
from bench.serving.instance import free_ports

HERE = Path(__file__).parent
# Where there is setpriv (util-linux), the kernel ends what we started when we are killed ourselves.
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
STARTED_WITHIN_S = 60.0
KILLED_AFTER_S = 20.0  # far above the deadline: such an end is shown as a kill
PAUSE_S = 0.02
LOG_CHARACTERS = 2000
ANSWER_IN_S = 5.0


class StartFailedError(Exception):
    """It did not answer rightly in time; the text has the end of its log."""


@dataclass(frozen=True)
class Ending:
    """`after_s` from the signal to the exit; `code` as of subprocess, None where it had to be killed."""

    after_s: float
    code: int | None


class Instance:
    """`name` is told to the server, which says it in its answers. It `shares` its port, if need be by the `shim`."""

    def __init__(
        self,
        server: Server,
        environment: Environment,
        name: str,
        port: int,
        folder: Path,
        *,
        shim: Path | None = None,
        shares: bool = False,
    ) -> None:
        self.name = name
        self.port = port
        self.server = server
        self.log = folder / f"{name}.log"
        self.signalled_at = 0.0
        self.ending: Ending | None = None
        temporary = folder / name
        temporary.mkdir()
        two, three = free_ports(2)
        words = {
            "python": str(environment.python),
            "bin": str(environment.bin),
            "port": str(port),
            "port2": str(two),
            "port3": str(three),
            "peers": str(HERE / "peers"),
            "package": str(HERE / "package"),
            "temporary": str(temporary),
        }
        command = f"{server.command} {server.sharing if shares else ''}"
        preload = shim if shares and not server.sharing else None
        with self.log.open("wb") as sink:
            self._process = subprocess.Popen(
                [*DIES_WITH_US, *(word.format_map(words) for word in command.split())],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=HERE / "peers" / server.folder if server.folder else temporary,
                env=_variables(server, words, name, preload),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_ready(self) -> float:
        """Until it gives a right answer as itself; seconds waited. StartFailedError where it does not."""
        begin = time.monotonic()
        while not self._answers():
            waited = time.monotonic() - begin
            if self._process.poll() is not None or waited > STARTED_WITHIN_S:
                raise StartFailedError(f"{self.server.name} gave no answer in {waited:.0f} s:\n{self.last_words()}")
            time.sleep(PAUSE_S)
        return time.monotonic() - begin

    def signal(self, number: signal.Signals) -> None:
        self.signalled_at = time.monotonic()
        self._process.send_signal(number)

    def terminate(self) -> None:
        """SIGTERM; from now on its end is waited for, to be timed, and ends what it leaves behind."""
        self.signal(signal.SIGTERM)
        threading.Thread(target=self._watch, name=f"end of {self.name}", daemon=True).start()

    def kill(self) -> None:
        """Its whole group: some servers leave orphans, which the end of PID 1 would end in a container."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def _watch(self) -> None:
        try:
            code: int | None = self._process.wait(KILLED_AFTER_S)
        except subprocess.TimeoutExpired:
            code = None
        ending = Ending(time.monotonic() - self.signalled_at, code)
        self.kill()
        self.ending = ending

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-LOG_CHARACTERS:]

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_IN_S)
        try:
            path, body = question(self.server.dialect)
            connection.request("POST", path, body, {"Content-Type": "application/json", "Connection": "close"})
            reply = connection.getresponse()
            answer = read(reply.read(), self.server.dialect)
            return reply.status == http.HTTPStatus.OK and answer.get("instance") == self.name
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _variables(server: Server, words: Mapping[str, str], name: str, shim: Path | None) -> dict[str, str]:
    """A plain environment: nothing of the caller's settings but where programs and the home folder are."""
    kept = {key: os.environ[key] for key in ("HOME", "LANG") if key in os.environ}
    return kept | {
        "PATH": f"{words['bin']}:{os.environ.get('PATH', os.defpath)}",
        "TMPDIR": words["temporary"],
        "BENCH_PORT": words["port"],
        "PYTHONPATH": str(HERE / "peers") if server.folder else "",
        "ROLLOUT_INSTANCE": name,
        "PYTHONDONTWRITEBYTECODE": "1",
        **({"LD_PRELOAD": str(shim)} if shim is not None else {}),
        **{key: value.format_map(words) for key, value in server.variables.items()},
    }
