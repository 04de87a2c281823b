"""The defects of published samples: understood as meant in the tolerant reading, errors in the strict one."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.spec.samples import (
    CUSTOM_IMAGE,
    IMAGE_WITH_HEALTH,
    OBJECT_DETECTION,
    PREDICTIVE_ANALYSIS,
    severity,
)

from hitless.errors import Severity
from hitless.spec.config import parse
from hitless.spec.contract import JSON, MULTIPART, Contract

Sample = dict[str, Any]
ROWS = {"type": "array", "items": {"type": "object"}}


def changed(sample: Sample, change: Callable[[Sample], Any]) -> str:
    changed_sample = copy.deepcopy(sample)
    change(changed_sample)
    return json.dumps(changed_sample)


def request(contract: Contract) -> Any:
    return contract.apis[0].request


def response(contract: Contract) -> Any:
    return contract.apis[0].response


def misspell_items(sample: Sample) -> None:
    scores = sample["apis"][0]["response"]["data"]["properties"]["scores"]
    scores["item"] = scores.pop("items")


def schema_under_request(sample: Sample) -> None:
    sample["apis"][0]["request"] = sample["apis"][0]["request"]["data"]


DEFECTS: dict[str, tuple[str, str, Callable[[Contract], Any], Any]] = {
    "procotol for protocol": (
        json.dumps(PREDICTIVE_ANALYSIS),
        "CFG-203",
        lambda contract: (contract.apis[0].protocol, contract.protocol, contract.apis[0].extra),
        ("http", "http", {}),
    ),
    "applicaton/json": (
        changed(CUSTOM_IMAGE, lambda s: s["apis"][0]["response"].update({"Content-type": "applicaton/json"})),
        "CFG-407",
        lambda contract: response(contract).content_type,
        JSON,
    ),
    "item for items": (
        changed(CUSTOM_IMAGE, misspell_items),
        "CFG-203",
        lambda contract: response(contract).schema["properties"]["scores"],
        CUSTOM_IMAGE["apis"][0]["response"]["data"]["properties"]["scores"],
    ),
    "object detection: reply declared multipart": (
        json.dumps(OBJECT_DETECTION),
        "CFG-409",
        lambda contract: (response(contract).content_type, request(contract).content_type),
        (JSON, MULTIPART),
    ),
    "classification: reply declared multipart": (
        json.dumps(CUSTOM_IMAGE),
        "CFG-409",
        lambda contract: response(contract).content_type,
        JSON,
    ),
    "predictive analysis: reply declared multipart": (
        json.dumps(PREDICTIVE_ANALYSIS),
        "CFG-409",
        lambda contract: response(contract).content_type,
        JSON,
    ),
    "batch mapping of 2021: schema directly under request": (
        changed(PREDICTIVE_ANALYSIS, schema_under_request),
        "CFG-411",
        lambda contract: (request(contract).content_type, request(contract).schema, request(contract).extra),
        (JSON, PREDICTIVE_ANALYSIS["apis"][0]["request"]["data"], {}),
    ),
    "batch mapping of 2025: request declared multipart": (
        changed(PREDICTIVE_ANALYSIS, lambda s: s["apis"][0]["request"].update({"Content-type": "multipart/form-data"})),
        "CFG-410",
        lambda contract: request(contract).content_type,
        JSON,
    ),
    "restraint and version are empty": (
        changed(
            OBJECT_DETECTION, lambda s: s["dependencies"][0]["packages"][0].update(restraint="", package_version="")
        ),
        "CFG-708",
        lambda contract: [package.specifier for package in contract.dependencies[0].packages],
        ["numpy", "Pillow==5.2.0"],
    ),
}


@pytest.mark.parametrize(("text", "problem_id", "part", "meant"), DEFECTS.values(), ids=DEFECTS)
def test_a_documented_defect_is_understood_as_meant(
    text: str, problem_id: str, part: Callable[[Contract], Any], meant: Any
) -> None:
    tolerant = parse(text)
    assert severity(tolerant, problem_id) is Severity.WARNING
    assert tolerant.contract is not None
    assert part(tolerant.contract) == meant
    strict = parse(text, strict=True)
    assert severity(strict, problem_id) is Severity.ERROR
    assert strict.contract is None


def test_xgboost_reply_with_resp_data_at_the_top_is_read_as_written() -> None:
    """The sample's reply nests it in `data`, its schema does not: nothing in the file shows which one is meant."""
    reply = {"type": "object", "properties": {"resp_data": {"type": "array", "items": [{"type": "object"}]}}}
    text = changed(
        PREDICTIVE_ANALYSIS,
        lambda s: (
            s["apis"][0].update(response={"Content-type": "application/json", "data": reply}, protocol="http")
            or s["apis"][0].pop("procotol")
        ),
    )
    result = parse(text, strict=True)
    assert result.problems == ()
    assert result.contract is not None
    assert response(result.contract).schema == reply


def test_an_image_with_health_has_no_problem_at_all() -> None:
    assert parse(json.dumps(IMAGE_WITH_HEALTH), strict=True).problems == ()


def test_a_misspelling_beside_the_right_key_is_kept_and_named() -> None:
    text = changed(IMAGE_WITH_HEALTH, lambda s: s["apis"][0].update(procotol="https"))
    result = parse(text)
    assert [(problem.id, problem.path) for problem in result.problems] == [("CFG-202", "$.apis[0].procotol")]
    assert result.contract is not None
    assert (result.contract.apis[0].protocol, result.contract.apis[0].extra) == ("http", {"procotol": "https"})
