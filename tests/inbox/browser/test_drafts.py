"""A draft that is open in several tabs of one browser: nothing that somebody types is overwritten."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from messaging.models import Message
from tests.inbox.browser.open_page import pages

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.once,
]


def test_tabs_follow_the_one_in_which_somebody_types(waiting, anna, browser_of):
    with pages() as opened:
        first = opened.open(browser_of(anna), path=f"/inbox/{waiting.pk}/")
        second = first.context.new_page()
        second.goto(first.url)
        second.locator("#conversation").focus()
        first.locator("#text").fill("Half an answer")
        expect(second.locator("#text")).to_have_value("Half an answer")

        first.locator("#conversation").focus()
        second.locator("#text").press("Control+End")
        second.keyboard.type(", and the rest")
        expect(first.locator("#text")).to_have_value("Half an answer, and the rest")

        first.evaluate(
            "localStorage.setItem(Object.keys(localStorage).find((n) => n.includes('draft')), 'x')"
        )
        second.wait_for_timeout(300)
        expect(second.locator("#text")).to_have_value("Half an answer, and the rest")  # one types here

        second.keyboard.press("Enter")
        expect(second.locator("#lines .out")).to_have_count(1)
        expect(first.locator("#text")).to_have_value("")
        first.reload()
        expect(first.locator("#lines .out")).to_have_count(1)
        expect(first.locator("#text")).to_have_value("")
    assert Message.objects.get(direction="outbound").text == "Half an answer, and the rest"
