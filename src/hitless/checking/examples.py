"""The examples in a package's hitless.toml: requests that it must answer. Pure.

The text may come out of an image that nobody trusts: what is more than anybody writes counts as none.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

SETTINGS = "hitless.toml"
MOST = 20  # examples, and files that they send
_MOST_BYTES = 64 << 10
_MOST_DOTS = 200  # in a line: of a key with dots, readers keep every beginning
_MOST_PATH = 1000


def examples(settings: bytes) -> tuple[Mapping[str, Any], ...]:
    """The first of them; none where the text is no TOML."""
    if len(settings) > _MOST_BYTES or any(line.count(b".") > _MOST_DOTS for line in settings.split(b"\n")):
        return ()
    try:
        entries = tomllib.loads(settings.decode()).get("example")
    except (ValueError, RecursionError):
        return ()
    return tuple(entry for entry in entries[:MOST] if isinstance(entry, Mapping)) if isinstance(entries, list) else ()


def file_of(value: Any) -> str:
    """The name of the package's file that a value of a form stands for; empty where it stands for itself."""
    is_one = isinstance(value, str) and value.startswith("@") and len(value) <= _MOST_PATH
    return value[1:] if is_one else ""


def files_of(settings: bytes) -> tuple[str, ...]:
    """The names of the files that the examples send."""
    forms = [one["form"] for one in examples(settings) if isinstance(one.get("form"), Mapping)]
    names = dict.fromkeys(file_of(value) for form in forms for value in form.values())
    return tuple(name for name in names if name)[:MOST]
