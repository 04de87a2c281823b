"""Pairs of devices, in a network of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "ip"))), reason="needs root, unshare and ip"
)
TAKEN_AGAIN = """
import subprocess
from hitless.engines.veth import make_pair

pair = make_pair()
names = lambda: subprocess.run(["ip", "-br", "link"], capture_output=True, text=True).stdout
subprocess.run(["ip", "link", "delete", pair.ours], check=True)  # as it goes with its container
subprocess.run(["ip", "link", "add", pair.ours, "type", "veth", "peer", "name", pair.theirs], check=True)
pair.remove()
print(pair.ours in names())
other = make_pair()
other.remove()
print(other.ours in names())
"""


def test_a_pair_that_has_gone_does_not_take_the_next_of_its_number_with_it() -> None:
    words = ("unshare", "--net", sys.executable, "-c", TAKEN_AGAIN)
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["True", "False"], done.stderr
