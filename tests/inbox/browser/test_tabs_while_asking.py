"""A tab that is pressed while the page asks for news of the list."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.inbox.browser.open_page import pages

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.once,
]


def test_news_of_the_list_never_swallow_a_tab_that_was_pressed(waiting, anna, browser_of):
    client = browser_of(anna)
    held: list[Route] = []
    with pages() as opened:
        page = opened.open(client)
        page.route("**/inbox/list/**", lambda route: held.append(route))
        page.evaluate("htmx.trigger('#list', 'poll')")
        page.get_by_role("link", name="Queue").click()
        page.wait_for_timeout(200)
        news, pressed = (
            next(r for r in held if ("seen=" in r.request.url) == asks) for asks in (True, False)
        )
        news.continue_(url=news.request.url.replace("seen=", "had="))  # so that the answer is the whole list
        page.wait_for_timeout(300)
        pressed.continue_()
        expect(page.locator("#tab-queue")).to_have_attribute("aria-current", "true")
