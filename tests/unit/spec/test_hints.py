"""Type hints, as syntax, in the house dialect."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from tests.unit.spec.samples import reading, with_schema

from hitless.spec.hints import is_file, parameter_schema, result_schema

CODE = """
@dataclass
class Box:
    x: float
    y: "float"
    label: str = ""
    next: Box | None = None
    kind: ClassVar[str] = "box"

class Answer(TypedDict):
    label: str
    score: NotRequired[float]

class Partial(TypedDict, total=False):
    a: int

class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"

class Auto(Enum):
    A = auto()

class Plain:
    pass
"""
CLASSES = {node.name: node for node in ast.parse(CODE).body if isinstance(node, ast.ClassDef)}
NUMBER, STRING, INTEGER = {"type": "number"}, {"type": "string"}, {"type": "integer"}
FILE = {"type": "file"}
BOX = {
    "type": "object",
    "properties": {"x": NUMBER, "y": NUMBER, "label": STRING, "next": {"type": ["object", "null"]}},
    "required": ["x", "y"],
}

PARAMETERS: dict[str, dict[str, Any]] = {
    "int": INTEGER,
    "float": NUMBER,
    "str": STRING,
    "bool": {"type": "boolean"},
    "dict": {"type": "object"},
    "list": {"type": "array"},
    "'int'": INTEGER,
    "'list[\"int\"]'": {"type": "array", "items": INTEGER},
    "Any": {},
    "Unknown": {},
    "Unknown[int]": {},
    "lambda: 0": {},
    "'not a hint('": {},
    "list[float]": {"type": "array", "items": NUMBER},
    "List[List[int]]": {"type": "array", "items": {"type": "array", "items": INTEGER}},
    "Sequence[Any]": {"type": "array"},
    "tuple[str, float]": {"type": "array", "minItems": 2, "maxItems": 2, "items": [STRING, NUMBER]},
    "tuple[int, ...]": {"type": "array", "items": INTEGER},
    "tuple[int, 'str']": {"type": "array", "minItems": 2, "maxItems": 2, "items": [INTEGER, STRING]},
    "tuple[()]": {"type": "array", "minItems": 1, "maxItems": 1, "items": [{}]},
    "dict[str, float]": {"type": "object", "additionalProperties": NUMBER},
    "dict[str, Any]": {"type": "object"},
    "Mapping[str, list[int]]": {"type": "object", "additionalProperties": {"type": "array", "items": INTEGER}},
    "int | None": INTEGER,
    "Optional[int]": INTEGER,
    "typing.Optional[int]": INTEGER,
    "Optional['int']": INTEGER,
    "int | str": {"type": ["integer", "string"]},
    "Union[int, str, None]": {"type": ["integer", "string"]},
    "int | list[int]": {"anyOf": [INTEGER, {"type": "array", "items": INTEGER}]},
    "int | Unknown": {},
    "None": {},
    "Annotated[int, 'from 0']": INTEGER,
    "Annotated[list[float], ...]": {"type": "array", "items": NUMBER},
    "Literal['a', 'b']": {"enum": ["a", "b"]},
    "Literal[-1, 1]": {"enum": [-1, 1]},
    "Literal[True, None]": {"enum": [True, None]},
    "Literal[b'a']": {},
    "Literal['\\ud800']": {},
    "Literal[NAME]": {},
    "np.ndarray": {"type": "array"},
    "NDArray[np.float32]": {"type": "array"},
    "np.ndarray[Any, np.dtype[np.uint8]]": {"type": "array"},
    "bytes": FILE,
    "bytes | None": FILE,
    "'bytes'": FILE,
    "Upload": FILE,
    "hitless.Upload": FILE,
    "Image.Image": FILE,
    "PIL.Image.Image": FILE,
    "list[bytes]": FILE,
    "Annotated[bytes, 'jpeg']": FILE,
    "dict[str, bytes]": {"type": "object", "additionalProperties": {"type": "string", "contentEncoding": "base64"}},
    "Box": BOX,
    "list[Box]": {"type": "array", "items": BOX},
    "Answer": {"type": "object", "properties": {"label": STRING, "score": NUMBER}, "required": ["label"]},
    "Partial": {"type": "object", "properties": {"a": INTEGER}},
    "Colour": {"enum": ["red", "blue"]},
    "Auto": {},
    "Plain": {"type": "object"},
}


def hint(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(("text", "schema"), PARAMETERS.items(), ids=PARAMETERS)
def test_parameter(text: str, schema: dict[str, Any]) -> None:
    result = parameter_schema(hint(text), CLASSES)
    assert result == schema
    assert is_file(hint(text)) is (schema == FILE)
    if schema != FILE:
        in_config = with_schema({"type": "object", "properties": {"x": result}})
        assert reading(strict=True, **in_config).problems == (), "the draft would have problems"


RESULTS: dict[str, dict[str, Any]] = {
    "None": {"type": "null"},
    "int | None": {"type": ["integer", "null"]},
    "Optional[Box]": {"anyOf": [BOX, {"type": "null"}]},
    "bytes": {"type": "string", "contentEncoding": "base64"},
    "dict[str, int] | ValueError": {"type": "object", "additionalProperties": INTEGER},
    "int | Response": INTEGER,
    "Response": {},
    "Image.Image": {},
}


@pytest.mark.parametrize(("text", "schema"), RESULTS.items(), ids=RESULTS)
def test_a_result_may_be_null(text: str, schema: dict[str, Any]) -> None:
    assert result_schema(hint(text), CLASSES) == schema


def test_no_hint_is_anything() -> None:
    assert parameter_schema(None, {}) == {}
    assert result_schema(None, {}) == {}


def test_classes_that_contain_each_other_end() -> None:
    tree = ast.parse("class A(TypedDict):\n    b: B\nclass B(TypedDict):\n    a: list[A]\n")
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    assert result_schema(hint("A"), classes) == {
        "type": "object",
        "properties": {
            "b": {
                "type": "object",
                "properties": {"a": {"type": "array", "items": {"type": "object"}}},
                "required": ["a"],
            }
        },
        "required": ["b"],
    }
