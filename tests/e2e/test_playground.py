"""The playground in Chromium, against real servers: what one can do with it, and that it talks to its server only."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.e2e.browser import chromium
from tests.e2e.serving_process import ServingProcess, write_package

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EXAMPLE = Path(__file__).parents[2] / "examples" / "mnist"
JSON, FORM, EVENTS, SVG = "application/json", "multipart/form-data", "text/event-stream", "image/svg+xml"
SEVEN = ((70, 70), (130, 68), (205, 70), (190, 110), (165, 150), (145, 190), (128, 235))  # of 280 pixels
REFUSED = "Failed to load resource: the server responded with a status of"  # how Chromium logs an answer ≥ 400
HOSTILE = "</script><img src=x onerror=hacked()>"


class Opened:
    """A page, and what it did: console messages that are complaints, and the addresses that it asked for."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.set_default_timeout(20_000)
        page.goto(f"{url}/playground")
        page.locator("#health[data-health=well]").wait_for()

    def send(self) -> None:
        self.page.locator("button.primary:visible").click()

    def shows(self, text: str) -> None:
        """Wait until the large value is this one."""
        self.page.locator(".headline-text:visible", has_text=text).wait_for()

    def draw(self, points: Sequence[tuple[int, int]] = SEVEN) -> None:
        box = self.page.locator("canvas.pad").bounding_box()
        assert box is not None
        places = [(box["x"] + x * box["width"] / 280, box["y"] + y * box["height"] / 280) for x, y in points]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=5)
        self.page.mouse.up()

    def text(self, selector: str) -> str:
        return self.page.locator(f"{selector}:visible").inner_text()

    def close(self, url: str) -> None:
        """Nothing was asked of others, nothing was complained of but refusals, which tests provoke."""
        self.page.context.close()
        assert [address for address in self.asked if not address.startswith((url, "data:", "blob:"))] == []
        assert [text for text in self.complaints if not text.startswith(REFUSED)] == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def mnist() -> Iterator[ServingProcess]:
    pytest.importorskip("onnxruntime", reason="the example needs onnxruntime")
    with ServingProcess(EXAMPLE, "--playground") as server:
        yield server


@pytest.fixture
def opened(browser: Browser, mnist: ServingProcess) -> Iterator[Opened]:
    found = Opened(browser.new_context().new_page(), mnist.url)
    yield found
    found.close(mnist.url)


# The example of the specification


def test_a_seven_is_recognised_while_it_is_drawn(opened: Opened) -> None:
    opened.draw()
    opened.shows("7")
    assert opened.text(".headline-label") == "mnist result"
    assert opened.text(".curl-line").endswith("-F images=@drawing.png")
    assert REFUSED not in "".join(opened.complaints)


def test_a_drawing_goes_into_the_history_when_it_is_cleared(opened: Opened) -> None:
    opened.draw()
    opened.shows("7")
    opened.page.get_by_role("button", name="Clear", exact=True).click()
    opened.page.locator(".ghost:visible").wait_for()
    opened.page.locator(".past").click()
    opened.shows("7")


def test_a_stroke_is_taken_back(opened: Opened) -> None:
    opened.draw()
    opened.page.get_by_role("button", name="Undo").click()
    assert opened.page.get_by_role("button", name="Clear", exact=True).is_disabled()


def test_the_example_answers_as_expected(opened: Opened) -> None:
    opened.page.get_by_role("button", name="Try the example").click()
    opened.shows("7")
    assert opened.text(".chip.met") == "as expected"
    assert opened.text(".chip.status") == "200 OK"
    assert opened.text(".chosen .name") == "seven.jpg"
    assert opened.text("pre.code") == '{"mnist_result": 7}'
    assert opened.text(".answer footer code") != ""
    assert opened.text(".past-value") == "7"


