"""The accounts that the platform wants: ma-user (1000) in a group with the id 100. Pure: texts in, texts out."""

from __future__ import annotations

USER, UID, GROUP, GID = "ma-user", 1000, "ma-group", 100
HOME = "/home/ma-user"


def with_user(passwd: str, group: str) -> tuple[str, str]:
    """/etc/passwd and /etc/group with the account; what is there stays. An existing group 100 keeps its name.

    Whoever has the user id 1000 under another name keeps it, too: the id is what the platform starts with.
    """
    users = [line.split(":") for line in passwd.splitlines() if line.count(":") >= 6]
    groups = [line.split(":") for line in group.splitlines() if line.count(":") >= 3]
    if not any(fields[0] == USER or fields[2] == str(UID) for fields in users):
        passwd = _with_line(passwd, f"{USER}:x:{UID}:{GID}::{HOME}:/bin/sh")
    if not any(fields[0] == GROUP or fields[2] == str(GID) for fields in groups):
        group = _with_line(group, f"{GROUP}:x:{GID}:")
    return passwd, group


def _with_line(text: str, line: str) -> str:
    return text + ("" if not text or text.endswith("\n") else "\n") + line + "\n"
