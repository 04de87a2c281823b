"""The first level of config.json, apart from its lists and objects: names, type, runtime, image, port."""

from __future__ import annotations

import re

from hitless.spec.contract import DEFAULT_PORT
from hitless.spec.kinds import Kind, Weight
from hitless.spec.profiles import PROFILES, Profile
from hitless.spec.quoting import quoted
from hitless.spec.section import WRONG_TYPE, Section, Shape, suggestion, type_name

CONFIG = Shape(
    "config.json",
    (
        "model_algorithm", "model_type", "runtime", "swr_location", "metrics", "apis", "dependencies",
        "health", "readiness_health", "startup_health", "liveness_health", "port", "protocol",
    ),
    misspellings={"procotol": "protocol"},
)  # fmt: skip
# Keys that stored configs of the platform have, without a meaning for a container.
STORED_KEYS = ("model_source", "tunable", "downloadable_flag", "algorithm", "source_type")

MAX_ALGORITHM = 36
ALGORITHM_FORBIDDEN = re.compile(r"[&!'\"<>=]")
CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
IMAGE_ADDRESS = re.compile(
    r"[a-z0-9.\-]+(?::[0-9]+)?(?:/[A-Za-z0-9._\-]+)+(?::[\w.\-]+)?(?:@[a-z0-9]+:[0-9a-f]+)?", re.ASCII
)

ALGORITHM = Kind(
    "CFG-301",
    Weight.REFUSED,
    "model_algorithm breaks its grammar",
    "It begins with a letter, has at most 36 characters, no Chinese and none of & ! ' \" < > =. "
    "Usual are image_classification, object_detection and predict_analysis.",
    '{"model_algorithm": "3d_segmentation"}',
    '{"model_algorithm": "segmentation_3d"}',
)
ALGORITHM_BACKSLASH = Kind(
    "CFG-302",
    Weight.FORGIVEN,
    "a backslash in model_algorithm",
    "The pages print a backslash in the list of forbidden characters; whether it escapes the quote behind it or is "
    "forbidden itself is open.",
    '{"model_algorithm": "image\\\\\\\\classification"}',
    '{"model_algorithm": "image_classification"}',
)
TYPE_UNKNOWN = Kind(
    "CFG-303",
    Weight.REFUSED,
    "an unknown model_type",
    "The platform knows a fixed set of types, in this spelling. A custom image is Image.",
    '{"model_type": "image"}',
    '{"model_type": "Image"}',
)
TYPE_OF_OTHER_EDITION = Kind(
    "CFG-304",
    Weight.FORGIVEN,
    "a model_type of another edition",
    "Editions until 2023 had more engines: MXNet, Spark_MLlib, Caffe, Scikit_Learn and XGBoost are gone since.",
    '{"model_type": "XGBoost"}',
    '{"model_type": "Image"}',
)
RUNTIME_WITH_IMAGE = Kind(
    "CFG-305",
    Weight.FORGIVEN,
    "a runtime for a custom image",
    "A runtime selects a preset environment. A custom image brings its own, so the key is ignored.",
    '{"runtime": "python3.6"}',
    '{"model_type": "PyTorch", "runtime": "python3.6"}',
)
RUNTIME_UNKNOWN = Kind(
    "CFG-306",
    Weight.ADVICE,
    "a runtime that no page lists for this engine",
    "The lists differ by region and date, so it may exist nevertheless.",
    '{"model_type": "PyTorch", "runtime": "python3.12"}',
    '{"model_type": "PyTorch", "runtime": "python3.6"}',
)
LOCATION_WITH_ENGINE = Kind(
    "CFG-307",
    Weight.REFUSED,
    "swr_location for a preset engine",
    "Only custom images have an image address; the import fails with “only custom images support swr_location”.",
    '{"model_type": "PyTorch", "swr_location": "swr.example.com/group/mnist:1.0"}',
    '{"model_type": "Image", "swr_location": "swr.example.com/group/mnist:1.0"}',
)
LOCATION = Kind(
    "CFG-308",
    Weight.REFUSED,
    "swr_location is no image address",
    "An address has the registry, the repository and mostly a tag, without a scheme: host/group/name:tag.",
    '{"swr_location": "https://swr.example.com/group/mnist"}',
    '{"swr_location": "swr.example.com/group/mnist:1.0"}',
)
PORT = Kind(
    "CFG-309",
    Weight.REFUSED,
    "a port out of range",
    "TCP ports are whole numbers from 1 to 65535.",
    '{"port": 80800}',
    '{"port": 8080}',
)
PORT_FIXED = Kind(
    "CFG-310",
    Weight.FORGIVEN,
    "this edition wants port 8080",
    "The editions intl-2023 and otc say that the port must be 8080.",
    '{"port": 9000}',
    '{"port": 8080}',
    profile="otc",
)
PORT_UNUSUAL = Kind(
    "CFG-311",
    Weight.ADVICE,
    "another port than 8080",
    "Clause API-2 and all samples use 8080. Another port works where the import form declares the same one; "
    "otherwise the service stays “deploying” with clean logs.",
    '{"port": 9000}',
    '{"port": 8080}',
)
PORT_TEXT = Kind(
    "CFG-315",
    Weight.FORGIVEN,
    "the port as a text",
    "Only the numbers of health checks are written as texts.",
    '{"port": "8080"}',
    '{"port": 8080}',
)

