"""Files both ways, with real processes and a real browser: chosen, dropped, pasted, cancelled, sent, seen."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.support import shared
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.once]
CUSTOMER = "305-767-3260"  # as the list shows who the phone is at first
SLOW = 60  # kilobytes a second: an upload of a few hundred takes long enough to be looked at


def picture(colour: str, kind: str = "JPEG") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(made, kind)
    return made.getvalue()


def noise(kilobytes: int) -> bytes:
    """A JPEG in name and beginning, of so many kilobytes."""
    return picture("grey") + bytes(kilobytes * 1024)


def chosen(name: str, content: bytes, kind: str = "image/jpeg") -> dict[str, object]:
    return {"name": name, "mimeType": kind, "buffer": content}


@pytest.fixture
def stack() -> Stack:
    return shared.stack()


@pytest.fixture
def phone(stack: Stack, browser: Browser) -> Iterator[Page]:
    """The customer's."""
    page = browser.new_page()
    page.goto(stack.urls.simulator)
    yield page
    page.close()


@pytest.fixture
def anna(stack: Stack, browser: Browser, phone: Page) -> Iterator[Page]:
    """Anna's inbox, with the customer's session open before her and hers."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{stack.urls.web}/")
    page.get_by_label("Login name").fill("1001")
    page.get_by_label("Password").fill(stack.sign_in["1001"])
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{stack.urls.inbox}?tab=mine")
    session = page.locator("[data-row]", has_text=CUSTOMER)
    if not session.count():
        phone.get_by_role("textbox", name=re.compile("message|text", re.I)).fill("Hello")
        phone.keyboard.press("Enter")
        page.goto(f"{stack.urls.inbox}?tab=queue")
        session.first.click()
        page.get_by_role("button", name="Pick up").click()
    else:
        session.first.click()
    expect(page.locator("#attach")).to_be_visible()
    # An upload that is cancelled when the server has just all of it can come back after a reload.
    for button in page.locator("#drafts [data-remove]").all():
        with page.expect_response(re.compile("/remove/")):
            button.click()
    yield page
    context.close()


@pytest.fixture
def slowly(anna: Page) -> Callable[[int], None]:
    """Sets how many kilobytes a second Anna's browser uploads; 0 is as fast as it can."""
    connection = anna.context.new_cdp_session(anna)
    connection.send("Network.enable")

    def throttle(kilobytes: int) -> None:
        connection.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": 0,
                "downloadThroughput": -1,
                "uploadThroughput": kilobytes * 1024 or -1,
            },
        )

    return throttle


def choose(page: Page, *files: dict[str, object]) -> None:
    page.set_input_files("#choose", list(files))  # type: ignore[arg-type]


def carry(page: Page, event: str, name: str, content: bytes) -> None:
    """Drops a file onto the conversation, or pastes it into the box."""
    page.evaluate(
        """([event, name, content]) => {
            const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], name, { type: "image/jpeg" }));
            const options = { bubbles: true, cancelable: true };
            const made = event === "paste"
              ? new ClipboardEvent("paste", { ...options, clipboardData: data })
              : new DragEvent(event, { ...options, dataTransfer: data });
            document.getElementById("text").dispatchEvent(made);
        }""",
        [event, name, base64.b64encode(content).decode()],
    )


def test_a_picture_goes_each_way_and_is_seen_on_the_other_side(stack, anna, phone):
    from_customer, from_agent = picture("teal"), picture("tomato")
    phone.set_input_files("input[type=file]", [chosen("delivered.jpg", from_customer)])  # type: ignore[list-item]
    phone.get_by_role("textbox", name=re.compile("message|text", re.I)).fill("Look")
    phone.keyboard.press("Enter")

    seen = anna.locator(".message.in img[alt='delivered.jpg']")
    expect(seen).to_be_visible(timeout=20_000)
    seen.scroll_into_view_if_needed()
    anna.wait_for_function("(picture) => picture.naturalWidth > 0", arg=seen.element_handle())
    address = anna.locator(".message.in a.file", has_text="delivered.jpg").get_attribute("href")
    assert anna.request.get(f"{stack.urls.web}{address}").body() == from_customer

    choose(anna, chosen("your parcel.jpg", from_agent))
    expect(anna.locator("#drafts [name=files]")).to_have_count(1)
    anna.locator("#text").fill("Here it is")
    anna.keyboard.press("Enter")

    sent = anna.locator(".message.out", has_text="your parcel.jpg")
    expect(sent).to_contain_text("Sent", timeout=15_000)
    expect(anna.locator("#drafts > li")).to_have_count(0)
    shown = phone.locator("img[alt*='your parcel.jpg']")
    expect(shown).to_be_visible(timeout=15_000)
    phone.wait_for_function("(picture) => picture.naturalWidth === 640", arg=shown.element_handle())
    body = phone.request.get(f"{stack.urls.simulator}{shown.get_attribute('src')}").body()
    assert hashlib.sha256(body).hexdigest() == hashlib.sha256(from_agent).hexdigest()
    expect(sent.locator("img")).to_be_visible(timeout=20_000)


