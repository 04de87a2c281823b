"""Run in namespaces of its own: variants_process.py ROOT COMMAND… checks a root file system as a batch service.

Prints the outcome of each rule as JSON. The network that it makes ends with the namespaces.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from hitless.checking.events import Stage
from hitless.checking.facts.seen import ConfigSeen
from hitless.checking.probes.first import first
from hitless.checking.probes.recorder import Recorder
from hitless.checking.probes.site import Site
from hitless.checking.probes.stages import watch
from hitless.checking.probes.variants import as_batch, as_user, read_only
from hitless.checking.record import Opened, Record
from hitless.checking.rule import Purpose, Seen
from hitless.checking.rules import batch_run, run, users
from hitless.engines.choosing import sandbox_over
from hitless.engines.running import Confinement, Start
from hitless.spec.config import write
from hitless.spec.contract import Api, Contract, Payload
from hitless.spec.health import Probe
from hitless.spec.profiles import DEFAULT

TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
CONTRACT = Contract(
    "length",
    "Image",
    apis=(Api("/cgi-bin/predict", "POST", request=Payload(schema=TEXT)),),
    health=Probe(url="/health", initial_delay_s=1, timeout_s=1, period_s=1, failure_threshold=3),
)
RULES = (
    run.starts_with_what_it_declares,
    run.listens_on_its_port,
    run.listens_on_its_own_address,
    run.is_ready_in_time,
    users.works_as_ma_user,
    users.works_with_a_read_only_root,
    batch_run.starts_as_a_child,
    batch_run.starts_a_second_time,
    batch_run.answers_on_the_loopback,
)


def looked(root: Path) -> Record:
    recorder = Recorder(Opened("root", "rootfs", "0", "2026-01-01T00:00:00Z", "2024-09", "batch", 0))
    recorder.add(ConfigSeen(stage=Stage.CONFIG, where="config.json", text=write(CONTRACT).encode()))
    plan = [
        ((Stage.START, Stage.API), first),
        ((Stage.USER,), as_user),
        ((Stage.READ_ONLY,), read_only),
        ((Stage.BATCH,), as_batch),
    ]
    with sandbox_over(root, ("sh", "/home/run.sh")) as engine:
        start = Start(str(root), confinement=Confinement())
        asyncio.run(watch(Site(engine, start, CONTRACT, DEFAULT, Purpose.BATCH), recorder, plan))
    return recorder.record()


def main() -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    record = looked(Path(sys.argv[1]))
    seen = Seen(record, DEFAULT, Purpose.BATCH)
    outcomes = {}
    for rule in RULES:
        why = next(filter(None, map(record.missing, rule.needs)), "")
        outcomes[rule.id] = f"unproven: {why}" if why else rule.judge(seen).outcome.value
    sys.stdout.write(json.dumps(outcomes) + "\n")


if __name__ == "__main__":
    main()
