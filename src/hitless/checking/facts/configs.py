"""Which config.json counts: the one that was given, else the image's own, else one beside it, else the example's. Pure
but for `read_given`, which reads one file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from hitless.checking.events import Stage
from hitless.checking.facts.files import as_text
from hitless.checking.facts.seen import ConfigSeen
from hitless.errors import InputError, Problem
from hitless.spec.config import MAX_BYTES
from hitless.spec.decoding import decode

EXAMPLE = """\
{
  "model_algorithm": "image_classification",
  "model_type": "Image",
  "protocol": "http",
  "port": 8080,
  "apis": [
    {
      "url": "/",
      "method": "post",
      "request": {
        "Content-type": "multipart/form-data",
        "data": {"type": "object", "properties": {"images": {"type": "file"}}, "required": ["images"]}
      },
      "response": {
        "Content-type": "application/json",
        "data": {"type": "object", "properties": {"mnist_result": {"type": "integer"}}, "required": ["mnist_result"]}
      }
    }
  ],
  "health": {"check_method": "HTTP", "protocol": "http", "url": "/health"}
}
"""
_TELLING = re.compile(r'"(?:model_algorithm|apis)"\s*:')
_MOST_OTHERS = 20


def assumed() -> ConfigSeen:
    """The declared example: POST / takes a picture, GET /health tells of health."""
    return ConfigSeen(stage=Stage.CONFIG, where="the declared example", text=EXAMPLE.encode(), assumed=True)


def read_given(path: Path) -> ConfigSeen:
    """A file that the user named, as it is. InputError for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return ConfigSeen(stage=Stage.CONFIG, where=str(path), text=file.read(MAX_BYTES + 1))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        problem = Problem("CHK-31", f"cannot read the config.json: {reason}", "Check the path.", file=str(path))
        raise InputError([problem]) from error


def is_config(data: bytes) -> bool:
    """Whether a file of this name is the platform's: many programs call theirs config.json. One that is broken counts
    by the keys that its text has."""
    text, _ = decode(data)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _TELLING.search(text) is not None
    return isinstance(value, dict) and not value.keys().isdisjoint({"model_algorithm", "apis"})


def within(found: Mapping[str, bytes], preferred: Iterable[str], sure: str) -> ConfigSeen | None:
    """The config.json of an image. `found`: those that it has, by absolute path; `preferred`: where it is looked for
    first; what is at `sure` is one whatever it says. Another one counts as `others` if it says something else."""
    ours = {path: data for path, data in found.items() if path == sure or is_config(data)}
    order = dict.fromkeys([*(path for path in preferred if path in ours), *sorted(ours, key=_depth)])
    if not order:
        return None
    first = next(iter(order))
    others = tuple(as_text(path) for path in order if ours[path] != ours[first])[:_MOST_OTHERS]
    return ConfigSeen(stage=Stage.CONFIG, where=as_text(first), text=ours[first], others=others)


def _depth(path: str) -> tuple[int, str]:
    return path.count("/"), path


def beside(path: Path | None) -> ConfigSeen | None:
    """A config.json that lies beside the subject, if it is one of the platform's."""
    if path is None or not path.is_file():
        return None
    seen = read_given(path)
    return seen if is_config(seen.text) else None
