"""The examples of hitless.toml as the playground offers them: fields and files taken apart, to be put into its form.

Files come along up to a megabyte in all; an example that would be too much is left out.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from hitless.serving.examples import Example, examples_of
from hitless.serving.multipart import Part, boundary_of, parse_multipart
from hitless.spec.contract import JSON, MULTIPART

if TYPE_CHECKING:
    from hitless.serving.package import Package

LIMIT_BYTES = 1_000_000


def samples(package: Package) -> list[dict[str, Any]]:
    """One entry for each example: method, url, query, and `form` or `json`; `answer` where one is expected."""
    examples = examples_of(package.folder, package.settings)
    found, left = [], LIMIT_BYTES
    for example, written in zip(examples, package.settings.get("example", []), strict=True):
        left -= len(example.body)
        if left >= 0:
            found.append(sample(example, _paths(package.folder, written)))
        else:
            left += len(example.body)
    return found


def sample(example: Example, paths: Mapping[str, str]) -> dict[str, Any]:
    """`paths`: from a field's name to its file, as a curl line names it."""
    entry: dict[str, Any] = {"method": example.method, "url": example.url}
    entry["query"] = [list(pair) for pair in parse_qsl(example.query, keep_blank_values=True)]
    kind = (example.content_type or "").partition(";")[0]
    if kind == MULTIPART and example.content_type is not None:
        parts = parse_multipart(example.body, boundary_of(example.content_type))
        entry["form"] = [_part(part, paths.get(part.name)) for part in parts]
    elif kind == JSON:
        entry["json"] = example.body.decode()  # as text: numbers stay as they are
    if example.answer is not None:
        entry["answer"] = example.answer
    return entry


def _part(part: Part, path: str | None) -> dict[str, Any]:
    if part.filename is None:
        return {"name": part.name, "text": part.value.decode("utf-8", "replace")}
    data = base64.b64encode(part.value).decode()
    return {"name": part.name, "file": part.filename, "type": part.content_type, "data": data, "path": path}


def _paths(folder: Path, written: Mapping[str, Any]) -> dict[str, str]:
    """Files as seen from where the server was started: that is where a curl line is likely to be tried."""
    texts = {name: value for name, value in written.get("form", {}).items() if isinstance(value, str)}
    return {name: os.path.relpath(folder / text[1:]) for name, text in texts.items() if text.startswith("@")}
