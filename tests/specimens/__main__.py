"""The campaign: every broken specimen fails exactly its rule, every good one none, and so again in each round.

python -m tests.specimens [--static] [--dynamic] [--names good,deaf] [--engine NAME] [--rounds N] [--at-once N]

`--results FILE` keeps the rounds: those of before, in as many sessions as it takes, count with those of now.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from tests.specimens import campaign, static
from tests.specimens.campaign import ALONE, Result
from tests.specimens.dynamic import BROKEN, ENCRYPTED_NAME, GOOD, Running, encrypted


def main() -> int:
    wishes = _arguments()
    if not wishes.static and not wishes.inside:
        return _elsewhere(wishes.base)
    parts = [wishes.static, wishes.dynamic] if wishes.static or wishes.dynamic else [True, True]
    names = set(wishes.names.split(",")) if wishes.names else set()
    rounds = _kept(wishes.results)
    with tempfile.TemporaryDirectory(prefix="specimens-") as folder:
        running = _running(names) if parts[1] else []
        layout = campaign.written(running, wishes.base, Path(folder) / "layout") if running else Path()
        for number in range(len(rounds), len(rounds) + wishes.rounds):
            began = time.monotonic()
            results = list(_static(names)) if parts[0] else []
            for result in _dynamic(running, layout, wishes):
                results.append(result)
                if not wishes.json:
                    _tell(result)
            rounds.append({result.name: result for result in results})
            _keep(results, wishes.results)
            if not wishes.json:
                _say(f"round {number + 1}: {len(results)} specimens in {time.monotonic() - began:.0f} s")
    if wishes.json:
        _say(json.dumps([asdict(result) for result in rounds[-1].values()]))
        return 0
    return _conclude(rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.specimens", description=__doc__)
    parser.add_argument("--static", action="store_true", help="only those that are not run")
    parser.add_argument("--dynamic", action="store_true", help="only those that are run")
    parser.add_argument("--names", default="", help="only these, with commas between")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--engine", default="runc", help="what runs them (runc)")
    parser.add_argument("--base", type=Path, help="the layout of a base with Python; else one is made")
    parser.add_argument("--records", type=Path, help="a folder for what was seen of each")
    parser.add_argument("--results", type=Path, help="a file of the rounds, a line for each, to go on with")
    parser.add_argument("--json", action="store_true", help="print the results of the last round")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _elsewhere(base: Path | None) -> int:
    """Again, in a network of its own; the base is made before, because it is fetched."""
    if os.geteuid() or shutil.which("unshare") is None:
        _say("running specimens needs root, unshare and runc; try --static")
        return 3
    with tempfile.TemporaryDirectory(prefix="specimens-") as folder:
        # Before the containers, which are groups of their own: who measures should not be what is late.
        command = ["nice", "-n", "-10", *ALONE, sys.executable, "-m", "tests.specimens", *sys.argv[1:], "--inside"]
        if base is None:
            base = Path(folder) / "base"
            words = [sys.executable, "-c", "from hitless.cli import main; main()", "base", "make", str(base)]
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
            command += ["--base", str(base)]
        return subprocess.run(command, check=False).returncode


def _running(names: set[str]) -> list[Running]:
    found = [one for one in (*BROKEN, *GOOD) if not names or one.name in names]
    if shutil.which("openssl") and (not names or ENCRYPTED_NAME in names):
        found.append(encrypted(campaign.certificate()))
    return found


def _kept(file: Path | None) -> list[dict[str, Result]]:
    """The rounds of before."""
    if file is None or not file.exists():
        return []
    lines = file.read_text().splitlines()
    return [{one["name"]: Result(**one) for one in json.loads(line)} for line in lines]


def _keep(results: list[Result], file: Path | None) -> None:
    if file is not None:
        with file.open("a") as lines:
            lines.write(json.dumps([asdict(one) for one in results]) + "\n")


def _static(names: set[str]) -> Iterator[Result]:
    return (static.judged(one) for one in static.all_of_them() if not names or one.name in names)


def _dynamic(running: list[Running], layout: Path, wishes: argparse.Namespace) -> Iterable[Result]:
    return campaign.all_checked(running, layout, wishes.at_once, wishes.engine, wishes.records) if running else ()


def _tell(result: Result) -> None:
    failed = ", ".join(result.failed) or "nothing"
    _say(f"{'right' if result.is_right else 'WRONG':6}{result.name:34}{result.rule or '-':7}{failed}")
    if not result.is_right:
        for rule, message in result.messages.items():
            _say(f"          {rule} {result.outcomes[rule]}: {message[:300]}")


def _conclude(rounds: list[dict[str, Result]]) -> int:
    """The table, and 0 if all was as it should be."""
    runs = [result for one in rounds for result in one.values()]
    broken, good = [one for one in runs if one.rule], [one for one in runs if not one.rule]
    detected = [one for one in broken if one.rule in one.failed]
    others = [one for one in broken if set(one.failed) - {one.rule}]
    alarms = [one for one in good if one.failed]
    changing = [name for name in rounds[0] if len({tuple(one[name].outcomes.items()) for one in rounds}) > 1]
    share = f" ({100 * len(detected) / len(broken):.1f} %)" if broken else ""
    _say(f"detected           {len(detected)} of {len(broken)} runs{share}")
    _say(f"other rules failed {len(others)} runs {_names(others)}")
    _say(f"false alarms       {len(alarms)} of {len(good)} runs {_names(alarms)}")
    _say(
        f"verdicts changed   {len(changing)} of {len(rounds[0])} specimens in {len(rounds)} rounds {' '.join(changing)}"
    )
    for name in changing:
        _tell_changes(name, [one[name] for one in rounds])
    return int(any(not one.is_right for one in runs))


def _tell_changes(name: str, results: list[Result]) -> None:
    for rule in results[0].outcomes:
        outcomes = [one.outcomes[rule] for one in results]
        if len(set(outcomes)) > 1:
            why = next((one.messages[rule] for one in results if rule in one.messages), "")
            _say(f"  {name} {rule}: {', '.join(outcomes)} ({why[:160]})")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _names(results: list[Result]) -> str:
    return " ".join(sorted({one.name for one in results}))


if __name__ == "__main__":
    sys.exit(main())
