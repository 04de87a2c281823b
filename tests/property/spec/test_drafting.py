"""Drafts: no source makes the reader fail otherwise than with InputError, and every draft is a good config.json."""

from __future__ import annotations

import contextlib
import keyword

from hypothesis import given, settings
from hypothesis import strategies as st

from hitless.errors import InputError
from hitless.spec.config import parse, write
from hitless.spec.drafting import draft

HINTS = st.recursive(
    st.sampled_from(
        ["int", "str", "float", "bool", "bytes", "dict", "list", "Any", "None", "np.ndarray", "Image.Image", "'int'"]
    ),
    lambda inner: st.one_of(
        inner.map("list[{}]".format),
        inner.map("Optional[{}]".format),
        inner.map("dict[str, {}]".format),
        st.tuples(inner, inner).map(lambda pair: f"tuple[{pair[0]}, {pair[1]}]"),
        st.tuples(inner, inner).map(lambda pair: f"Union[{pair[0]}, {pair[1]}]"),
    ),
    max_leaves=4,
)
RESERVED = ("close", "warmup", "forward")  # not served, so a model of these alone has nothing to draft
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name) and name not in RESERVED
)
PARAMETERS = st.dictionaries(NAMES.filter(lambda name: name != "self"), st.none() | HINTS, max_size=3)
METHODS = st.dictionaries(NAMES, st.tuples(PARAMETERS, HINTS, st.booleans()), min_size=1, max_size=3)


def source(methods: dict[str, tuple[dict[str, str | None], str, bool]]) -> str:
    lines = ["class Model:"]
    for name, (parameters, result, batched) in methods.items():
        said = ", ".join(name if hint is None else f"{name}: {hint}" for name, hint in parameters.items())
        lines += ["    @batched(max_size=4)"] * batched
        lines += [f"    def {name}(self{', ' if said else ''}{said}) -> {result}: ..."]
    return "\n".join(lines)


@given(METHODS)
@settings(max_examples=200, deadline=None)
def test_every_draft_is_a_good_config(methods: dict[str, tuple[dict[str, str | None], str, bool]]) -> None:
    contract = draft(source(methods).encode()).contract
    reading = parse(write(contract))
    assert reading.contract == contract
    assert {problem.id for problem in reading.problems} <= {"CFG-408"}  # bytes: a type that the pages do not list


PIECES = st.sampled_from(
    ["class Model:\n", "    def predict(self", ", x: int", ", *, y=1", "):\n", "        yield 1\n", "        return\n",
     "@api(", '"/x"', ")", "    ", "\n", "list[", "]", "'", "\\", "\x00", "é", "async ", "def f(): ...\n"]
)  # fmt: skip


@given(
    st.lists(PIECES, max_size=15).map("".join).map(str.encode)
    | st.binary()
    | st.text().map(lambda text: text.encode("utf-8", "replace"))
)
@settings(max_examples=300, deadline=None)
def test_no_source_raises_anything_else(code: bytes) -> None:
    with contextlib.suppress(InputError):
        assert draft(code).contract.apis