def test_a_message_waits_for_its_files_and_leaves_by_itself(anna, slowly):
    slowly(SLOW)
    choose(anna, chosen("large.jpg", noise(200)), chosen("second.jpg", picture("navy")))
    expect(anna.locator("#drafts progress").first).to_be_visible()
    anna.locator("#text").fill("Two pictures")
    anna.keyboard.press("Enter")

    expect(anna.locator("#files-notice")).to_contain_text("as soon as its files are uploaded")
    expect(anna.locator(".message.out", has_text="Two pictures")).to_have_count(0)
    expect(anna.locator("#text")).not_to_be_editable()

    sent = anna.locator(".message.out", has_text="Two pictures")
    expect(sent).to_contain_text("large.jpg", timeout=20_000)
    expect(sent).to_contain_text("second.jpg")
    expect(anna.locator("#text")).to_have_value("")


def test_a_message_that_waited_while_one_was_elsewhere_is_not_lost_without_a_word(anna, slowly, phone):
    phone.request.post(
        phone.url.rstrip("/") + "/control/phone/send",
        data={"from": "13057673299", "to": "14102161183", "text": "Another customer"},
    )
    slowly(SLOW)
    choose(anna, chosen("large.jpg", noise(200)))
    anna.locator("#text").fill("With a picture")
    anna.keyboard.press("Enter")
    anna.get_by_role("link", name="Queue").click()
    anna.locator("[data-row]", has_text="Another customer").click()
    expect(anna.get_by_role("heading", name="767-3299")).to_be_visible()
    anna.get_by_role("link", name="Mine").click()
    anna.locator("[data-row]", has_text="767-3260").click()

    expect(anna.locator("#files-notice")).to_contain_text("was not sent")
    expect(anna.locator("#text")).to_have_value("With a picture")
    expect(anna.locator("#drafts [name=files]")).to_have_count(1, timeout=20_000)
    anna.get_by_role("button", name="Send", exact=True).click()
    expect(anna.locator(".message.out", has_text="With a picture")).to_contain_text("large.jpg")
    expect(anna.locator("#files-notice")).to_be_hidden()


def test_sending_can_be_put_off_while_files_come_in(anna, slowly):
    slowly(SLOW)
    choose(anna, chosen("large.jpg", noise(100)))
    anna.locator("#text").fill("Not this")
    anna.keyboard.press("Enter")
    anna.get_by_role("button", name="Don't send yet").click()
    anna.locator("#text").fill("But this")

    expect(anna.locator("#drafts [name=files]")).to_have_count(1, timeout=20_000)
    expect(anna.locator(".message.out", has_text="Not this")).to_have_count(0)
    anna.locator("#text").press("Enter")
    expect(anna.locator(".message.out", has_text="But this")).to_contain_text("large.jpg")


def test_a_conversation_with_pictures_opens_at_its_end_and_stays_there(anna, phone):
    at_end = """() => {
        const place = document.getElementById("place");
        return place.scrollHeight - place.scrollTop - place.clientHeight < 5;
    }"""

    def customer_sends(name: str, colour: str) -> None:
        files = {name: base64.b64encode(picture(colour)).decode()}
        message = {"from": "13057673260", "to": "14102161183", "text": "", "files": files}
        phone.request.post(phone.url.rstrip("/") + "/control/phone/send", data=message)

    for number in range(4):
        customer_sends(f"picture {number}.jpg", "silver")
    expect(anna.locator("img[alt='picture 3.jpg']")).to_be_attached(timeout=30_000)
    anna.reload()
    anna.locator(".message img").last.evaluate("(picture) => picture.decode()")
    anna.wait_for_function(at_end)

    customer_sends("late.jpg", "gold")
    expect(anna.locator("img[alt='late.jpg']")).to_be_visible(timeout=30_000)
    anna.wait_for_function(at_end)


