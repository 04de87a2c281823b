"""Whole files: no input raises, and what is understood is written back without loss."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from hitless.spec.config import parse, write
from hitless.spec.contract import OPERATORS, Api, Contract, Dependency, Package, Payload
from hitless.spec.health import Probe
from hitless.spec.profiles import PROFILES

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
# Keys that no spelling of a known key is folded into.
EXTRA = st.dictionaries(st.sampled_from(["x", "remark", "手写", "a b", "$", "x-1"]), VALUES, max_size=2)

WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
LEAVES: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"type": "string"}, {"type": "number", "minimum": 0}, {"type": "integer", "index": 1}, {"enum": ["a", 1]}]
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda items: {"type": "array", "items": items}, inner | st.lists(inner, max_size=1))
        | st.builds(lambda a, b: {"type": "array", "items": [a, b], "minItems": 2, "maxItems": 2}, inner, inner)
        | st.builds(lambda fields: {"type": "object", "properties": fields}, st.dictionaries(WORDS, inner, max_size=3))
        | st.builds(lambda schema, extra: {**schema, **extra}, inner, EXTRA)
    ),
    max_leaves=6,
)
FORMS = st.dictionaries(WORDS, st.just({"type": "file"}) | LEAVES, min_size=1, max_size=3).map(
    lambda fields: {"type": "object", "properties": fields | {"file": {"type": "file"}}}
)
PAYLOADS = st.none() | st.one_of(
    st.builds(Payload, st.just("application/json"), st.none() | SCHEMAS, EXTRA),
    st.builds(Payload, st.just("multipart/form-data"), FORMS, EXTRA),
    st.builds(Payload, st.sampled_from(["application/octet-stream", "text/csv"]), st.none(), EXTRA),
)
METHODS = st.sampled_from(["POST", "GET", "PUT", "DELETE", "PATCH"])


def apis(protocols: st.SearchStrategy[str | None], urls: st.SearchStrategy[str]) -> st.SearchStrategy[Api]:
    return st.builds(Api, urls, METHODS, protocols, PAYLOADS, PAYLOADS, EXTRA)


NUMBERS = st.integers(1, 2**31 - 1)
PROBES = st.none() | st.one_of(
    st.builds(Probe, st.just("HTTP"), st.sampled_from(["http", "https"]), WORDS.map("/{}".format), st.none() | WORDS,
              NUMBERS, NUMBERS, NUMBERS, NUMBERS, EXTRA),
    st.builds(Probe, st.just("EXEC"), st.just("http"), st.none() | st.just("/x"), WORDS, NUMBERS, NUMBERS, NUMBERS,
              NUMBERS, EXTRA),
)  # fmt: skip
PACKAGES = st.builds(Package, WORDS, st.none(), st.none(), EXTRA) | st.builds(
    Package, WORDS, WORDS, st.sampled_from(sorted(OPERATORS)), EXTRA
)
DEPENDENCIES = st.builds(
    Dependency, st.sampled_from(["pip", "conda"]), st.lists(PACKAGES, max_size=2).map(tuple), EXTRA
)
METRICS = st.dictionaries(st.sampled_from(["f1", "recall", "precision", "accuracy"]), st.floats(0, 1), max_size=4)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    model_type = draw(st.sampled_from(["Image", "Image", "PyTorch", "Template"]))
    engine = model_type == "PyTorch"
    urls = st.just("/") if engine else st.sampled_from(["/", "/a", "/a/b", "/%20"])
    protocols = st.none() | st.sampled_from(["http", "https"])
    drawn = draw(
        st.lists(apis(protocols, urls), max_size=1 if engine else 4, unique_by=lambda api: (api.url, api.method))
    )
    return Contract(
        model_algorithm=draw(WORDS),
        model_type=model_type,
        runtime=draw(st.none() | WORDS),
        swr_location=None if model_type != "Image" else draw(st.none() | st.just("swr.example.com/a/b:1")),
        metrics=draw(METRICS) | draw(EXTRA),
        apis=tuple(drawn),
        dependencies=tuple(draw(st.lists(DEPENDENCIES, max_size=2))),
        health=draw(PROBES),
        readiness_health=draw(PROBES),
        startup_health=draw(PROBES),
        liveness_health=draw(PROBES),
        port=draw(st.integers(1, 65535)),
        protocol=draw(st.sampled_from(["http", "https"])),
        extra=draw(EXTRA),
    )


@given(contracts())
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_back(contract: Contract) -> None:
    reading = parse(write(contract))
    assert reading.errors == ()
    assert reading.contract == contract


@given(st.binary() | st.text() | VALUES.map(json.dumps), st.sampled_from(sorted(PROFILES)), st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_input_raises(text: str | bytes, profile: str, strict: bool) -> None:
    reading = parse(text, profile=PROFILES[profile], strict=strict)
    assert (reading.contract is None) == bool(reading.errors)


KEYS = [
    "model_algorithm", "model_type", "runtime", "swr_location", "metrics", "apis", "dependencies", "health", "procotol",
    "readiness_health", "startup_health", "liveness_health", "port", "protocol", "url", "method", "request", "response",
    "Content-type", "content-type", "data", "type", "properties", "items", "item", "required", "minItems", "maxItems",
    "check_method", "command", "initial_delay_seconds", "installer", "packages", "package_name", "restraint", "f1",
]  # fmt: skip
PLAUSIBLE = [
    "Image", "PyTorch", "image_classification", "/", "/health", "post", "get", "http", "https", "application/json",
    "applicaton/json", "multipart/form-data", "object", "array", "file", "string", "HTTP", "EXEC", "pip", "numpy", "",
    "EXACT", '{"type": "object"}', 8080, 0, 2, "5", True, None, [], {},
]  # fmt: skip
NEARLY: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(PLAUSIBLE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=20,
)
START = {"model_algorithm": "image_classification", "model_type": "Image", "port": 8080}


def some(*values: Any) -> st.SearchStrategy[Any]:
    """Mostly one of these, sometimes anything."""
    good = st.one_of(*(value if isinstance(value, st.SearchStrategy) else st.just(value) for value in values))
    return st.integers(0, 9).flatmap(lambda dice: NEARLY if dice == 0 else good)


def keys(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name.replace("_type", "-type"): value for name, value in values.items()})


BODIES = keys(
    Content_type=some("application/json", "applicaton/json", "multipart/form-data", "Multipart/Form-Data", "image/png"),
    data=some(SCHEMAS, FORMS, SCHEMAS.map(json.dumps)),
    type=some("object"),
    properties=some({}, {"x": {"type": "file"}}),
)
ENTRIES = keys(
    url=some("/", "/a"),
    method=some("post", "GET", "put"),
    protocol=some("http", "https"),
    procotol=some("http"),
    request=some(BODIES),
    response=some(BODIES),
)
CHECKS = keys(
    check_method=some("HTTP", "EXEC", "exec"),
    url=some("/health", "/h?x"),
    command=some("true", "a | b"),
    cmd=some("true"),
    protocol=some("http", "HTTPS", "ws"),
    period_seconds=some("5", 5, ""),
    x=some(1),
)
INSTALLED = keys(
    package_name=some("numpy"),
    package_version=some("1", ""),
    restraint=some("EXACT", "ATLEAST", ""),
)
FILES = keys(
    apis=some(st.lists(ENTRIES, max_size=2)),
    health=some(CHECKS),
    startup_health=some(CHECKS),
    dependencies=some(st.lists(keys(installer=some("pip", "yum"), packages=some(st.lists(INSTALLED, max_size=2))))),
    metrics=some({"f1": 0.5, "auc": [1]}),
    runtime=some("python3.6"),
    protocol=some("http", "https"),
    port=some(8080, "9000"),
    tunable=some(True),
    remark=NEARLY,
)


@given(FILES.map(lambda file: START | file), st.booleans())
@settings(max_examples=600, deadline=None)
def test_what_is_understood_of_a_nearly_right_file_stays_what_it_is(config: dict[str, Any], strict: bool) -> None:
    reading = parse(json.dumps(config), strict=strict)
    event("understood" if reading.contract is not None else "refused")
    assert (reading.contract is None) == bool(reading.errors)
    if reading.contract is not None:
        written = write(reading.contract)
        again = parse(written)
        assert again.errors == ()
        assert again.contract == reading.contract
        assert write(reading.contract) == written
