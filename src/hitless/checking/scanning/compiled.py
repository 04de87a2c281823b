"""Rules of YARA-X, compiled once by each version of it and then taken from the user's cache folder: compiling them is
most of the scanners' start.

What is kept is as good as code. So it is taken from nobody but this user, and only whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hitless.images.replacing import replacing
from hitless.images.user_cache import cache_folder

if TYPE_CHECKING:
    import yara_x

_HASH = hashlib.sha256


def compiled(texts: Mapping[str, str], globals_: Mapping[str, bool], version: str) -> yara_x.Rules:
    """`texts`: by the name of their file, which becomes their namespace. `version`: of YARA-X; empty: nothing is kept.

    ImportError without YARA-X.
    """
    caches = cache_folder()
    if caches is None or not version:
        return _compile(texts, globals_)
    key = _HASH(repr((version, sorted(texts.items()), sorted(globals_.items()))).encode()).digest()
    place = caches / "rules" / key.hex()[:32]
    with contextlib.suppress(Exception):  # whatever is wrong with it: it can be made again
        return _load(place, key)
    rules = _compile(texts, globals_)
    with contextlib.suppress(OSError):
        _keep(rules, place, key)
    return rules


def _compile(texts: Mapping[str, str], globals_: Mapping[str, bool]) -> yara_x.Rules:
    import yara_x

    compiler = yara_x.Compiler(error_on_slow_pattern=True)
    for name, value in globals_.items():
        compiler.define_global(name, value)
    for name, text in texts.items():
        compiler.new_namespace(name)
        compiler.add_source(text, origin=name)
    return compiler.build()


def _load(place: Path, key: bytes) -> yara_x.Rules:
    """OSError, ValueError and what YARA-X raises."""
    import yara_x

    with place.open("rb") as file:
        status = os.fstat(file.fileno())
        if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError
        check, data = file.read(len(key)), file.read()
    if check != _HASH(key + data).digest():
        raise ValueError(place)
    return yara_x.Rules.deserialize_from(io.BytesIO(data))


def _keep(rules: yara_x.Rules, place: Path, key: bytes) -> None:
    data = io.BytesIO()
    rules.serialize_into(data)
    place.parent.mkdir(parents=True, exist_ok=True)
    with replacing(place) as file:
        file.write(_HASH(key + data.getvalue()).digest() + data.getvalue())
