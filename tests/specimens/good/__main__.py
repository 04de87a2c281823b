"""python -m tests.specimens.good [NAMES] [--true-times] [--rounds N]: is anything said against good subjects?

Scaled times take a minute each, true ones four. Exit code 1 for a false alarm.
"""

from __future__ import annotations

import argparse
import sys

from bench.checking.real import MADE
from tests.specimens.good.campaign import all_said
from tests.specimens.good.recipes import RECIPES


def main() -> int:
    parser = argparse.ArgumentParser("python -m tests.specimens.good", description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(RECIPES))
    parser.add_argument("--true-times", action="store_true")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=3)
    options = parser.parse_args()
    chosen = [RECIPES[name] for name in options.names or RECIPES]
    edition = "true" if options.true_times else "short"
    checked = alarms = 0
    for _ in range(options.rounds):
        for one in all_said(chosen, edition, MADE, options.at_once):
            _say(f"{one.name:<17}{one.conclusion or 'not checked: ' + one.missing}")
            for name, rule in (one.rules or {}).items():
                _say(f"    {rule['outcome']:<9} {name} {rule['level']:<7}{rule['message'][:160]}")
            checked += not one.missing
            alarms += bool(one.alarms)
    _say(f"{checked} checked, {alarms} with a false alarm")
    return 1 if alarms or not checked else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
