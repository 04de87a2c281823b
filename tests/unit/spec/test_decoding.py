"""The encoding of a file: UTF-8, and what is said of everything else."""

from __future__ import annotations

import pytest
from tests.unit.spec.samples import laid

from hitless.spec.config import parse
from hitless.spec.decoding import decode

TEXT = '{"a": "é"}'
CASES: dict[str, tuple[bytes, str, list[tuple[str, int]]]] = {
    "UTF-8": (TEXT.encode(), TEXT, []),
    "UTF-8 with a mark": (TEXT.encode("utf-8-sig"), TEXT, [("CFG-104", 0)]),
    "UTF-16 with a mark": (TEXT.encode("utf-16"), TEXT, [("CFG-103", 0)]),
    "UTF-16, big end first": (b"\xfe\xff" + TEXT.encode("utf-16-be"), TEXT, [("CFG-103", 0)]),
    "UTF-16 without a mark": (TEXT.encode("utf-16-le"), TEXT, [("CFG-103", 0)]),
    "UTF-16 without a mark, big end first": (TEXT.encode("utf-16-be"), TEXT, [("CFG-103", 0)]),
    "UTF-32": (TEXT.encode("utf-32"), TEXT, [("CFG-103", 0)]),
    "Latin-1": (TEXT.encode("latin-1"), '{"a": "\ufffd"}', [("CFG-103", 7)]),
    "GB 18030": ('{"算法"'.encode("gb18030"), '{"\ufffd㷨"', [("CFG-103", 2)]),
    "nothing": (b"", "", []),
    "one byte": (b"\x00", "\x00", []),
    "cut in the middle of a character": ("é".encode()[:1], "\ufffd", [("CFG-103", 0)]),
    "binary": (b"\x89PNG\r\n\x1a\n", "\ufffdPNG\r\n\x1a\n", [("CFG-103", 0)]),
}


@pytest.mark.parametrize(("data", "text", "faults"), CASES.values(), ids=CASES)
def test_decode(data: bytes, text: str, faults: list[tuple[str, int]]) -> None:
    decoded, found = decode(data)
    assert decoded == text
    assert [(fault.kind.id, fault.offset) for fault in found] == faults


def test_a_byte_order_mark_is_forgiven_unless_strict() -> None:
    data = laid().encode("utf-8-sig")
    assert [problem.id for problem in parse(data).warnings] == ["CFG-104"]
    assert parse(data).contract == parse(laid()).contract
    assert [problem.id for problem in parse(data, strict=True).errors] == ["CFG-104"]


def test_another_encoding_is_an_error_and_the_rest_is_read_nevertheless() -> None:
    data = laid(model_algorithm="手写", port="x").encode("utf-16")
    assert [problem.id for problem in parse(data).errors] == ["CFG-103", "CFG-301", "CFG-201"]
