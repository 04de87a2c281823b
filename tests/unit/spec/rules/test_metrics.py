"""`metrics`: numbers for the console."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.spec.samples import found, laid

from hitless.spec.config import parse

METRICS: dict[str, tuple[str, dict[str, Any] | None, list[tuple[str, str, str]]]] = {
    "all four": (
        '{"f1": 0.34, "recall": 1, "precision": 0.5, "accuracy": 0}',
        {"f1": 0.34, "recall": 1, "precision": 0.5, "accuracy": 0},
        [],
    ),
    "17 decimals": ('{"f1": 0.12345678901234567}', {"f1": 0.12345678901234567}, []),
    "18 decimals": (
        '{"f1": 0.123456789012345678}',
        {"f1": 0.123456789012345678},
        [("CFG-801", "warning", "$.metrics.f1")],
    ),
    "text": ('{"f1": "0.34"}', None, [("CFG-201", "error", "$.metrics.f1")]),
    "true": ('{"f1": true}', None, [("CFG-201", "error", "$.metrics.f1")]),
    "another metric": ('{"auc": {"a": 1}}', {"auc": {"a": 1}}, [("CFG-202", "warning", "$.metrics.auc")]),
    "empty": ("{}", {}, []),
    "list": ("[]", None, [("CFG-201", "error", "$.metrics")]),
}


@pytest.mark.parametrize(("written", "metrics", "problems"), METRICS.values(), ids=METRICS)
def test_metrics(written: str, metrics: dict[str, Any] | None, problems: list[tuple[str, str, str]]) -> None:
    result = parse(laid()[:-1] + f', "metrics": {written}}}')
    assert found(result) == problems
    assert (result.contract.metrics if result.contract is not None else None) == metrics
