"""The reference page is what the code says, and its examples do what it says of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.unit.spec.samples import MINIMAL, severity

from hitless.spec.catalogue import GROUPS, KINDS, MODULES, page
from hitless.spec.config import parse
from hitless.spec.kinds import Kind
from hitless.spec.profiles import PROFILES

PAGE = Path(__file__).parents[3] / "docs/reference/config-problems.md"
WITH_EXAMPLES = [kind for kind in KINDS.values() if kind.bad is not None]


def laid_over(example: str) -> str:
    """An example as the page describes it: laid over a minimal config.json, or a whole one."""
    if {"model_algorithm", "model_type"} <= set(re.findall(r'"(\w+)":', example)):
        return example
    below = {key: value for key, value in MINIMAL.items() if not re.search(rf"[{{,] ?[\"']{key}[\"']\s*:", example)}
    return json.dumps(below)[:-1] + ", " + example[1:]


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m hitless.spec.catalogue > " + PAGE.name


@pytest.mark.parametrize("kind", WITH_EXAMPLES, ids=lambda kind: kind.id)
@pytest.mark.parametrize("strict", [False, True], ids=["tolerant", "strict"])
def test_the_bad_example_has_the_problem_and_the_good_one_has_not(kind: Kind, strict: bool) -> None:
    assert kind.bad is not None
    assert kind.good is not None
    profile = PROFILES[kind.profile]
    bad = parse(laid_over(kind.bad), profile=profile, strict=strict)
    good = parse(laid_over(kind.good), profile=profile, strict=strict)
    assert severity(bad, kind.id) is kind.weight.severity(strict=strict)
    assert severity(good, kind.id) is None


@pytest.mark.parametrize("kind", WITH_EXAMPLES, ids=lambda kind: kind.id)
def test_the_good_example_is_read_without_error(kind: Kind) -> None:
    assert kind.good is not None
    assert parse(laid_over(kind.good), profile=PROFILES[kind.profile]).errors == ()


def test_ids_are_distinct_and_in_a_group() -> None:
    defined = [kind for module in MODULES for kind in vars(module).values() if isinstance(kind, Kind)]
    by_id = {kind.id: kind for kind in defined}
    assert all(by_id[kind.id] is kind for kind in defined), "two kinds share an id"
    assert all(re.fullmatch(r"CFG-\d{3}", problem_id) and problem_id[:5] in GROUPS for problem_id in by_id)
    assert list(KINDS) == sorted(by_id)


def test_ids_that_were_published_stay() -> None:
    """An id is permanent: a kind may be added, and its text may change, but none may go."""
    published = """
        101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 201 202 203 204 205
        301 302 303 304 305 306 307 308 309 310 311 312 313 314 315
        401 402 403 404 405 406 407 408 409 410 411 412 413 414
        501 502 503 504 505 506 507 508 509 510 511
        601 602 603 604 605 606 607 608 609 610 611 612
        701 702 703 704 705 706 707 708 709 801 901 902 903 904 905
    """
    assert {f"CFG-{number}" for number in published.split()} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_texts_are_complete(kind: Kind) -> None:
    assert kind.why.endswith(".")
    assert kind.title[0].islower() or kind.title.startswith(("`", "JSON"))
    assert not kind.title.endswith(".")
    assert (kind.bad is None) == (kind.good is None)
