"""Whether an account may reach and read a file, by the mode bits on the way to it (path_resolution(7)). No rules."""

from __future__ import annotations

from hitless.checking.facts.seen import FileSeen

READ, PASS = 4, 1


def barred(file: FileSeen, needed: int, uid: int, gid: int) -> str:
    """What keeps the account from the file, in words; empty where nothing does. Root passes everything."""
    if uid == 0:
        return ""
    for step in file.way:
        if not _bits(step.mode, step.uid, step.gid, uid, gid) & PASS:
            return f"{step.path} has the mode {step.mode:04o} of {step.uid}:{step.gid} and cannot be passed"
    if _bits(file.mode, file.uid, file.gid, uid, gid) & needed != needed:
        return f"{file.real_path} has the mode {file.mode:04o} of {file.uid}:{file.gid}"
    return ""


def _bits(mode: int, owner: int, group: int, uid: int, gid: int) -> int:
    """The first class that fits counts alone."""
    if uid == owner:
        return mode >> 6 & 7
    return mode >> 3 & 7 if gid == group else mode & 7
