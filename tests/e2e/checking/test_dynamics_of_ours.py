"""Our own server keeps every clause of idle connections, stops and rollouts; what --quick sees, and of one instance."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.e2e.checking.test_dynamics import RULES, STAGES, looked, verdicts
from tests.specimens.dynamic import DEADLINE_S, KEEP_ALIVE_S, LINGER_S, SCALED
from tests.specimens.processes import site

from hitless.checking.events import Exited, Noted, Signalled, Stage, Unseen
from hitless.checking.probes.purposes import LOAD_ENDED, SIGTERM_SENT
from hitless.checking.probes.site import Site
from hitless.checking.rule import Purpose
from hitless.checking.verdict import Outcome
from hitless.engines.process import ProcessEngine
from hitless.engines.running import Start
from hitless.spec.config import parse
from hitless.spec.profiles import DEFAULT, PROFILES

pytestmark = pytest.mark.slow

TIMES = {
    "HITLESS_LINGER": str(LINGER_S),
    "HITLESS_DEADLINE": str(DEADLINE_S),
    "HITLESS_KEEP_ALIVE": str(KEEP_ALIVE_S + 1),
}


def ours(repository: Path, folder: Path, protocol: str) -> Site:
    """The package of `hitless init`, with times of seconds."""
    package = folder / "package"
    shutil.copytree(repository / "src/hitless/cli/templates/json", package)
    written = json.loads((package / "config.json").read_text())
    written |= {"protocol": protocol, "health": {**written["health"], "protocol": protocol}}
    (package / "config.json").write_text(json.dumps(written))
    contract = parse(json.dumps(written), file="config.json", profile=SCALED).contract
    assert contract is not None
    return Site(ProcessEngine(), Start(str(package), environment=TIMES), contract, SCALED, Purpose.HITLESS)


@pytest.mark.parametrize("protocol", ["http", "https"])
def test_it_passes_everything(protocol: str, repository: Path, tmp_path: Path) -> None:
    if protocol == "https" and shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    one = ours(repository, tmp_path, protocol)
    found = verdicts(looked(one, *STAGES), one)
    assert {key: (v.outcome, v.message) for key, v in found.items() if not v.outcome.conforms} == {}
    assert {key for key, v in found.items() if v.outcome is not Outcome.PASSED} == {"HL704"}
    assert set(found) == set(RULES)


def test_quick_sees_a_part_and_says_so(tmp_path: Path) -> None:
    one = replace(site("good", tmp_path), profile=DEFAULT, quick=True)
    one = replace(
        one, start=replace(one.start, environment={**one.start.environment, "LINGER": "60", "KEEP_ALIVE": "300"})
    )
    record = looked(one, *STAGES)
    found = verdicts(record, one)
    assert not [key for key, v in found.items() if v.outcome is Outcome.FAILED]
    assert {key for key, v in found.items() if v.outcome is Outcome.PASSED} == {"HL705", "HL801", "HL809"}
    assert "--quick" in found["HL802"].message
    assert "--quick" in found["HL701"].message
    assert "--quick" in record.missing(Stage.ROLLOUT)


def test_quick_sees_what_goes_wrong_at_once(tmp_path: Path) -> None:
    one = replace(site("exits-at-once", tmp_path), profile=DEFAULT, quick=True)
    found = verdicts(looked(one, Stage.STOP), one)
    assert [key for key, v in found.items() if v.outcome is Outcome.FAILED] == ["HL802"]


def test_a_service_that_is_not_ours_to_stop(tmp_path: Path) -> None:
    one = replace(site("good", tmp_path), single=True, can_signal=False)
    record = looked(one, Stage.STOP, Stage.ROLLOUT)
    assert {unseen.stage for unseen in record.all(Unseen)} == {Stage.STOP, Stage.ROLLOUT}
    assert "--pid" in record.missing(Stage.STOP)


def test_a_single_instance_is_stopped_last(tmp_path: Path) -> None:
    one = replace(site("good", tmp_path), single=True)
    record = looked(one, Stage.STOP, Stage.KEEP_ALIVE)
    stages = [entry.stage for entry in record.entries if isinstance(entry, (Signalled, Exited))]
    assert stages.index(Stage.KEEP_ALIVE) < stages.index(Stage.STOP)
    assert {key for key, v in verdicts(record, one).items() if not v.outcome.conforms} == set()


def test_an_edition_without_times_is_not_waited_for(tmp_path: Path) -> None:
    one = replace(site("good", tmp_path), profile=PROFILES["intl-2023"])
    record = looked(one, *STAGES)
    assert not record.all(Exited)
    found = verdicts(record, one)
    assert set(found) == set(RULES)
    assert {v.outcome for v in found.values()} == {Outcome.NOT_APPLICABLE}


def test_one_that_does_not_get_ready_leaves_its_stages_unseen(tmp_path: Path) -> None:
    one = site("good", tmp_path)
    one = replace(one, start=replace(one.start, command=("sh", "-c", "exit 1")))
    record = looked(one, *STAGES)
    assert {unseen.stage for unseen in record.all(Unseen)} == set(STAGES)
    assert {unseen.why for unseen in record.all(Unseen)} == {"the service did not get ready"}


def test_a_stop_is_noted(tmp_path: Path) -> None:
    record = looked(site("good", tmp_path), Stage.STOP)
    assert {SIGTERM_SENT, LOAD_ENDED} <= {one.what for one in record.all(Noted, Stage.STOP)}
