"""The inbox by keyboard: lists, actions, the box, the sheet of keys; and a draft that outlives a reload."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from messaging.models import Contact, Message, Session
from tests.conftest import CUSTOMER
from tests.inbox.browser.open_page import NARROW, pages

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.once,
]


def test_everything_is_done_by_keys(receive, rule, anna, ben, browser_of):
    """Over 5 s: one page lives through everything that a keyboard can do."""
    sessions = [receive("First"), receive("Second", sender="+13057673261")]
    path = f"/inbox/{sessions[0].pk}/"
    with pages() as opened:
        page = opened.open(browser_of(anna), path="/inbox/?tab=queue")
        _the_list_and_the_box(page)
        _a_draft_outlives_a_reload_and_enter_sends(page)
        _an_emoji_goes_where_the_cursor_is(page)
        _archiving_is_undone(page)
        _closing_asks_first(page)
        _the_sheet_turns_single_keys_off(page)
        narrow = opened.open(browser_of(anna), path=path, viewport=NARROW)
        narrow.keyboard.press("Escape")
        expect(narrow.locator("#list")).to_be_visible()
    assert list(Message.objects.filter(direction="outbound").values_list("text", flat=True)) == ["ncp?\ntwo"]
    assert Session.objects.filter(status=Session.Status.CLOSED).count() == 1


def _the_list_and_the_box(page: Page) -> None:
    page.keyboard.press("j")
    first = page.locator("#list .row").first
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#list .row").nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("ncp?")  # letters in the box are text
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.locator("#head")).to_contain_text("yours")
    page.locator("#conversation").focus()
    page.keyboard.press("n")
    expect(page.locator("#id_customer")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.locator("#dialog")).to_contain_text("1002 Ben")
    expect(page.locator("#find-target")).to_be_focused()
    page.keyboard.type("1002")
    expect(page.locator("#target option:checked")).to_contain_text("1002 Ben")
    page.keyboard.press("Escape")  # empties the search
    expect(page.locator("#find-target")).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.locator("#conversation")).to_be_focused()


def _a_draft_outlives_a_reload_and_enter_sends(page: Page) -> None:
    page.reload()
    expect(page.locator("#text")).to_have_value("ncp?")
    page.keyboard.press("r")
    page.keyboard.press("Control+End")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("#lines .out")).to_have_count(1)


def _an_emoji_goes_where_the_cursor_is(page: Page) -> None:
    page.locator("#text").fill("ab")
    page.keyboard.press("ArrowLeft")
    page.locator("#show-emoji").click()
    page.keyboard.type("thumbs up")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_value("a👍b")
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#meter")).to_contain_text("UCS-2")


@contextmanager
def _answering_after_the_news(page: Page, address: str) -> Iterator[None]:
    """What is done is done at once, but its answer reaches the page only afterwards."""
    held: list[tuple[Route, APIResponse]] = []
    page.route(address, lambda route: held.append((route, route.fetch())))
    with page.expect_response(lambda response: "/news/" in response.url and response.status == 200):
        yield
    for route, response in held:
        route.fulfill(response=response)
    page.unroute(address)


def _archiving_is_undone(page: Page) -> None:
    """Also from another session, to which one has gone on meanwhile."""
    rows, current = page.locator("#list .row"), page.locator("#list .row[aria-current]")
    page.keyboard.press("Escape")
    with _answering_after_the_news(page, "**/archive/"):
        page.keyboard.press("e")
    expect(page.locator("#undo")).to_contain_text("+1 305-767-3260 is archived")
    expect(page.locator("#conversation")).to_have_count(1)
    expect(page.locator("#attach")).to_be_visible()
    expect(rows).to_have_count(0)
    page.keyboard.press("2")
    expect(page.locator("#tab-queue")).to_have_attribute("aria-current", "true")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#customer")).to_have_text("+1 305-767-3261")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    expect(page.locator("#undo")).to_have_text("")
    expect(page.locator("#conversation")).to_be_focused()
    expect(current).to_contain_text("3261")
    page.keyboard.press("1")
    rows.filter(has_text="3260").click()
    expect(page.locator("#customer")).to_have_text("+1 305-767-3260")
    expect(page.locator("#text")).to_be_focused()


def _closing_asks_first(page: Page) -> None:
    page.keyboard.press("Escape")
    for answer in ("Escape", "Enter"):
        page.keyboard.press("c")
        expect(page.locator("#confirm")).to_contain_text("Close this session?")
        if answer == "Enter":  # news replace the button while one is asked
            Contact.objects.create(customer_number=CUSTOMER, name="Maria Santos")
            expect(page.locator("#customer")).to_have_text("Maria Santos", timeout=15_000)
        page.keyboard.press(answer)
        expect(page.locator("#confirm")).to_be_hidden()
        closed = page.locator("#head .state.closed")
        expect(closed).to_have_count(1 if answer == "Enter" else 0)


def _the_sheet_turns_single_keys_off(page: Page) -> None:
    page.locator("#conversation").focus()
    page.keyboard.press("3")
    expect(page.locator("#tab-closed")).to_have_attribute("aria-current", "true")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.locator("#single-keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.locator("summary").click()
    page.locator("#show-keys").click()
    expect(page.locator("dialog[open]")).to_have_count(1)
    expect(page.locator("#single-keys")).not_to_be_checked()
