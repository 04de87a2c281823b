"""What modes, places and first bytes of files give away."""

from __future__ import annotations

import pytest

from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.scanning.executables import Executables
from hitless.checking.scanning.modes import Modes, devices
from hitless.images.members import Kind
from hitless.images.node import Attributes, Node

ELF = b"\x7fELF\x02\x01\x01" + bytes(60)
PE = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0"
MACH_O = b"\xcf\xfa\xed\xfe" + bytes(60)
JAVA = b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(60)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (ScannedFile("app/helper", 1, 0o4755), ["setuid"]),
        (ScannedFile("app/helper", 1, 0o2755, gid=5), ["setuid"]),
        (ScannedFile("usr/bin/find", 1, 0o4755), ["setuid"]),
        (ScannedFile("usr/bin/su", 1, 0o4755), []),
        (ScannedFile("app/su", 1, 0o4755), ["setuid"]),
        (ScannedFile("app/helper", 1, 0o4644), []),
        (ScannedFile("app/helper", 1, 0o4755, in_base=True), []),
        (ScannedFile("usr/bin/tool", 1, 0o777), ["writable"]),
        (ScannedFile("opt/x/lib/python3.11/site-packages/a.py", 1, 0o666), ["writable"]),
        (ScannedFile("home/weights/a.bin", 1, 0o666), []),
        (ScannedFile("usr/bin/tool", 1, 0o755), []),
    ],
    ids=lambda value: f"{value.path}-{value.mode:o}" if isinstance(value, ScannedFile) else "",
)
def test_modes(file: ScannedFile, expected: list[str]) -> None:
    scanner = Modes()
    scanner.begin(file)
    *findings, seen = scanner.finish()
    assert [one.kind for one in findings if isinstance(one, Finding)] == expected
    assert isinstance(seen, ScannerSeen)
    assert (seen.files, seen.lacking) == (1, "")


@pytest.mark.parametrize(
    ("path", "kind", "device", "count"),
    [
        ("opt/disk", Kind.BLOCK, (8, 0), 1),
        ("opt/tty", Kind.CHARACTER, (5, 0), 1),
        ("dev/null", Kind.CHARACTER, (1, 3), 0),
        ("opt/whiteout", Kind.CHARACTER, (0, 0), 0),
        ("opt/file", Kind.FILE, (0, 0), 0),
    ],
)
def test_devices(path: str, kind: Kind, device: tuple[int, int], count: int) -> None:
    *findings, seen = devices({path: Node(Attributes(2, kind, 0o600, 0, 0, 0, device))})
    assert isinstance(seen, ScannerSeen)
    assert len(findings) == count


@pytest.mark.parametrize(
    ("path", "head", "found"),
    [
        ("home/weights/tool", ELF, True),
        ("app/seven.jpg", ELF, True),
        ("app/labels.txt", PE, True),
        ("app/data.json", MACH_O, True),
        ("usr/lib/python3/dist-packages/x/data.csv", ELF, True),
        ("usr/lib/x/weights/a.so", ELF, False),
        ("usr/bin/tool", ELF, False),
        ("home/weights/a.class", JAVA, False),
        ("app/labels.txt", b"MZ is no program", False),
        ("app/seven.jpg", b"\xff\xd8\xff\xe0", False),
        ("app/labels.txt", b"", False),
    ],
)
@pytest.mark.parametrize("piece", [1, 4096])
def test_programs_among_data(path: str, head: bytes, found: bool, piece: int) -> None:
    scanner = Executables()
    sink = scanner.begin(ScannedFile(path, len(head), 0o644))
    findings: list[Finding] = []
    if sink is not None:
        for at in range(0, len(head), piece):
            sink.feed(head[at : at + piece])
        findings = list(sink.end())
    assert bool(findings) is found
