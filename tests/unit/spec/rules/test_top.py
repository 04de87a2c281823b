"""The first level of config.json: every documented rule as a row."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.spec.samples import found, reading, severity

from hitless.spec.profiles import FIRST_TYPES, LATER_TYPES
from hitless.spec.rules.top import RUNTIMES

ALGORITHMS = {
    "usual": ("image_classification", None),
    "of a sample": ("xgboost_iris_test", None),
    "36 characters": ("a" * 36, None),
    "37 characters": ("a" * 37, "CFG-301"),
    "begins with a digit": ("3d", "CFG-301"),
    "begins with a blank": (" a", "CFG-301"),
    "begins with an underscore": ("_a", "CFG-301"),
    "empty": ("", "CFG-301"),
    "Chinese": ("image分类", "CFG-301"),
    "accents are not Chinese": ("précis", None),
    **{f"forbidden {char}": (f"a{char}b", "CFG-301") for char in "&!'\"<>="},
    "backslash": ("a\\b", "CFG-302"),
}


@pytest.mark.parametrize(("value", "problem"), ALGORITHMS.values(), ids=ALGORITHMS)
def test_model_algorithm(value: str, problem: str | None) -> None:
    result = reading(model_algorithm=value, strict=True)
    assert [found_id for found_id, _, _ in found(result)] == ([] if problem is None else [problem])
    if problem is None:
        assert result.contract is not None
        assert result.contract.model_algorithm == value


REMEDIES = {
    "3d_segmentation": 'Write "model_3d_segmentation".',
    "a=b": 'Write "a_b".',
    "手写": 'Write "image_classification".',
    "x" * 40: f'Write "{"x" * 36}".',
}


@pytest.mark.parametrize(("value", "remedy"), REMEDIES.items())
def test_the_remedy_of_a_bad_algorithm_is_a_good_one(value: str, remedy: str) -> None:
    assert [problem.remedy for problem in reading(model_algorithm=value).errors] == [remedy]


@pytest.mark.parametrize("key", ["model_algorithm", "model_type"])
@pytest.mark.parametrize("value", [..., None], ids=["absent", "null"])
def test_what_is_mandatory(key: str, value: Any) -> None:
    result = reading(**{key: value})
    assert ("CFG-205", "error") in [(found_id, weight) for found_id, weight, _ in found(result)]
    assert result.contract is None


TYPES = [
    *(("intl-2023", name, None) for name in FIRST_TYPES),
    *((profile, name, None) for profile in ("2024-09", "otc", "2025-08", "custom-engine") for name in LATER_TYPES),
    ("2024-09", "MXNet", "CFG-304"),
    ("otc", "XGBoost", "CFG-304"),
    ("2025-08", "Caffe", "CFG-304"),
    ("2024-09", "image", "CFG-303"),
    ("2024-09", "Tensorflow", "CFG-303"),
    ("intl-2023", "Keras", "CFG-303"),
]


@pytest.mark.parametrize(("profile", "name", "problem"), TYPES, ids=[f"{row[0]}-{row[1]}" for row in TYPES])
def test_model_type(profile: str, name: str, problem: str | None) -> None:
    health = {"url": "/health"} if name == "Image" else ...
    result = reading(profile, model_type=name, health=health, strict=True)
    assert [found_id for found_id, _, _ in found(result)] == ([] if problem is None else [problem])


def test_a_type_in_another_case_is_corrected() -> None:
    assert [problem.remedy for problem in reading(model_type="IMAGE").errors] == ['Write "Image".']


RUNTIME_ROWS = [
    ("Image", "python3.6", "CFG-305", "warning"),
    *((engine, name, None, None) for engine, names in RUNTIMES.items() for name in names),
    ("TensorFlow", "tensorflow_1.15.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64", None, None),
    ("MindSpore", "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64", None, None),
    ("MindSpore", "anything", None, None),
    ("PyTorch", "python3.12", "CFG-306", "warning"),
    ("XGBoost", "python3.7", "CFG-306", "warning"),
]


@pytest.mark.parametrize(
    ("engine", "name", "problem", "weight"), RUNTIME_ROWS, ids=[f"{row[0]}-{row[1]}" for row in RUNTIME_ROWS]
)
def test_runtime(engine: str, name: str, problem: str | None, weight: str | None) -> None:
    result = reading("intl-2023", model_type=engine, runtime=name)
    assert severity(result, problem or "CFG-305") == weight
    assert severity(result, problem or "CFG-306") == weight
    assert result.contract is not None
    assert result.contract.runtime == name


LOCATIONS = {
    "registry, group, name, tag": ("Image", "swr.cn-north-4.example.com/group/mnist:1.0", None),
    "with a port": ("Image", "localhost:5000/mnist:latest", None),
    "with a digest": ("Image", "swr.example.com/a/b@sha256:" + "0" * 64, None),
    "without a tag": ("Image", "swr.example.com/a/b", None),
    "with a scheme": ("Image", "https://swr.example.com/a/b", "CFG-308"),
    "with a blank": ("Image", "swr.example.com/a b", "CFG-308"),
    "empty": ("Image", "", "CFG-308"),
    "name alone": ("Image", "mnist", "CFG-308"),
    "for an engine": ("PyTorch", "swr.example.com/a/b:1", "CFG-307"),
}


@pytest.mark.parametrize(("model_type", "address", "problem"), LOCATIONS.values(), ids=LOCATIONS)
def test_swr_location(model_type: str, address: str, problem: str | None) -> None:
    result = reading(model_type=model_type, swr_location=address)
    assert [problem.id for problem in result.errors] == ([] if problem is None else [problem])
    if result.contract is not None:
        assert result.contract.swr_location == address


PORTS: dict[str, tuple[str, Any, int | None, list[tuple[str, str]]]] = {
    "absent": ("2024-09", ..., 8080, []),
    "8080": ("2024-09", 8080, 8080, []),
    "another, samples use 8080": ("2024-09", 9000, 9000, [("CFG-311", "warning")]),
    "another, must be 8080": ("otc", 9000, 9000, [("CFG-310", "warning")]),
    "another, must be 8080, 2023": ("intl-2023", 9000, 9000, [("CFG-310", "warning")]),
    "another, free": ("2025-08", 9000, 9000, []),
    "another, custom engine": ("custom-engine", 8443, 8443, []),
    "text": ("2024-09", "8080", 8080, [("CFG-315", "warning")]),
    "text with a word": ("2024-09", "http", None, [("CFG-201", "error")]),
    "zero": ("2024-09", 0, None, [("CFG-309", "error")]),
    "negative": ("2024-09", -1, None, [("CFG-309", "error")]),
    "largest": ("2025-08", 65535, 65535, []),
    "too large": ("2024-09", 65536, None, [("CFG-309", "error")]),
    "fraction": ("2024-09", 80.5, None, [("CFG-201", "error")]),
    "true": ("2024-09", True, None, [("CFG-201", "error")]),
    "list": ("2024-09", [8080], None, [("CFG-201", "error")]),
}


@pytest.mark.parametrize(("profile", "value", "port", "problems"), PORTS.values(), ids=PORTS)
def test_port(profile: str, value: Any, port: int | None, problems: list[tuple[str, str]]) -> None:
    result = reading(profile, port=value)
    assert [(found_id, weight) for found_id, weight, _ in found(result)] == problems
    assert (result.contract.port if result.contract is not None else None) == port


def test_a_port_that_must_be_8080_is_an_error_when_strict() -> None:
    assert [problem.id for problem in reading("otc", port=9000, strict=True).errors] == ["CFG-310"]


def test_keys_of_stored_configs_are_kept_without_a_word() -> None:
    stored: dict[str, Any] = {
        "model_source": "auto",
        "tunable": True,
        "downloadable_flag": False,
        "algorithm": "x",
        "source_type": "s",
    }
    result = reading(**stored)
    assert result.problems == ()
    assert result.contract is not None
    assert result.contract.extra == stored
