"""Config files for tests: the published fixtures (structure theirs, values ours), and a minimal one to change."""

from __future__ import annotations

import json
from typing import Any

from hitless.errors import Severity
from hitless.spec.config import Reading, parse
from hitless.spec.profiles import PROFILES

MINIMAL: dict[str, Any] = {
    "model_algorithm": "image_classification",
    "model_type": "Image",
    "apis": [{"url": "/"}],
    "health": {"url": "/health"},
}
FORM = {"type": "object", "properties": {"images": {"type": "file"}}}


def laid(**changes: Any) -> str:
    """The minimal config.json with these top-level keys; a change of `...` takes the key away."""
    merged = MINIMAL | changes
    return json.dumps({key: value for key, value in merged.items() if value is not ...})


def reading(profile: str = "2024-09", *, strict: bool = False, **changes: Any) -> Reading:
    return parse(laid(**changes), profile=PROFILES[profile], strict=strict)


def found(result: Reading) -> list[tuple[str, str, str | None]]:
    """What was reported: id, severity, JSON path."""
    return [(problem.id, str(problem.severity), problem.path) for problem in result.problems]


def severity(result: Reading, problem_id: str) -> Severity | None:
    """How heavy the problem weighs; None where it was not reported."""
    return next((problem.severity for problem in result.problems if problem.id == problem_id), None)


def with_api(**keys: Any) -> dict[str, Any]:
    return {"apis": [{"url": "/", **keys}]}


def with_schema(schema: Any, content_type: str = "application/json") -> dict[str, Any]:
    """A change that gives the request this schema."""
    return with_api(request={"Content-type": content_type, "data": schema})


OBJECT_DETECTION: dict[str, Any] = {
    "model_type": "TensorFlow",
    "model_algorithm": "object_detection",
    "metrics": {"f1": 0.34, "accuracy": 0.46, "precision": 0.33, "recall": 0.35},
    "apis": [
        {
            "protocol": "http",
            "url": "/",
            "method": "post",
            "request": {"Content-type": "multipart/form-data", "data": FORM},
            "response": {
                "Content-type": "multipart/form-data",
                "data": {
                    "type": "object",
                    "properties": {
                        "detection_classes": {"type": "array", "items": [{"type": "string"}]},
                        "detection_boxes": {
                            "type": "array",
                            "items": [{"type": "array", "minItems": 4, "maxItems": 4, "items": [{"type": "number"}]}],
                        },
                        "detection_scores": {"type": "array", "items": [{"type": "number"}]},
                    },
                },
            },
        }
    ],
    "dependencies": [
        {
            "installer": "pip",
            "packages": [
                {"restraint": "EXACT", "package_version": "1.15.0", "package_name": "numpy"},
                {"restraint": "EXACT", "package_version": "5.2.0", "package_name": "Pillow"},
            ],
        }
    ],
}
CLASSIFICATION_REPLY = {
    "type": "object",
    "properties": {
        "predicted_label": {"type": "string"},
        "scores": {
            "type": "array",
            "items": [
                {"type": "array", "minItems": 2, "maxItems": 2, "items": [{"type": "string"}, {"type": "number"}]}
            ],
        },
    },
    "required": ["predicted_label", "scores"],
}
CUSTOM_IMAGE: dict[str, Any] = {
    "model_type": "Image",
    "model_algorithm": "image_classification",
    "apis": [
        {
            "protocol": "http",
            "url": "/",
            "method": "post",
            "request": {"Content-type": "multipart/form-data", "data": FORM},
            "response": {"Content-type": "multipart/form-data", "data": CLASSIFICATION_REPLY},
        }
    ],
}
PREDICTIVE_ANALYSIS: dict[str, Any] = {
    "model_type": "TensorFlow",
    "model_algorithm": "predict_analysis",
    "apis": [
        {
            "procotol": "http",
            "url": "/",
            "method": "post",
            "request": {
                "Content-type": "application/json",
                "data": {
                    "type": "object",
                    "properties": {
                        "data": {
                            "type": "object",
                            "properties": {
                                "req_data": {"items": [{"type": "object", "properties": {}}], "type": "array"}
                            },
                        }
                    },
                },
            },
            "response": {
                "Content-type": "multipart/form-data",
                "data": {
                    "type": "object",
                    "properties": {
                        "data": {
                            "type": "object",
                            "properties": {
                                "resp_data": {"type": "array", "items": [{"type": "object", "properties": {}}]}
                            },
                        }
                    },
                },
            },
        }
    ],
}
IMAGE_WITH_HEALTH: dict[str, Any] = {
    "model_algorithm": "image_classification",
    "model_type": "Image",
    "protocol": "http",
    "port": 8080,
    "apis": [
        {
            "protocol": "http",
            "url": "/",
            "method": "post",
            "request": {"Content-type": "multipart/form-data", "data": FORM},
            "response": {
                "Content-type": "application/json",
                "data": {"type": "object", "properties": {"mnist_result": {"type": "integer"}}},
            },
        }
    ],
    "health": {
        "check_method": "HTTP",
        "protocol": "http",
        "url": "/health",
        "initial_delay_seconds": "12",
        "timeout_seconds": "30",
        "period_seconds": "5",
        "failure_threshold": "12",
    },
}
