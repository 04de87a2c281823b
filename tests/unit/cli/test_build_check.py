"""The static check that ends a build: what it says of an image, and what it does without."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from tests.specimens.images import specimen
from tests.unit.images.listings_kept import unopened

from hitless.building.assemble import Made
from hitless.building.base import BaseFacts
from hitless.building.builder import Built, Order
from hitless.building.listings import ListingCache
from hitless.building.recipe import Recipe
from hitless.building.target import Target
from hitless.checking.report import Conclusion, Report
from hitless.checking.rule import Purpose
from hitless.checking.verdict import Outcome
from hitless.cli.build_check import checked, edition, judged, show
from hitless.errors import InputError
from hitless.images.flattening import flatten
from hitless.images.image import Image
from hitless.images.layer import Layer
from hitless.spec.config import parse
from hitless.spec.contract import Contract

CONFIG = {
    "model_algorithm": "image_classification", "model_type": "Image",
    "apis": [{"url": "/", "method": "post", "response": {"Content-type": "application/json", "data": {}}}],
    "health": {"check_method": "HTTP", "url": "/health", "failure_threshold": "3"},
}  # fmt: skip


def contract() -> Contract:
    found = parse(json.dumps(CONFIG).encode()).contract
    assert found is not None
    return found


def order_of(folder: Path, image: Image, *, batch: bool = False) -> Order:
    return Order(folder, contract(), Recipe(batch=batch), image, "", "the base", folder / "cache")


def built_of(image: Image, *made: Made) -> Built:
    facts = BaseFacts(Target(image.platform, (3, 11), "glibc", (2, 36)), "/usr/bin/python3")
    return Built(image, made, facts, (), 1.0)


def report_of(folder: Path, image: Image, *made: Made, batch: bool = False, profile: str = "2024-09") -> Report:
    return judged(order_of(folder, image, batch=batch), built_of(image, *made), "image", edition(profile))


def failures(report: Report) -> list[str]:
    return [one.rule.id for one in report.judged if one.counts_against and one.level == "must"]


def test_a_good_image_of_listed_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = specimen(config=CONFIG)
    flatten(image, listings=ListingCache(tmp_path / "cache"))
    report = report_of(tmp_path, unopened(image))
    assert (failures(report), report.counts[Outcome.UNPROVEN], report.counts[Outcome.ERROR]) == ([], 0, 0)
    assert report.purpose is Purpose.HITLESS
    assert checked(order_of(tmp_path, image), built_of(unopened(image)), "image", edition("2024-09"))
    said = capsys.readouterr().out
    assert f"checked: {report.counts[Outcome.PASSED]} rules passed" in said
    assert "not scanned for safety and not run: `hitless check` does both" in said


def test_an_image_that_is_too_large(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By its listing, as no test has so many bytes."""
    image, known = specimen(config=CONFIG), ListingCache(tmp_path / "cache")
    flatten(image, listings=known)
    top = image.layers[-1].diff_id
    listing = known.find(top)
    assert listing is not None
    large = msgspec.structs.replace(listing.members[-1], path="weights.bin", size=60_000_000_000)
    known.keep(top, msgspec.structs.replace(listing, members=(*listing.members, large)))
    report = report_of(tmp_path, unopened(image))
    assert failures(report) == ["HL101"]
    assert not checked(order_of(tmp_path, image), built_of(unopened(image)), "image", edition("2024-09"))
    said = capsys.readouterr().out
    assert "1 failed" in said
    assert "✗ HL101  The image is at most as large as its edition allows" in said
    assert "60,0" in said


def test_a_batch_service_is_judged_as_one(tmp_path: Path) -> None:
    report = report_of(tmp_path, specimen(config=CONFIG), batch=True)
    assert report.purpose is Purpose.BATCH
    assert failures(report) == ["HL304"], "no java, zip and unzip"


def test_an_edition_of_the_users_choice(tmp_path: Path) -> None:
    image = specimen(config={**CONFIG, "port": 9000}, ports=[9000])
    assert failures(report_of(tmp_path, image, profile="intl-2023")) == ["HL205"]
    with pytest.raises(InputError, match="CHK-9"):
        edition("none")


def away(layer: Layer, size: int) -> Made:
    """A layer that a registry has."""
    far = replace(layer, blob=replace(layer.blob, descriptor=msgspec.structs.replace(layer.descriptor, size=size)))
    return Made("numpy", far, size, "registry", 0.0)


def test_large_layers_are_not_fetched_to_be_looked_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = specimen(config=CONFIG)
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    large = away(image.layers[-1], 9_000_000)
    report = report_of(tmp_path, unopened(image), large)
    assert failures(report) == []
    assert report.conclusion is Conclusion.UNDECIDED
    assert report.counts[Outcome.PASSED] > 10, "what the image and its config.json say is judged"
    show(report)
    assert "layers that the registry has were not fetched: numpy" in capsys.readouterr().out
    small = report_of(tmp_path, image, away(image.layers[-1], 1_000))
    assert small.counts[Outcome.UNPROVEN] == 0
    again = report_of(tmp_path, unopened(image), large)
    assert again.counts[Outcome.UNPROVEN] == 0, "its listing is known by now"
