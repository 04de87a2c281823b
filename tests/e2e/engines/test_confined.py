"""What is not trusted, in every engine alike: an address of its own, no way out, few rights, limits; and all goes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import one_at_a_time
from tests.e2e.engines.conftest import loaded
from tests.e2e.engines.lab import Lab
from tests.e2e.engines.ready import answered
from tests.unit.images.samples import file, layer_of

from hitless.engines.commands import CAPABILITIES
from hitless.engines.running import Confinement, Start, started
from hitless.images.image import Image
from hitless.images.layout import LayoutSource
from hitless.images.reading import read_image
from hitless.images.unpacking import unpack

HERE = Path(__file__).parent
ENGINES = ("podman", "docker", "runc", "bwrap")
WITHIN_S = 100.0
NUMBERS = {"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "KILL": 5, "SETGID": 6, "SETUID": 7, "NET_BIND_SERVICE": 10}
KNOWN = sum(1 << NUMBERS[name] for name in CAPABILITIES)  # linux/capability.h


@dataclass(frozen=True)
class Client:
    """Runs in the lab."""

    lab: Lab
    engine: str
    subject: str
    configuration: Path

    def sees(self, what: str, subject: str = "") -> Any:
        return json.loads(self.run(what, subject).stdout)

    def run(self, what: str, subject: str = "") -> subprocess.CompletedProcess[str]:
        words = (what, self.engine, subject or self.subject, str(self.configuration), str(self.lab.folder))
        command = self.lab.command(sys.executable, str(HERE / "confined_client.py"), *words)
        done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_S, check=False)
        assert done.stdout, done.stderr
        return done


@pytest.fixture(scope="session")
def telling(base: Path) -> Image:
    """An image with a server that tells what it can do."""
    below = read_image(LayoutSource(base), "the base")
    layer = layer_of(file("telling_server.py", (HERE / "telling_server.py").read_bytes(), mode=0o644))
    return below.on_top([layer], [{"created_by": "test"}], "1980-01-01T00:00:01Z")


@pytest.fixture(scope="session")
def telling_root(shared: Path, telling: Image) -> Path:
    root = shared / "telling-root"
    with one_at_a_time(shared / "telling-root.lock"):
        if not root.exists():
            unpack(telling, root)
    return root


@pytest.fixture(params=ENGINES)
def client(request: pytest.FixtureRequest, lab: Lab, telling: Image, tmp_path: Path) -> Client:
    name: str = request.param
    configuration = tmp_path / "configuration.json"
    configuration.write_bytes(telling.configuration.data)
    if name in ("podman", "docker"):
        return Client(lab, name, loaded(lab.engine(name), telling, "telling:v1", lab), configuration)
    if shutil.which(name) is None:
        pytest.skip(f"not installed: {name}")
    return Client(lab, name, str(request.getfixturevalue("telling_root")), configuration)


def test_a_confined_life(client: Client) -> None:
    seen = client.sees("life")
    told = seen["told"]
    assert (seen["own"], seen["lacks"]) == (True, [])
    assert (told["pid"], told["first"], told["asked"]) == (1, "/telling_server.py", "yes")
    assert told["processes"] == [1]
    assert (told["capabilities"] & ~KNOWN, told["no_new_privileges"]) == (0, True)
    assert told["reached"] == []
    assert seen["behind the loopback"] is None
    assert 1 << 20 < seen["memory"] < 256 << 20
    assert "/var/tmp/written" in seen["written"]
    assert not [path for path in seen["written"] if path.startswith(("/tmp", "/etc", "/proc", "/dev"))]
    assert (seen["still"], seen["code"], seen["seen in time"]) == (None, 7, True)
    lines = [tuple(line) for line in seen["lines"]]
    assert sorted(lines) == [("stderr", "a complaint"), ("stdout", "asked for /write"), ("stdout", "listening")]
    assert sorted(seen["logs"].splitlines()) == ["a complaint", "asked for /write", "listening"]


def test_limits(client: Client) -> None:
    seen = client.sees("limits")
    assert 0 < seen["children"] < 64
    assert seen["code"] == 137


def test_as_another_user_with_a_root_that_cannot_be_written(client: Client) -> None:
    seen = client.sees("careful")
    told = seen["told"]
    assert (told["uid"], told["gid"], told["pid"]) == (1000, 100, 1)
    assert (told["capabilities"], told["no_new_privileges"]) == (0, True)
    assert (seen["broken"], seen["written"]) == (None, [])


def test_nothing_is_left_after_an_interruption(client: Client) -> None:
    assert client.sees("interrupted") == {"left": []}


def test_what_a_killed_run_left_is_removed_by_the_next(client: Client) -> None:
    done = client.run("killed")
    assert done.returncode == -9
    seen = json.loads(done.stdout)
    assert len(seen["left"]) >= 3
    assert client.sees("swept", seen["run"])["left"] == []  # by this one, or by another that ran meanwhile


@pytest.mark.parametrize("name", ["podman", "docker"])
def test_where_its_address_is_not_reached_a_port_is_published(lab: Lab, telling: Image, name: str) -> None:
    """From outside of the lab: as from a machine whose engine is in a virtual one."""
    engine = lab.engine(name)
    command = ("/usr/bin/python3", "/telling_server.py", "8080")
    start = Start(loaded(engine, telling, "telling:v1", lab), command=command, confinement=Confinement())
    with started(engine, start) as instance:
        assert (instance.address().host, instance.address().own) == ("127.0.0.1", False)
        assert "route out" in " ".join(instance.lacks)
        told = json.loads(answered(instance, within=lab.command()))
        assert (told["capabilities"] & ~KNOWN, told["no_new_privileges"]) == (0, True)
        assert instance.memory_bytes() or 0 > 1 << 20
