"""The page of a report in Chromium: nothing of a hostile subject runs, nothing is loaded, all can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.browser import chromium
from tests.unit.checking import sample_records as samples

from hitless.checking.reports.page import render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, report in (("broken", samples.report()), ("kept", samples.conforming()), ("hostile", samples.hostile())):
        (folder / f"{name}.html").write_text(render(report), encoding="utf-8")
    return folder


def opened(browser: Browser, file: Path, **wishes: object) -> tuple[Page, list[str]]:
    """The page, and everything that it did beside being shown."""
    page = browser.new_page(**wishes)  # type: ignore[arg-type]
    done: list[str] = []

    def dialog(one: Dialog) -> None:
        done.append(f"dialog {one.message}")
        one.dismiss()

    page.on("dialog", dialog)
    page.on("console", lambda message: done.append(f"console {message.text}"))
    page.on("pageerror", lambda error: done.append(f"error {error}"))
    page.goto(file.as_uri(), wait_until="load")
    page.on("request", lambda request: done.append(f"request {request.url}"))
    page.reload(wait_until="load")
    done.remove(f"request {file.as_uri()}")
    return page, done


@pytest.mark.parametrize("name", ["broken", "kept", "hostile"])
def test_the_page_does_nothing_but_stand_there(browser: Browser, pages: Path, name: str) -> None:
    page, done = opened(browser, pages / f"{name}.html")
    for fold in page.locator("summary").all():
        fold.click()
    assert done == []
    assert page.locator("script, img, iframe, object, link").count() == 0


def test_even_what_slipped_through_would_not_run(browser: Browser, pages: Path) -> None:
    """The page's own policy, beside the escaping."""
    text = (pages / "kept.html").read_text(encoding="utf-8")
    infected = pages / "infected.html"
    infected.write_text(text.replace("</main>", "<script>document.title='owned'</script></main>"), encoding="utf-8")
    page, _ = opened(browser, infected)
    assert "owned" not in page.title()


def test_hostile_texts_are_text(browser: Browser, pages: Path) -> None:
    page, _ = opened(browser, pages / "hostile.html")
    assert "<script>alert(1)</script><img src=x onerror=alert(2)>" in page.locator("h1").inner_text()


def test_what_is_broken_is_open_and_the_rest_opens_by_keyboard(browser: Browser, pages: Path) -> None:
    page, _ = opened(browser, pages / "broken.html")
    assert page.locator("#HL802 pre").first.is_visible()
    folded = page.locator("#HL803")
    assert not folded.locator("dl").is_visible()
    folded.locator("summary").focus()
    page.keyboard.press("Enter")
    assert folded.locator("dl").is_visible()


def test_the_drain_is_drawn(browser: Browser, pages: Path) -> None:
    page, _ = opened(browser, pages / "broken.html")
    picture = page.locator("figure > svg").first
    box = picture.bounding_box()
    assert box is not None
    assert box["width"] > 600
    assert box["height"] > 100
    assert "855" not in (picture.get_attribute("aria-label") or "")
    assert "427 failed" in (picture.get_attribute("aria-label") or "")
    assert page.locator("path.failed title").count() > 800
    assert page.get_by_text("90 s: it has left").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_the_ground(browser: Browser, pages: Path, scheme: str) -> None:
    """WCAG 2.1, 1.4.3: a contrast of 4.5 to 1."""
    page, _ = opened(browser, pages / "broken.html", color_scheme=scheme)
    worst = page.evaluate(
        """() => {
          const rgb = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
          const light = text => rgb(text).map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const ground = element => {
            for (; element; element = element.parentElement) {
              const colour = getComputedStyle(element).backgroundColor;
              if (!/, 0\\)$/.test(colour)) return colour;
            }
            return "rgb(255, 255, 255)";
          };
          let worst = ["", 21];
          for (const element of document.querySelectorAll("h1,h2,h3,p,a,li,td,th,dt,dd,pre,figcaption,svg text")) {
            const style = getComputedStyle(element);
            const [a, b] = [light(element instanceof SVGElement ? style.fill : style.color), light(ground(element))];
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (contrast < worst[1]) worst = [element.outerHTML.slice(0, 80), contrast];
          }
          return worst;
        }"""
    )
    assert worst[1] >= 4.5, worst


def test_a_telephone_needs_no_sideways_scrolling(browser: Browser, pages: Path) -> None:
    page, _ = opened(browser, pages / "hostile.html", viewport={"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_folded_parts_are_printed(browser: Browser, pages: Path) -> None:
    page, _ = opened(browser, pages / "broken.html")
    page.emulate_media(media="print")
    box = page.locator("#HL803 dl").bounding_box()
    assert box is not None
    assert box["height"] > 10
