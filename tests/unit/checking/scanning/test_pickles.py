"""Pickles that import what is dangerous are found in whatever form; good ones are not."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import gzip
import io
import pickle
import random
import uuid
import zipfile
import zlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import PurePosixPath

import numpy
import pytest
from tests.unit.checking.scanning.evil import SPECIMENS, npy, raw, short, torch_zip, zipped

from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.scanning.pickles import Pickles


def found(name: str, data: bytes, piece: int = 1 << 16) -> tuple[list[Finding], ScannerSeen]:
    scanner = Pickles()
    sink = scanner.begin(ScannedFile(name, len(data), 0o644))
    assert sink is not None
    for at in range(0, len(data), piece):
        sink.feed(data[at : at + piece])
    findings = list(sink.end())
    (seen,) = scanner.finish()
    assert isinstance(seen, ScannerSeen)
    return findings, seen


def dangerous(name: str, data: bytes, piece: int = 1 << 16) -> list[str]:
    return [one.what for one in found(name, data, piece)[0] if one.kind == "pickle"]


@pytest.mark.parametrize("identifier", SPECIMENS)
@pytest.mark.parametrize("piece", [1, 1 << 20], ids=["byte-by-byte", "at-once"])
def test_evil_pickles_are_found(identifier: str, piece: int) -> None:
    name, made = SPECIMENS[identifier]
    assert dangerous(name, made(), piece)


JUDGE_BREAKS = ("zip-without-directory", "npy-by-another-name")  # picklescan raises


@pytest.mark.parametrize("identifier", [name for name in SPECIMENS if name not in JUDGE_BREAKS])
def test_what_the_outside_judge_finds_is_found(identifier: str) -> None:
    """By picklescan; where it is fooled, ours is not."""
    scanner = pytest.importorskip("picklescan.scanner")
    name, made = SPECIMENS[identifier]
    data = made()
    result = scanner.scan_bytes(io.BytesIO(data), name, PurePosixPath(name).suffix)
    if result.issues_count:
        assert dangerous(name, data)


@dataclasses.dataclass
class Settings:
    name: str = "x"
    sizes: tuple[int, ...] = (1, 2)


def saved(array: object, **options: bool) -> bytes:
    buffer = io.BytesIO()
    numpy.save(buffer, array, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def tensors() -> bytes:
    """What torch.save writes for {"w": a tensor}, by hand."""
    storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x04tQ"
    tensor = (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + b"K\x00K\x04\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
    )
    return torch_zip(b"\x80\x02}X\x01\0\0\0w" + tensor + b"s.")


OBJECTS = numpy.array([{"a": 1}, None, "x"], dtype=object)
GOOD: dict[str, tuple[str, Callable[[], bytes]]] = {
    **{
        f"{kind}-{protocol}": ("a.pkl", lambda value=value, protocol=protocol: pickle.dumps(value, protocol))  # type: ignore[misc]
        for protocol in range(6)
        for kind, value in {
            "plain": {"a": [1, 2.5, None, True, "x" * 300, b"y" * 300], "b": {1, 2}, "c": (1, (2, (3, ())))},
            "array": numpy.arange(12.0).reshape(3, 4),
            "structured": numpy.zeros(3, dtype=[("a", "f4"), ("b", "i8")]),
            "objects": OBJECTS,
            "scalar": numpy.float32(1.5),
            "generator": numpy.random.default_rng(3),
            "ordered": collections.OrderedDict(a=1),
            "default": collections.defaultdict(list, a=[1]),
            "dates": [datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), datetime.timedelta(3)],
            "numbers": [Decimal("1.5"), 1 << 300, -5, 3 + 4j, range(3), slice(1, 2)],
            "values": [uuid.UUID(int=5), PurePosixPath("a/b"), random.Random(3), bytearray(b"x")],
        }.items()
    },
    "floats": ("a.pkl", lambda: pickle.dumps([random.Random(1).random() for _ in range(20_000)])),
    "words": ("a.pkl", lambda: pickle.dumps({f"word{n}": [float(n)] * 20 for n in range(3000)})),
    "npy": ("a.npy", lambda: saved(numpy.arange(9))),
    "npy-objects": ("a.npy", lambda: saved(OBJECTS, allow_pickle=True)),
    "npz": ("a.npz", lambda: zipped(("x.npy", saved(numpy.arange(9))), method=zipfile.ZIP_DEFLATED)),
    "torch": ("a.pt", tensors),
    "joblib-like": ("a.joblib", lambda: zlib.compress(pickle.dumps({"w": numpy.arange(999.0)}))),
    "gzip": ("a.pkl.gz", lambda: gzip.compress(pickle.dumps(numpy.arange(999.0)))),
    "text-of-names": ("names.dat", lambda: b"cos\nsin\ntan\nexp\n" * 20),
    "json": ("a.model", lambda: b'{"c": "os\\nsystem\\n"}'),
    "random": ("a.bin", lambda: random.Random(7).randbytes(3_000_000)),
    "zeros": ("a.bin", lambda: bytes(1_000_000)),
    "manual": ("os.txt", lambda: b"call os\nsystem calls\nimport os\nposix\n" * 100),
}  # fmt: skip


@pytest.mark.parametrize("identifier", GOOD)
def test_good_ones_are_not_dangerous(identifier: str) -> None:
    name, made = GOOD[identifier]
    findings, seen = found(name, made())
    assert findings == []
    assert seen.lacking == ""


def test_a_class_of_its_own_is_unknown() -> None:
    findings, _ = found("a.pkl", pickle.dumps(Settings()))
    assert [(one.kind, one.what) for one in findings] == [("pickle-unknown", f"imports {__name__}.Settings")]


def test_where_it_is_in_an_archive_is_told() -> None:
    ((one,), _) = found("models/a.pt", torch_zip(raw(protocol=2)))
    assert (one.path, one.what, one.detail) == ("models/a.pt", "imports os.system", "m/data.pkl")


def test_what_is_nested_too_deep_is_told() -> None:
    data = raw(protocol=4)
    for _ in range(12):
        data = gzip.compress(data)
    findings, seen = found("a.pkl", data)
    assert findings == []
    assert "files in files" in seen.lacking


def test_a_bomb_is_left_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitless.checking.scanning.nesting.MOST_UNPACKED_BYTES", 4 << 20)
    pickled = b"\x80\x04\x8e" + (20 << 20).to_bytes(8, "little") + bytes(20 << 20) + raw(protocol=4)[2:]
    findings, seen = found("a.joblib", zlib.compress(pickled))
    assert findings == []
    assert "it unpacks to more than" in seen.lacking


def test_a_stack_without_end_is_told() -> None:
    _, seen = found("a.pkl", b"\x80\x02" + b"]" * 1_100_000 + b".")
    assert "more than is kept in memory" in seen.lacking


def test_a_memo_without_room_never_hides_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitless.checking.scanning.pickle_machine.MOST_STRING_BYTES", 500)
    many = b"".join(short(f"word{n}") + b"\x940" for n in range(20))
    pickled = (
        b"\x80\x04" + many + short("os") + b"\x94" + b"0h\x14" + short("system") + b"\x93" + short("true") + b"\x85R."
    )
    findings, seen = found("a.pkl", pickled)
    assert findings or seen.lacking


def test_an_array_of_numbers_is_no_pickle() -> None:
    plain = npy(raw(protocol=4)).replace(b"'|O'", b"'<f8'")
    assert found("a.npy", plain)[0] == []
