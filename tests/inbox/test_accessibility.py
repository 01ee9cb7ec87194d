"""axe finds nothing against WCAG 2 A and AA in the inbox and its dialogs: wide and narrow, light and dark."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.inbox.open_page import NARROW, WIDE, pages

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.stack]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


def check(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")
    found = Axe().run(page, options=RULES)
    assert not found.violations_count, f"{name}: {found.generate_report()}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing(scheme, viewport, receive, rule, anna, ben, browser_of, tmp_path):
    session = receive("A line\n" * 20 + "x" * 200 + " مرحبا بالعالم")
    shot = f"{scheme}-{viewport['width']}-"
    with pages(tmp_path) as opened:
        options = {"viewport": viewport, "color_scheme": scheme, "reduced_motion": "reduce"}
        for path in ("/sign-in/", "/no-such-page/"):
            check(opened.open(None, path=path, **options), shot + path.strip("/"))
        page = opened.open(browser_of(anna), path="/inbox/?tab=mine", **options)
        check(page, shot + "empty")
        for address in ("?tab=queue", f"{session.pk}/?tab=queue", "999999/"):
            page.goto(f"{opened.origin}/inbox/{address}")
            check(page, shot + address.strip("?/").replace("/", "-"))
        page.goto(f"{opened.origin}/inbox/{session.pk}/")
        page.locator("#conversation").focus()
        page.locator("#show-emoji").click()
        check(page, shot + "emoji")
        page.keyboard.press("Escape")
        for key, dialog in {"t": "dialog", "c": "confirm", "?": "keys", "n": "dialog"}.items():
            if key == "n" and viewport == NARROW:
                page.goto(f"{opened.origin}/inbox/")
            page.keyboard.press(key)
            expect(page.locator(f"#{dialog}")).to_be_visible()
            if key == "n":
                page.keyboard.type("12")
                expect(page.locator("#foresight .bad")).to_be_visible()
            check(page, f"{shot}{dialog}-{key.replace('?', 'sheet')}")
            page.keyboard.press("Escape")
