"""What a program is, by its first bytes: a script, or a binary for some processor (ELF, e_machine). Pure."""

from __future__ import annotations

HEAD = 20  # bytes that are needed
SCRIPT = "script"
_MACHINES = {
    0x03: "386", 0x15: "ppc64le", 0x16: "s390x", 0x28: "arm", 0x3E: "amd64", 0xB7: "arm64", 0xF3: "riscv64",
    0x102: "loong64",
}  # fmt: skip


def form_of(head: bytes) -> str:
    """The architecture as images name it, `script`, or empty for what is neither."""
    if head.startswith(b"#!"):
        return SCRIPT
    if head[:4] != b"\x7fELF" or len(head) < HEAD:
        return ""
    machine = int.from_bytes(head[18:20], "big" if head[5] == 2 else "little")
    return _MACHINES.get(machine, f"machine {machine}")
