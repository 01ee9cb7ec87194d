"""Light, dark, or as the system has it: chosen in the inbox, and the same in the portal and before the sign-in."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.inbox.browser.open_page import pages

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.once,
]

LIGHT, DARK = "light", "dark"
# What is painted first: the class is there before the body is.
FIRST = """new MutationObserver((changes, observer) => {
    if (!document.body) return;
    observer.disconnect();
    window.firstClass = document.documentElement.className;
}).observe(document, { childList: true, subtree: true })"""


def shown(page: Page) -> str:
    """The scheme that the page is painted in."""
    return str(page.evaluate("getComputedStyle(document.documentElement).colorScheme"))


def choose(page: Page, name: str) -> None:
    page.locator("summary").click()
    page.get_by_role("radio", name=name).check()
    page.locator("summary").click()


def test_the_choice_holds_everywhere_in_this_browser(supervisor, browser_of):
    with pages() as opened:
        page = opened.open(browser_of(supervisor), color_scheme=LIGHT)
        beside = page.context.new_page()
        beside.goto(page.url)
        assert (shown(page), shown(beside)) == (LIGHT, LIGHT)
        choose(page, "Dark")
        assert (shown(page), shown(beside)) == (DARK, DARK)
        page.add_init_script(FIRST)
        page.reload()
        assert page.evaluate("window.firstClass") == DARK
        page.goto(f"{opened.origin}/portal/")
        page.wait_for_selector("html.dark")
        page.keyboard.press("Control+e")  # the portal's own key for it
        page.wait_for_selector("html.light")
        page.goto(f"{opened.origin}/inbox/")
        page.emulate_media(color_scheme=DARK)
        assert shown(page) == LIGHT
        choose(page, "Same as system")
        assert shown(page) == DARK
        choose(page, "Light")
        page.context.clear_cookies()
        page.goto(f"{opened.origin}/sign-in/")
        assert shown(page) == LIGHT
