"""The user of an image, by name or number → the numbers, as engines find them in its /etc/passwd and /etc/group."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hitless.errors import UnavailableError

_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int
    groups: tuple[int, ...] = ()  # further ones
    home: str = "/"


def account_of(user: str, root: Path) -> Account:
    """`user` as in an image's configuration: NAME, UID, and either with :GROUP. UnavailableError for a name that is
    not there; a number need not be."""
    name, _, group = (user or "0").partition(":")
    users = _entries(root, "passwd", 7)
    groups = _entries(root, "group", 4)
    entry = next((one for one in users if one[0] == name), None)
    entry = entry or next((one for one in users if one[2] == name), None)
    if entry is None and not name.isdecimal():
        raise UnavailableError(f"there is no user {name!r} in the image's /etc/passwd")
    uid = int(entry[2]) if entry else int(name)
    home = (entry[5] if entry else "") or "/"
    if group:
        return Account(uid, _group(group, groups), (), home)
    more = tuple(int(one[2]) for one in groups if entry is not None and entry[0] in one[3].split(","))
    return Account(uid, int(entry[3]) if entry else 0, more, home)


def _group(name: str, groups: list[list[str]]) -> int:
    entry = next((one for one in groups if one[0] == name), None)
    if entry is not None:
        return int(entry[2])
    if name.isdecimal():
        return int(name)
    raise UnavailableError(f"there is no group {name!r} in the image's /etc/group")


def _entries(root: Path, name: str, fields: int) -> list[list[str]]:
    """The whole lines of a file in etc whose numbers are numbers; none where a link would lead elsewhere."""
    numbers = (2, 3) if name == "passwd" else (2,)
    lines = [line.split(":") for line in _text(root, name).splitlines()]
    return [line for line in lines if len(line) == fields and all(line[place].isdecimal() for place in numbers)]


def _text(root: Path, name: str) -> str:
    try:
        folder = os.open(root / "etc", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return ""
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return ""
    finally:
        os.close(folder)
    with open(file, "rb") as opened:  # noqa: PTH123
        return opened.read(_MOST_BYTES).decode("utf-8", "replace")
