"""`metrics`: what the console shows of a model's quality. Display only; nothing is computed from it."""

from __future__ import annotations

import re
from typing import Any

from hitless.spec.kinds import Kind, Weight
from hitless.spec.section import WRONG_TYPE, Section, Shape, type_name

METRICS = Shape("metrics", ("f1", "recall", "precision", "accuracy"), like='{"accuracy": 0.99}')
MAX_DECIMALS = 17

DECIMALS = Kind(
    "CFG-801",
    Weight.ADVICE,
    "a metric with more than 17 decimals",
    "The platform keeps 17 decimals. The Chinese page of 2021 says that the others are cut off, "
    "the English pages that they are rounded.",
    '{"metrics": {"f1": 0.123456789012345678}}',
    '{"metrics": {"f1": 0.12345678901234567}}',
)
WRITTEN_DECIMALS = re.compile(r"-?[0-9]+\.([0-9]+)")


def read_metrics(top: Section) -> dict[str, Any]:
    """All metrics, the unknown ones too."""
    section = top.object("metrics", METRICS)
    if section is None:
        return {}
    values = {key: value for key in METRICS.keys if (value := _metric(section, key)) is not None}
    return values | section.rest()


def _metric(section: Section, key: str) -> int | float | None:
    value = section.take(key)
    if value is None:
        return None
    if type(value) not in (int, float):
        section.report(
            WRONG_TYPE, f'"{key}" is {type_name(value)}, and should be a number', f'Write "{key}": 0.99.', key=key
        )
        return None
    document = section.findings.document
    written = WRITTEN_DECIMALS.match(document.text, document.offset(section.at(key)))
    if written and len(written[1]) > MAX_DECIMALS:
        section.report(DECIMALS, f'"{key}" has {len(written[1])} decimals', f"Write at most {MAX_DECIMALS}.", key=key)
    return value  # type: ignore[no-any-return]  # int or float, as checked above
