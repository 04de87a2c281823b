"""Looks at the stop of a container, in the lab, where its address is reached; prints the verdicts as JSON.

python stopping_client.py ENGINE SUBJECT CONFIGURATION LAB COMMAND…: see tests/e2e/engines/confined_client.py.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from tests.e2e.checking.test_dynamics import looked, verdicts
from tests.e2e.engines.confined_client import engine_of
from tests.specimens.processes import site

from hitless.checking.events import Stage
from hitless.engines.running import Confinement, Start


def main(name: str, subject: str, configuration: str, lab: str, *command: str) -> None:
    engine = engine_of(name, Path(configuration), Path(lab))
    start = Start(subject, 8080, command, confinement=Confinement(memory_bytes=256 << 20, processes=64))
    one = replace(site("good", Path(lab)), engine=engine, start=start)
    record = looked(one, Stage.STOP)
    found = {key: [one.outcome.value, one.message] for key, one in verdicts(record, one).items()}
    sys.stdout.write(json.dumps({"unseen": record.missing(Stage.STOP), "verdicts": found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
