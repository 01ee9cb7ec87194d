"""Whatever goes wrong on the way, the text stays in the box, and one press is one message."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from messaging.models import Message
from messaging.models.person import Person
from messaging.sessions import pickup
from tests.inbox.browser.open_page import pages

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.once,
]

SOON = 15_000


def test_a_failed_send_keeps_the_text_and_says_why(waiting, anna, ben, browser_of):
    """Over 5 s: one page lives through every way in which a send can fail."""
    with pages() as opened:
        page = opened.open(browser_of(anna), path=f"/inbox/{waiting.pk}/?tab=queue")
        _is_refused(page, "x" * 1601, "1,601 characters")
        page.locator("#text").fill("Shorter")
        expect(page.locator("#refusal")).to_have_text("")
        _is_refused(page, "y" * 2_100_000, "too large")
        _an_old_page_is_told_so(page)
        _an_answer_that_is_lost_on_its_way_is_written_once(page)
        _a_server_that_fails_says_so(page)
        _impatience_sends_once(page)
        pickup.pick_up(Person.at(ben), waiting.pk)
        page.locator("#text").fill("Too late")
        page.keyboard.press("Enter")
        expect(page.get_by_text("1002 Ben has this session now.")).to_be_visible(timeout=SOON)
        expect(page.locator("#kept")).to_have_value("Too late")
    texts = Message.objects.filter(direction="outbound").values_list("text", flat=True)
    assert sorted(texts) == ["Once, though its answer was lost", "Once, though pressed often", "Up to date"]


def _is_refused(page: Page, text: str, sentence: str) -> None:
    box = page.locator("#text")
    box.fill(text)
    box.press("Enter")
    expect(page.locator("#refusal")).to_contain_text(sentence, timeout=SOON)
    assert box.input_value() == text
    expect(box).to_be_editable()
    expect(box).to_be_focused()


def _an_old_page_is_told_so(page: Page) -> None:
    """As after a sign-out and a sign-in in another tab."""
    page.context.clear_cookies(name="trunkline_csrf")
    _is_refused(page, "Up to date", "Reload it; your text stays.")
    page.reload()
    expect(page.locator("#text")).to_have_value("Up to date")
    page.locator("#text").press("Enter")
    expect(page.locator("#text")).to_have_value("")


def _an_answer_that_is_lost_on_its_way_is_written_once(page: Page) -> None:
    def lose(route: Route) -> None:
        route.fetch()  # the server has it
        route.abort("connectionreset")

    page.route("**/answer/", lose, times=1)
    _is_refused(page, "Once, though its answer was lost", "send it again")
    page.locator("#text").press("Enter")
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("#refusal")).to_be_empty()


def _a_server_that_fails_says_so(page: Page) -> None:
    page.route("**/answer/", lambda route: route.fulfill(status=502, body="Bad gateway"), times=1)
    _is_refused(page, "A gateway has no server", "try again in a moment")


def _impatience_sends_once(page: Page) -> None:
    """Clicks and keys while a slow network has not answered yet."""
    held: list[Route] = []
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 2)[1]))
    page.route("**/answer/", lambda route: held.append(route), times=1)
    page.locator("#text").fill("Once, though pressed often")
    page.locator("#send").dblclick()
    page.locator("#text").press("Enter")
    page.locator("#send").click()
    expect(page.locator("#text")).not_to_be_editable()
    held[0].continue_()
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("#lines .out .text", has_text="Once, though pressed often")).to_have_count(1)
    page.wait_for_timeout(500)
    assert asked.count("answer") == 1
    expect(page.locator("#refusal")).to_be_empty()