def test_an_upload_can_be_cancelled_and_the_next_goes_on(anna, slowly):
    slowly(SLOW)
    choose(anna, chosen("first.jpg", noise(6000)), chosen("second.jpg", picture("olive")))
    anna.get_by_role("button", name="Cancel the upload of first.jpg").click()
    slowly(0)

    expect(anna.locator("#drafts .draft")).to_have_count(1)
    expect(anna.locator("#drafts [name=files]")).to_have_count(1)
    expect(anna.locator("#drafts .draft")).to_contain_text("second.jpg")
    anna.reload()
    expect(anna.locator("#drafts .draft", has_text="second.jpg")).to_have_count(1)
    with anna.expect_response(re.compile("/remove/")):
        anna.get_by_role("button", name="Remove second.jpg").click()
    anna.reload()
    expect(anna.locator("#drafts .draft", has_text="second.jpg")).to_have_count(0)


def test_files_are_dropped_and_pasted(anna):
    carry(anna, "dragenter", "dropped.jpg", picture("pink"))
    expect(anna.locator("#conversation")).to_have_attribute("data-drop", re.compile("Drop"))
    carry(anna, "drop", "dropped.jpg", picture("pink"))
    carry(anna, "paste", "pasted.jpg", picture("plum"))

    expect(anna.locator("#drafts [name=files]")).to_have_count(2)
    expect(anna.locator("#conversation")).not_to_have_attribute("data-drop", re.compile("."))
    anna.keyboard.press("Escape")
    anna.locator("#text").focus()
    anna.keyboard.press("Enter")  # no text: the channel's accompanying text goes along
    sent = anna.locator(".message.out", has_text="dropped.jpg").filter(has_text="pasted.jpg")
    expect(sent).to_contain_text("Sent", timeout=15_000)


def test_what_cant_be_sent_is_said_and_costs_no_text(anna):
    anna.locator("#text").fill("A text that stays")
    choose(
        anna,
        chosen("page.jpg", b"<html><script>alert(1)</script></html>"),
        chosen("empty.jpg", b""),
        chosen("fine.jpg", noise(1100)),
    )

    refused = anna.locator("#refused-files .draft-refused")
    expect(refused).to_have_count(2)
    expect(refused.filter(has_text="page.jpg")).to_contain_text("web page")
    expect(refused.filter(has_text="empty.jpg")).to_contain_text("is empty")
    expect(anna.locator("#files-notice")).to_contain_text("often refuse more than 1 MB")
    expect(anna.locator("#text")).to_have_value("A text that stays")
    expect(anna.locator("#drafts [name=files]")).to_have_count(1)
    anna.get_by_role("button", name="Remove fine.jpg").click()
    expect(anna.locator("#files-notice")).to_be_hidden()


def test_100_mb_are_taken_and_one_byte_more_is_refused(stack, anna):
    limit = 100 * 1024 * 1024
    put = """async ([size]) => {
        const answer = await fetch(document.getElementById("files").dataset.address, {
          method: "POST",
          headers: {
            "Content-Type": "application/octet-stream", "X-File-Name": "large.bin",
            "X-CSRFToken": document.body.dataset.csrf, "HX-Request": "true",
          },
          body: new Blob([new Uint8Array(size)]),
        });
        return [answer.status, await answer.text()];
    }"""
    status, sentence = anna.evaluate(put, [limit + 1])
    assert (status, "100.0" in sentence) == (422, True)
    status, _line = anna.evaluate(put, [limit])
    assert status == 201
    status, sentence = anna.evaluate(put, [1])
    assert (status, "in total" in sentence) == (422, True)
    anna.reload()
    with anna.expect_response(re.compile("/remove/")):
        anna.get_by_role("button", name="Remove large.bin").click()
    expect(anna.locator("#drafts .draft")).to_have_count(0)
