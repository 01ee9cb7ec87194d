"""The customer's phone in a browser: it shows files, and sends what is chosen, dropped or pasted."""

from __future__ import annotations

import ast
import base64
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.channels_app.simulators.apidaze.client import GOOD, send
from tests.channels_app.simulators.apidaze.test_phone import Webhook, webhook
from tests.support.scripted_server import ScriptedServer, http_answer
from tests.support.simulator import Simulator

__all__ = ["webhook"]

pytestmark = pytest.mark.browser


def picture(color: str) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (300, 200), color).save(content, "PNG")
    return content.getvalue()


RED, BLUE = picture("red"), picture("blue")
PNG = http_answer(200, RED, {"Content-Type": "image/png"})

IN_BROWSER = """([name, type, content]) => {
    const data = new DataTransfer();
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], name, { type }));
    window.carried = data;
}"""


@pytest.fixture
def open_phone(simulator: Simulator, webhook: Webhook, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens the page: `open_phone(width=390, color_scheme="dark")`. It must not complain nor ask elsewhere."""
    simulator.set_phone(business_numbers=[GOOD["from"]], customer_numbers=[GOOD["to"]])
    contexts, troubles = [], []

    def open_phone(width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith((simulator.base_url, "blob:")) else troubles.append(asked.url)
            ),
        )
        page.goto(simulator.base_url)
        expect(page.get_by_role("heading", name="+1 410 216 1183")).to_be_visible()
        return page

    yield open_phone
    for context in contexts:
        context.close()
    assert troubles == []


def business_sends(simulator: Simulator, *addresses: str) -> None:
    form = GOOD | {"message_type": "MMS"} | {f"file_urls[{n}]": each for n, each in enumerate(addresses)}
    assert send(simulator, form).status_code == 200


def choose(page: Page, *files: tuple[str, str, bytes]) -> None:
    page.get_by_label("Add files").set_input_files(
        [{"name": name, "mimeType": kind, "buffer": content} for name, kind, content in files]
    )


def carry(page: Page, name: str, kind: str, content: bytes) -> None:
    """Take a file in hand, to drop or paste it."""
    page.evaluate(IN_BROWSER, [name, kind, base64.b64encode(content).decode()])


def arrived(webhook: Webhook) -> dict[str, bytes]:
    """The files of the only message that the webhook got, without the layout."""
    [(_, _, body)] = webhook.got
    files = ast.literal_eval(body["files"])
    return {name: base64.b64decode(text) for name, text in files.items() if not name.endswith(".smil")}


def width_of(page: Page, name: str) -> int:
    """The width in pixels of a picture as the browser has it; 0 while it has not."""
    image = page.get_by_role("img", name=name)
    expect(image).to_be_visible()
    page.wait_for_function("image => image.complete", arg=image.element_handle())
    width: int = image.evaluate("image => image.naturalWidth")
    return width


def test_chosen_files_are_listed_with_their_size_and_can_be_removed(
    open_phone: Callable[..., Page], webhook: Webhook
) -> None:
    page = open_phone()
    choose(page, ("red.png", "image/png", RED), ("big.pdf", "application/pdf", b"x" * 3_000_000))
    choose(page, ("blue.png", "image/png", BLUE))
    tray = page.get_by_role("list", name="Files to send")
    expect(tray.get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_text("3 files, 2.9 MB")).to_be_visible()

    page.get_by_role("button", name="Remove big.pdf").press("Enter")
    expect(page.get_by_text("2 files, ")).to_be_visible()
    expect(page.get_by_role("button", name="Remove blue.png")).to_be_focused()
    page.get_by_role("textbox", name="Message").fill("Two pictures")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Delivered · 200")).to_be_visible()
    assert arrived(webhook) == {"red.png": RED, "blue.png": BLUE}
    assert [width_of(page, name) for name in ("red.png", "blue.png")] == [300, 300]
    expect(tray).to_be_hidden()


def test_a_dropped_and_a_pasted_file_are_sent(open_phone: Callable[..., Page], webhook: Webhook) -> None:
    page = open_phone()
    carry(page, "red.png", "image/png", RED)
    page.evaluate(
        "for (const name of ['dragenter', 'dragover'])"
        " document.body.dispatchEvent(new DragEvent(name, {dataTransfer: carried, bubbles: true}))"
    )
    expect(page.get_by_text("Drop files to send them")).to_be_visible()
    page.evaluate(
        "document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: carried, bubbles: true}))"
    )
    expect(page.get_by_text("Drop files to send them")).to_be_hidden()
    carry(page, "image.png", "image/png", BLUE)
    for _ in range(2):
        page.get_by_role("textbox", name="Message").evaluate(
            "field => field.dispatchEvent(new ClipboardEvent('paste', {clipboardData: carried, bubbles: true}))"
        )
    expect(page.get_by_text("3 files, ")).to_be_visible()
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_text("Delivered · 200")).to_be_visible()
    assert arrived(webhook) == {"red.png": RED, "image.png": BLUE, "image (2).png": BLUE}


def test_files_of_the_business_are_shown_as_what_they_are(
    open_phone: Callable[..., Page], simulator: Simulator
) -> None:
    answers = [
        PNG,
        http_answer(200, b"x" * 2000, {"Content-Type": "text/html"}),
        http_answer(404),
        http_answer(200, b"<html>", {"Content-Type": "image/png"}),
    ]
    with ScriptedServer(*answers) as server:
        page = open_phone()
        names = ("red.png", "page.html", "gone.png", "no-picture.png")
        business_sends(simulator, *[f"{server.url}/f/{name}" for name in names])
        assert width_of(page, "red.png") == 300
        opened = page.get_by_role("link", name="red.png")

        expect(page.get_by_text("text/html · 2 KB")).to_be_visible()
        expect(page.get_by_text("Answered 404")).to_be_visible()
        expect(page.get_by_text("Can't be shown as image/png")).to_be_visible()
        with page.expect_popup() as popup:
            opened.click()
        assert popup.value.locator("img").evaluate("image => image.naturalWidth") == 300
        with page.expect_download() as download:
            page.get_by_role("link", name="page.html").click()
        assert download.value.suggested_filename == "page.html"


def test_a_file_that_is_still_coming_says_so_and_disturbs_no_other(
    open_phone: Callable[..., Page], simulator: Simulator
) -> None:
    go_on = threading.Event()

    def hold(connection: Any) -> None:
        go_on.wait(20)
        connection.sendall(PNG)

    with ScriptedServer(PNG, hold) as server:
        page = open_phone()
        business_sends(simulator, f"{server.url}/first.png", f"{server.url}/second.png")
        expect(page.get_by_text("downloading…")).to_be_visible()
        page.get_by_role("img", name="first.png").evaluate("image => { image.untouched = true; }")
        go_on.set()
        assert width_of(page, "second.png") == 300

    assert page.get_by_role("img", name="first.png").evaluate("image => image.untouched")


def test_what_could_not_be_handed_over_stays_in_the_tray(browser: Browser) -> None:
    with Simulator() as simulator:
        simulator.set_phone(business_numbers=[GOOD["from"]], customer_numbers=[GOOD["to"]])
        page = browser.new_page()
        page.goto(simulator.base_url)
        choose(page, ("red.png", "image/png", RED))
        page.get_by_role("textbox", name="Message").fill("See")
        simulator.stop()
        page.get_by_role("button", name="Send").click()

        expect(page.get_by_text("red.png could not be handed over")).to_be_visible()
        expect(page.get_by_role("button", name="Remove red.png")).to_be_visible()
        expect(page.get_by_role("textbox", name="Message")).to_have_value("See")
        page.close()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_and_everybody_can_use_it(
    open_phone: Callable[..., Page], simulator: Simulator, width: int, color_scheme: str
) -> None:
    song = http_answer(200, b"x", {"Content-Type": "audio/mpeg"})
    with ScriptedServer(PNG, song, http_answer(404)) as server:
        business_sends(simulator, *[f"{server.url}/{name}" for name in ("a.png", "b.mp3", f"{'c' * 80}.png")])
        simulator.write(GOOD["to"], GOOD["from"], "Mine", {"d.png": BLUE, f"{'e' * 80}.pdf": b"%PDF"})
        page = open_phone(width, color_scheme=color_scheme)
        expect(page.get_by_text("Answered 404")).to_be_visible()
    choose(page, ("red.png", "image/png", RED), (f"{'f' * 80}.pdf", "application/pdf", b"x"))

    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("document.getElementById('thread').scrollWidth - thread.clientWidth") == 0
    rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
    found = Axe().run(page, options=rules)
    assert found.violations_count == 0, found.generate_report()
