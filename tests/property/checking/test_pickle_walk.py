"""Whatever the bytes, the scanner of pickles does not break; and a dangerous import is found wherever it is."""

from __future__ import annotations

import itertools
import pickle
import zlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.checking.scanning.evil import SPECIMENS, Reduced, raw, torch_zip, zipped

from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding
from hitless.checking.scanning.pickles import Pickles

NAMES = st.sampled_from(["a.pkl", "a.pt", "a.npz", "a.npy", "a.joblib", "a.bin", "weights", "a.tar.gz"])
HEADS = [b"", b"\x80\x02", b"\x80\x04", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"\x1f\x8b\x08", b"BZh9", b"cos\n", b"("]
MADE = [made() for _, made in SPECIMENS.values()]
OPCODES = (
    b"()01257.IJKMNQRSTUVX]abcdeghijlopqrstu}\x80\x81\x85\x86\x87\x88\x8a\x8c\x8d\x8e\x90\x91\x92\x93\x94\x95\x96\n"
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9), inner, max_size=5) | st.tuples(inner, inner)
    ),
    max_leaves=30,
)  # fmt: skip


def scan(name: str, data: bytes, cuts: list[int]) -> list[Finding]:
    scanner = Pickles()
    sink = scanner.begin(ScannedFile(name, len(data), 0o644))
    assert sink is not None
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for begin, end in itertools.pairwise(edges):
        sink.feed(data[begin:end])
    found = list(sink.end())
    list(scanner.finish())
    return found


CUTS = st.lists(st.integers(0, 1 << 16), max_size=5)


@settings(deadline=None)
@given(NAMES, st.sampled_from(HEADS), st.binary(max_size=3000), CUTS)
def test_no_bytes_break_it(name: str, head: bytes, data: bytes, cuts: list[int]) -> None:
    assert scan(name, head + data, cuts) == scan(name, head + data, [])


@settings(deadline=None)
@given(st.sampled_from(HEADS), st.lists(st.sampled_from(OPCODES), max_size=300), CUTS)
def test_no_opcodes_break_it(head: bytes, opcodes: list[int], cuts: list[int]) -> None:
    data = head + bytes(opcodes)
    assert scan("a.pkl", data, cuts) == scan("a.pkl", data, [])


@settings(deadline=None)
@given(NAMES, st.sampled_from(MADE), st.integers(0, 5000), st.binary(min_size=1, max_size=9), CUTS)
def test_no_mutation_breaks_it(name: str, data: bytes, at: int, put: bytes, cuts: list[int]) -> None:
    at %= len(data)
    scan(name, data[:at] + put + data[at + len(put) :], cuts)


@settings(deadline=None)
@given(VALUES, VALUES, st.integers(0, 5), st.sampled_from(["plain", "zip", "torch", "zlib", "bytes"]), CUTS)
def test_a_dangerous_import_is_found_wherever_it_is(
    before: Any, after: Any, protocol: int, form: str, cuts: list[int]
) -> None:
    data = pickle.dumps([before, {"x": (Reduced(eval, "1"), after)}], protocol)
    name = "a.pkl"
    if form == "zip":
        data, name = zipped(("x/a.pkl", data)), "a.zip"
    elif form == "torch":
        data, name = torch_zip(data), "a.pt"
    elif form == "zlib":
        data = zlib.compress(data)
    elif form == "bytes" and protocol >= 2:
        data = pickle.dumps({"inner": data})
    assert [one.what for one in scan(name, data, cuts) if one.kind == "pickle"]


@settings(deadline=None)
@given(VALUES, st.integers(0, 5), CUTS)
def test_plain_values_are_never_dangerous(value: Any, protocol: int, cuts: list[int]) -> None:
    assert scan("a.pkl", pickle.dumps(value, protocol), cuts) == []


@settings(deadline=None)
@given(VALUES, st.binary(max_size=400), st.sampled_from([2, 3, 4, 5]))
def test_what_is_behind_a_pickle_is_found(value: Any, between: bytes, protocol: int) -> None:
    found = scan("a.pkl", pickle.dumps(value, 4) + b"\0" + between + b"\0" + raw(protocol=protocol), [])
    assert [one.what for one in found if one.kind == "pickle"]