def test_a_file_is_chosen(opened: Opened) -> None:
    opened.page.get_by_role("button", name="File", exact=True).click()
    with opened.page.expect_file_chooser() as chooser:
        opened.page.locator("label.drop").click()
    chooser.value.set_files(EXAMPLE / "seven.jpg")
    opened.send()
    opened.shows("7")


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_file_is_given_by_hand(opened: Opened, kind: str) -> None:
    data = base64.b64encode((EXAMPLE / "seven.jpg").read_bytes()).decode()
    script = """([kind, data]) => {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], "given.jpg", { type: "image/jpeg" }));
        const options = { bubbles: true, cancelable: true, dataTransfer: transfer, clipboardData: transfer };
        const event = kind === "drop" ? new DragEvent("drop", options) : new ClipboardEvent("paste", options);
        return !document.querySelector("main").dispatchEvent(event);
    }"""
    assert opened.page.evaluate(script, [kind, data]) is True  # the browser is kept from opening the file
    assert opened.text(".chosen .name") == "given.jpg"
    opened.send()
    opened.shows("7")


def test_a_broken_file_is_refused_kindly(opened: Opened) -> None:
    opened.page.get_by_role("button", name="File", exact=True).click()
    broken = {"name": "broken.png", "mimeType": "image/png", "buffer": b"\x89PNG no more"}
    opened.page.locator("input[type=file]").set_input_files(broken)  # type: ignore[arg-type]
    opened.send()
    assert "That does not fit" in opened.text(".trouble h3")
    assert "picture" in opened.text(".trouble p")
    assert opened.text(".chip.status").startswith("422")


def test_what_is_missing_is_named_at_its_field(opened: Opened) -> None:
    opened.send()
    opened.page.locator(".trouble:visible").wait_for()
    assert opened.text(".faults dt") == "images"
    assert "images" in opened.text(".fault")


