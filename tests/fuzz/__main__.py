"""The long run: `python -m tests.fuzz`. Prints what it did; exit code 1 where something was found.

The corpus and the findings are kept in a folder; the next run goes on from that corpus. `--replay FILE` tries a finding
again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

from tests.fuzz.campaign import Campaign, Finding, Input, Tally
from tests.fuzz.treatment import Answers, Leaving, Treatment


def main() -> int:
    arguments = _arguments()
    if arguments.replay:
        fault = Campaign(0).fault_of(_read(arguments.replay))
        _say(fault or "nothing is wrong")
        return int(bool(fault))
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    started, share = time.monotonic(), -(-arguments.inputs // arguments.processes)
    corpora = [_corpus(folder / f"corpus-{index}.json") for index in range(arguments.processes)]
    jobs = [(arguments.seed + index, corpus, share, arguments.seconds) for index, corpus in enumerate(corpora)]
    with multiprocessing.get_context("fork").Pool(arguments.processes) as pool:
        tallies = pool.starmap(_run, jobs)
    for index, tally in enumerate(tallies):
        text = json.dumps([data.hex() for data in tally.corpus])
        (folder / f"corpus-{index}.json").write_text(text)
    findings = [finding for tally in tallies for finding in tally.findings]
    for number, finding in enumerate(findings):
        path = folder / f"finding-{number}.json"
        _write(path, finding)
        _say(f"{path}: {finding.fault}\n    {finding.input.data!r}")
    _report(tallies, time.monotonic() - started)
    return int(bool(findings))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3600.0, help="stop after this, however many there were")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, default=Path("bench/made/fuzz"))
    parser.add_argument("--replay", type=Path)
    return parser.parse_args()


def _run(seed: int, corpus: list[bytes], inputs: int, seconds: float) -> Tally:
    campaign = Campaign(seed, corpus)
    try:
        return campaign.run(inputs, seconds)
    finally:
        campaign.close()


def _report(tallies: list[Tally], seconds: float) -> None:
    inputs = sum(tally.inputs for tally in tallies)
    _say(f"{inputs:,} inputs in {seconds:.0f} s, {inputs / seconds:,.0f} a second")
    _say(f"{sum(tally.requests for tally in tallies):,} answers, each to its own request")
    judged, agreed = sum(tally.judged for tally in tallies), sum(tally.agreed for tally in tallies)
    _say(f"{judged:,} inputs read by h11, too; {agreed:,} requests understood alike")
    _say(f"{sum(len(tally.corpus) for tally in tallies):,} inputs in the corpus")
    _say(f"{sum(len(tally.findings) for tally in tallies)} findings")


def _corpus(path: Path) -> list[bytes]:
    return [bytes.fromhex(data) for data in json.loads(path.read_text())] if path.is_file() else []


def _write(path: Path, finding: Finding) -> None:
    given = finding.input
    document = {"fault": finding.fault, "data": given.data.hex(), "treatment": given.treatment._asdict()}
    path.write_text(json.dumps({**document, "requests": given.requests}, indent=1))


def _read(path: Path) -> Input:
    document = json.loads(path.read_text())
    how = document["treatment"]
    how.update(cuts=tuple(how["cuts"]), answers=Answers(how["answers"]), leaving=Leaving(how["leaving"]))
    return Input(bytes.fromhex(document["data"]), Treatment(**how), document["requests"])


if __name__ == "__main__":
    sys.exit(main())
