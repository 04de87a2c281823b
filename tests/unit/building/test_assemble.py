"""Which layers are made, found again or taken from a registry, and what is fetched for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from hitless.building.assemble import Made, Reuse, make_layers, no_reuse
from hitless.building.cache import LayerCache
from hitless.building.plan import LayerPlan
from hitless.building.wheels import Wheel
from hitless.errors import InputError, Problem
from hitless.images.packing import plain
from hitless.images.tarball import of_bytes

ONE, TWO = (Wheel(name, "1", f"{name}-1-py3-none-any.whl", 1, name[0] * 64) for name in ("a", "b"))


def plan(name: str, *wheels: Wheel, is_kept: bool = True) -> LayerPlan:
    return LayerPlan(name, f"key-{name}", plain(), lambda _: [of_bytes(name, name.encode())], wheels, is_kept)


class Build:
    """`fetched` and `begun` as the builder hears of them."""

    def __init__(self, folder: Path) -> None:
        self.cache = LayerCache(folder)
        self.fetched: list[Sequence[Wheel]] = []
        self.begun: list[str] = []

    def make(self, *plans: LayerPlan, reuse: Reuse = no_reuse) -> list[Made]:
        self.fetched.clear()
        self.begun.clear()
        return make_layers(plans, self.cache, reuse, self.fetched.append, self.begun.append, docker=False)


PLANS = (plan("first", ONE), plan("second", ONE, TWO), plan("weights", is_kept=False), plan("last"))


def test_the_layers_come_in_order_and_wheels_are_fetched_once(tmp_path: Path) -> None:
    build = Build(tmp_path)
    made = build.make(*PLANS)
    assert [(one.name, one.origin) for one in made] == [(one.name, "made") for one in PLANS]
    assert build.fetched == [[ONE, TWO]]
    assert sorted(build.begun) == sorted(one.name for one in PLANS)


def test_what_was_made_is_found_again_and_nothing_is_fetched_for_it(tmp_path: Path) -> None:
    build = Build(tmp_path)
    before = build.make(*PLANS)
    after = build.make(*PLANS[:-1], plan("other"))
    assert [one.origin for one in after] == ["cache", "cache", "cache", "made"]
    assert [one.layer.diff_id for one in after[:-1]] == [one.layer.diff_id for one in before[:-1]]
    assert (build.fetched, build.begun) == ([], ["other"])


def test_what_a_registry_has_is_taken_from_there(tmp_path: Path) -> None:
    [there] = Build(tmp_path / "theirs").make(PLANS[1])
    known = {PLANS[1].key: (there.layer, 7)}
    build = Build(tmp_path / "ours")
    made = build.make(*PLANS, reuse=known.get)
    assert [one.origin for one in made] == ["made", "registry", "made", "made"]
    assert (made[1].layer, made[1].unpacked) == (there.layer, 7)
    assert build.fetched == [[ONE]]


def test_a_layer_that_cannot_be_made_ends_the_build(tmp_path: Path) -> None:
    def broken(_: object) -> list[object]:
        raise InputError([Problem("BUILD-4", "broken", "mend it")])

    with pytest.raises(InputError):
        Build(tmp_path).make(*PLANS, LayerPlan("broken", "key", plain(), broken))  # type: ignore[arg-type]