def test_the_curl_line_of_the_example_works(opened: Opened) -> None:
    line = opened.text(".curl-line")
    assert line.startswith("curl -X POST http://127.0.0.1:")
    done = subprocess.run(["sh", "-c", f"{line} -sS"], capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(done.stdout) == {"mnist_result": 7}


def test_the_drawing_can_be_saved_for_curl(opened: Opened, tmp_path: Path) -> None:
    opened.draw()
    with opened.page.expect_download() as download:
        opened.page.get_by_role("button", name="Save PNG").click()
    download.value.save_as(tmp_path / download.value.suggested_filename)
    line = f"{opened.text('.curl-line')} -sS"
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(done.stdout) == {"mnist_result": 7}


def test_the_keyboard_is_enough(opened: Opened) -> None:
    page = opened.page
    example = page.get_by_role("button", name="Try the example")
    for _ in range(30):
        page.keyboard.press("Tab")
        if example.evaluate("button => button === document.activeElement"):
            break
    outline = example.evaluate("button => getComputedStyle(button).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    opened.shows("7")
    page.keyboard.press("Control+Enter")
    page.locator(".past").nth(1).wait_for()


def test_every_control_has_a_name(opened: Opened) -> None:
    script = """() => [...document.querySelectorAll("button, input, textarea, select, canvas, a")].filter((control) => {
        const labels = [...(control.labels ?? [])].map((label) => label.textContent).join("");
        return !(control.getAttribute("aria-label") || labels || control.textContent).trim();
    }).map((control) => control.outerHTML)"""
    assert opened.page.evaluate(script) == []


@pytest.mark.parametrize("width", [320, 1200])
def test_it_fits_the_screen(browser: Browser, mnist: ServingProcess, width: int) -> None:
    touch = width < 800
    context = browser.new_context(viewport={"width": width, "height": 800}, has_touch=touch, is_mobile=touch)
    found = Opened(context.new_page(), mnist.url)
    found.draw()
    found.shows("7")
    found.send()
    found.page.locator(".past").wait_for()
    assert found.page.evaluate("document.documentElement.scrollWidth") <= width
    assert found.page.locator(".pad-answer").is_visible() is touch
    found.close(mnist.url)


def test_light_and_dark(browser: Browser, mnist: ServingProcess) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme="light" if scheme == "light" else "dark", reduced_motion="reduce")
        found = Opened(context.new_page(), mnist.url)
        grounds.append(found.page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert found.page.evaluate("getComputedStyle(document.querySelector('.health i')).animationName") == "none"
        found.close(mnist.url)
    assert grounds[0] != grounds[1]


def test_its_links_lead_somewhere(opened: Opened, mnist: ServingProcess) -> None:
    targets = opened.page.locator("footer.bottom a").evaluate_all("links => links.map((link) => link.href)")
    assert [httpx.get(target).status_code for target in targets] == [200, 200]
    assert httpx.get(mnist.url).headers["location"] == "/playground"


# Health


def test_the_pill_follows_the_server(browser: Browser) -> None:
    with ServingProcess(EXAMPLE, "--playground", "--linger", "3") as server:
        found = Opened(browser.new_context().new_page(), server.url)
        assert found.text("#health") == "Ready"
        server.signal(signal.SIGTERM)
        found.page.locator("#health[data-health=changing]", has_text="Leaving").wait_for()
        found.page.locator("#health[data-health=gone]", has_text="Not reachable").wait_for()
        found.send()
        assert found.text(".trouble h3") == "The server does not answer"
        found.page.context.close()


# Other contracts


def body(kind: str, properties: Mapping[str, Any], *required: str) -> Mapping[str, Any]:
    return {"Content-type": kind, "data": {"type": "object", "properties": properties, "required": list(required)}}


ROWS = {"type": "array", "items": [{"type": "object", "properties": {"width": {"type": "number"}}}]}
APIS = [
    {
        "url": "/classify",
        "request": body(
            JSON, {"text": {"type": "string"}, "top": {"type": "integer", "minimum": 1, "default": 2}}, "text"
        ),
        "response": body(JSON, {}),
    },
    {"url": "/rows", "request": body(JSON, {"data": ROWS}, "data"), "response": body(JSON, {})},
    {"url": "/add", "method": "get"},
    {"url": "/endless", "request": body(JSON, {}), "response": body(EVENTS, {"n": {"type": "integer"}})},
    {
        "url": "/picture",
        "request": body(FORM, {"file": {"type": "file"}}),
        "response": {"Content-type": SVG},
    },
    {"url": "/page", "method": "get", "response": {"Content-type": "text/html"}},
    {"url": "/hostile", "request": body(JSON, {HOSTILE: {"type": "string"}}), "response": body(JSON, {})},
    {"url": "/open", "request": body(FORM, {}), "response": body(JSON, {})},
]
MODEL = f"""
import asyncio
import itertools

HOSTILE = {HOSTILE!r}


class Model:
    def classify(self, text: str, top: int = 2):
        return {{"predicted_label": "rose", "scores": [["rose", 0.75], ["tulip", 0.25]][:top], "id": 2**63}}

    def rows(self, data: list):
        return {{"rows": len(data)}}

    def add(self):
        return 42

    async def endless(self, **fields):
        for n in itertools.count():
            yield {{"n": n}}
            await asyncio.sleep(0.1)

    def picture(self, file: bytes):
        return file

    def page(self):
        return "<script>hacked()</script>" + HOSTILE

    def hostile(self, **fields):
        return {{HOSTILE: HOSTILE}}

    def open(self, **fields):
        return sorted(fields)
"""
SETTINGS = """
[[example]]
url = "/classify"
json = { text = "it's red", top = 1 }
answer = { predicted_label = "tulip" }
"""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingProcess]:
    config = {"model_algorithm": "predict_analysis", "model_type": "Image", "apis": APIS}
    folder = tmp_path_factory.mktemp("package") / "<img src=x onerror=hacked()>"
    with ServingProcess(write_package(folder, config, MODEL, SETTINGS), "--playground") as server:
        yield server


@pytest.fixture
def app(browser: Browser, other: ServingProcess) -> Iterator[Opened]:
    context = browser.new_context()
    context.add_init_script("window.hackedBy = 0; window.hacked = () => { window.hackedBy += 1; }")
    found = Opened(context.new_page(), other.url)
    yield found
    assert found.page.evaluate("window.hackedBy") == 0
    assert found.page.locator("img[src=x]").count() == 0
    found.close(other.url)


def choose(app: Opened, url: str) -> None:
    app.page.get_by_role("tab", name=url).click()


def test_a_json_api_by_its_fields(app: Opened) -> None:
    app.page.get_by_label("text").fill("roses are red")
    assert app.page.get_by_label("top").input_value() == "2"
    app.send()
    app.shows("rose")
    assert app.page.locator(".bar-name:visible").all_inner_texts() == ["rose", "tulip"]
    assert str(2**63) in app.text("pre.code")  # as the server wrote it


def test_a_json_api_by_its_text(app: Opened) -> None:
    app.page.get_by_label("text").fill("roses")
    app.page.get_by_role("button", name="JSON", exact=True).click()
    editor = app.page.locator("textarea.code:visible")
    assert json.loads(editor.input_value()) == {"text": "roses", "top": 2}
    editor.fill('{"text": "a",\n "top": 1,}')
    assert app.text(".verdict") == "Line 2, column 11: a comma too many before }"
    editor.fill('{"text": "b", "top": 1}')
    assert app.page.locator(".verdict").first.inner_text() == ""
    app.send()
    app.shows("rose")
    app.page.get_by_role("button", name="Fields", exact=True).click()
    assert app.page.get_by_label("text").input_value() == "b"


def test_fields_that_do_not_fit_are_named(app: Opened) -> None:
    app.page.get_by_label("top").fill("0")
    app.send()
    app.page.locator(".trouble:visible").wait_for()
    assert app.page.locator(".faults dt").all_inner_texts() == ["text", "top"]
    assert app.page.locator(".field.wrong .label").all_inner_texts() == ["text\nrequired", "top"]
    assert app.page.get_by_label("top").get_attribute("aria-invalid") == "true"


def test_an_example_whose_answer_differs(app: Opened) -> None:
    app.page.get_by_role("button", name="Try the example").click()
    assert app.text(".chip.unmet") == "not as expected"


def test_the_curl_line_is_quoted_for_a_shell(app: Opened) -> None:
    app.page.get_by_label("text").fill("it's $HOME \\ `id`")
    app.page.get_by_label("top").fill("1")
    line = f"{app.text('.curl-line')} -sS"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(done.stdout)["predicted_label"] == "rose"


def test_nested_json_starts_with_a_skeleton(app: Opened) -> None:
    choose(app, "/rows")
    assert json.loads(app.page.locator("textarea.code:visible").input_value()) == {"data": [{"width": 0}]}
    app.send()
    app.shows("1")


def test_an_api_that_takes_nothing(app: Opened) -> None:
    choose(app, "/add")
    assert app.text(".curl-line").startswith("curl -X GET http://")
    app.send()
    app.shows("42")


def test_events_are_shown_as_they_come(app: Opened) -> None:
    choose(app, "/endless")
    app.send()
    app.page.locator(".events li").nth(1).wait_for()
    assert app.text(".chip.streaming") == "streaming"
    app.page.get_by_role("button", name="Stop").click()
    app.page.locator(".trouble:visible", has_text="Stopped").wait_for()


def test_a_picture_is_shown_as_one(app: Opened) -> None:
    choose(app, "/picture")
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="50" height="40" onload="hacked()"><circle r="9"/></svg>'
    picture = {"name": "a.svg", "mimeType": SVG, "buffer": svg}
    app.page.locator("input[type=file]:visible").set_input_files(picture)  # type: ignore[arg-type]
    app.send()
    shown = app.page.locator("img.picture:visible")
    assert shown.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 50


def test_a_page_is_shown_as_text(app: Opened) -> None:
    choose(app, "/page")
    app.send()
    app.page.locator("pre.code:visible").wait_for()
    assert app.text("pre.code") == "<script>hacked()</script>" + HOSTILE


def test_hostile_names_are_names(app: Opened) -> None:
    assert app.text("#title") == "<img src=x onerror=hacked()>"
    choose(app, "/hostile")
    app.page.get_by_label(HOSTILE).fill(HOSTILE)
    app.send()
    app.shows(HOSTILE)
    assert app.text(".headline-label") == HOSTILE.replace("_", " ")
    assert app.page.title().startswith("<img")


def test_a_form_without_names(app: Opened) -> None:
    choose(app, "/open")
    app.page.get_by_label("Name").fill("a name")
    app.page.get_by_label("Value").fill("@value;type=x")
    assert app.text(".curl-line").endswith("--form-string 'a name=@value;type=x'")
    app.send()
    app.page.locator("pre.code:visible").wait_for()
    assert app.text("pre.code") == '["a name"]'


def test_tabs_answer_to_arrow_keys(app: Opened) -> None:
    app.page.get_by_role("tab", name="/classify").focus()
    app.page.keyboard.press("ArrowRight")
    assert app.page.get_by_role("tab", name="/rows").get_attribute("aria-selected") == "true"
    app.page.keyboard.press("ArrowLeft")
    app.page.keyboard.press("ArrowLeft")
    assert app.page.get_by_role("tab", name="/open").get_attribute("aria-selected") == "true"