# Chinese edition 2021-10, by engine.
PLAIN = ("python2.7", "python3.6", "python3.7")
RUNTIMES = {
    "TensorFlow": (
        "python2.7", "python3.6", "tf2.1-python3.7",
        *(f"tf1.13-{python}-{chip}" for python in PLAIN for chip in ("cpu", "gpu")),
    ),
    "PyTorch": (*PLAIN, "pytorch1.4-python3.7"),
    "MXNet": PLAIN,
    "Caffe": (*PLAIN, *(f"{python}-{chip}" for python in PLAIN for chip in ("cpu", "gpu"))),
    "Spark_MLlib": PLAIN[:2],
    "Scikit_Learn": PLAIN[:2],
    "XGBoost": PLAIN[:2],
}  # fmt: skip
# OTC 2025-08: engine_version-hardware_version-py_version-os_version-architecture.
LATER_RUNTIME = re.compile(r"[a-z]+_[\d.]+\w*-[a-z]+_[\w.]+-py_[\d.]+-[a-z]+_[\w.]+-\w+", re.ASCII)


def read_algorithm(top: Section) -> str:
    value = top.mandatory_text("model_algorithm", '"image_classification"')
    if value is None:
        return ""
    if reason := _algorithm_fault(value):
        remedy = f'Write "{_algorithm_like(value)}".'
        top.report(ALGORITHM, f"{quoted(value)} {reason}", remedy, key="model_algorithm")
    elif "\\" in value:
        message = f"{quoted(value)} has a backslash, which the pages print among the forbidden characters"
        top.report(ALGORITHM_BACKSLASH, message, f'Write "{_algorithm_like(value)}".', key="model_algorithm")
    return value


def _algorithm_fault(value: str) -> str | None:
    if not re.match("[A-Za-z]", value):
        return "does not begin with a letter"
    if CHINESE.search(value):
        return "has Chinese characters"
    if found := ALGORITHM_FORBIDDEN.search(value):
        return f"has a {found.group()}"
    return f"has {len(value)} characters, more than {MAX_ALGORITHM}" if len(value) > MAX_ALGORITHM else None


def _algorithm_like(value: str) -> str:
    cleaned = re.sub(r"\W+", "_", value, flags=re.ASCII).strip("_")
    cleaned = cleaned if re.match("[A-Za-z]", cleaned) else f"model_{cleaned}"
    return cleaned[:MAX_ALGORITHM] if cleaned != "model_" else "image_classification"


def read_type(top: Section, profile: Profile) -> str | None:
    """The type, also where this edition lacks it; None where nobody knows it."""
    value = top.mandatory_text("model_type", '"Image"')
    if value is None or value in profile.model_types:
        return value
    others = [other.name for other in PROFILES.values() if value in other.model_types]
    if others:
        message = f"edition {profile.name} has no {quoted(value)}; {', '.join(others)} has"
        remedy = f'Write "model_type": "Image" for a custom image, or read it with --profile {others[0]}.'
        top.report(TYPE_OF_OTHER_EDITION, message, remedy, key="model_type")
        return value
    by_case = {name.lower(): name for name in profile.model_types}
    near = by_case.get(value.lower()) or suggestion(value, profile.model_types)
    remedy = f'Write "{near}".' if near else f"Write one of {', '.join(profile.model_types)}."
    top.report(TYPE_UNKNOWN, f"{quoted(value)} is no model_type", remedy, key="model_type")
    return None


def read_runtime(top: Section, model_type: str | None) -> str | None:
    value = top.text("runtime", '"python3.6"')
    if value is None:
        return None
    listed = RUNTIMES.get(model_type or "")
    if model_type == "Image":
        top.report(RUNTIME_WITH_IMAGE, "a custom image has no runtime", "Delete it.", key="runtime", of_key=True)
    elif listed and value not in listed and not LATER_RUNTIME.fullmatch(value):
        near = suggestion(value, listed) or listed[0]
        top.report(
            RUNTIME_UNKNOWN, f"no page lists {quoted(value)} for {model_type}", f'Usual is "{near}".', key="runtime"
        )
    return value


def read_location(top: Section, model_type: str | None) -> str | None:
    value = top.text("swr_location", '"swr.example.com/group/name:tag"')
    if value is None:
        return None
    if model_type not in ("Image", None):
        message = f"only custom images have an image address, and this is {model_type}"
        remedy = 'Delete it, or write "model_type": "Image".'
        top.report(LOCATION_WITH_ENGINE, message, remedy, key="swr_location", of_key=True)
    elif not IMAGE_ADDRESS.fullmatch(value):
        message = f"{quoted(value)} is no image address"
        top.report(LOCATION, message, "Write host/group/name:tag, without a scheme.", key="swr_location")
    return value


def read_port(top: Section, profile: Profile) -> int:
    value = top.take("port")
    if value is None:
        return profile.port
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,20}\s*", value):
        value = int(value)
        top.report(PORT_TEXT, "the port is a text", f'Write "port": {value}.', key="port")
    if type(value) is not int:
        message = f'"port" is {type_name(value)}, and should be a whole number'
        top.report(WRONG_TYPE, message, f'Write "port": {DEFAULT_PORT}.', key="port")
        return DEFAULT_PORT
    if not 1 <= value <= 65535:
        top.report(PORT, f"{value} is no port", f'Write "port": {DEFAULT_PORT}.', key="port")
    elif value != profile.port and profile.port_rule == "must":
        message = f"edition {profile.name} wants port {profile.port}"
        top.report(PORT_FIXED, message, f'Write "port": {profile.port}.', key="port")
    elif value != profile.port and profile.port_rule == "expected":
        message = f"the samples of edition {profile.name} use port {profile.port} only"
        top.report(
            PORT_UNUSUAL, message, f"Declare {value} on the import form too, or write {profile.port}.", key="port"
        )
    return value
