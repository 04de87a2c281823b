"""Decides what a name means that a pickle imports: dangerous, usual in models, or unknown. Nothing is imported.

What a pickle imports it can call. So of the standard library only what models are really made of is let through, by
exact name; everything else of it is dangerous. Of other packages, what runs code, starts programs, opens files or
connections is dangerous, what is known is usual, and the rest unknown. The lists are in rules/names.toml.
"""

from __future__ import annotations

import _compat_pickle
import functools
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Meaning(StrEnum):
    DANGEROUS = "dangerous"
    UNKNOWN = "unknown"
    USUAL = "usual"


@dataclass(frozen=True)
class Names:
    """`standard`: top modules of the standard library, of all versions. `usual`: by module."""

    standard: frozenset[str]
    reaching: frozenset[str]
    dangerous_packages: frozenset[str]
    dangerous: frozenset[str]
    usual_packages: frozenset[str]
    usual: Mapping[str, frozenset[str]]


@functools.cache
def names() -> Names:
    import tomllib  # here: most images have no pickle

    value = tomllib.loads(Path(__file__).with_name("rules").joinpath("names.toml").read_text(encoding="utf-8"))
    usual = {module: frozenset(listed.split()) for module, listed in value.pop("usual").items()}
    lists = {key: frozenset(listed) for key, listed in value.items()}
    return Names(**(lists | {"standard": lists["standard"] | sys.stdlib_module_names}), usual=usual)


def canonical(module: str, name: str) -> tuple[str, str]:
    """The name of Python 3: old pickles have those of Python 2, which `pickle` translates."""
    if (module, name) in _compat_pickle.NAME_MAPPING:
        return _compat_pickle.NAME_MAPPING[module, name]
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name


@functools.lru_cache(maxsize=10_000)
def meaning(module: str, name: str) -> Meaning:
    """Of one import, as a pickle writes it."""
    spellings = {(module, name), canonical(module, name)}
    usual = any(_is_usual(*spelling) for spelling in spellings)
    if not usual and any(_is_dangerous(*spelling) for spelling in spellings):
        return Meaning.DANGEROUS
    return Meaning.USUAL if usual else Meaning.UNKNOWN


def _is_dangerous(module: str, name: str) -> bool:
    known, whole = names(), f"{module}.{name}"
    if "?" in (module, name) or whole in known.dangerous or module.partition(".")[0] in known.standard:
        return True
    if any(part in known.dangerous_packages for part in _beginnings(whole)):
        return True
    return not known.reaching.isdisjoint((*module.split(".")[1:], *name.split(".")))


def _is_usual(module: str, name: str) -> bool:
    known = names()
    listed = known.usual.get(module)
    if listed is not None:
        return name in listed or ("*" in listed and "." not in name)
    whole = f"{module}.{name}"
    if "." in name or whole in known.dangerous or not known.reaching.isdisjoint((*module.split("."), name)):
        return False
    beginnings = list(_beginnings(whole))
    return any(part in known.usual_packages for part in beginnings) and not any(
        part in known.dangerous_packages for part in beginnings
    )


def _beginnings(whole: str) -> list[str]:
    """`a.b.c` → `a`, `a.b`, `a.b.c`."""
    parts = whole.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
