"""Any page outside the portal, wide and narrow, light and dark: axe finds nothing, nothing is cut, fingers fit.

`SCREENSHOTS=folder` keeps a picture of each.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from django.urls import reverse
from playwright.sync_api import Page, expect

from channels_app.models import SignInLink, User
from messaging.models import Contact, Session
from messaging.models.person import Person
from messaging.sessions import archiving, closing, pickup
from tests.inbox.browser.open_page import NARROW, WIDE, Pages, pages
from tests.inbox.browser.showcase import LONG_NAME, add_everything

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.once,
]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LONG_TEXT = "A line\n" * 20 + "x" * 200 + " مرحبا بالعالم"
# They come from what a test can't bring about in a real portal, or only slowly.
RENDERED = ("400.html", "500.html", "csrf_failure.html", "locked_out.html")
KEYS = {"t": "dialog", "d": "dialog", "c": "confirm", "?": "keys"}

# What is wider than its place, and has to be scrolled sideways.
TOO_WIDE = """() => [...document.querySelectorAll("html, .side, #head, #place, #composer, dialog[open], .card")]
    .filter((each) => each.scrollWidth > each.clientWidth + 1)
    .map((each) => `${each.tagName}#${each.id}.${each.className}: ${each.scrollWidth}`)"""
# What a finger does not hit, sentences and the many emoji apart.
TOO_SMALL = """() => [...document.querySelectorAll("a, button, summary, select, textarea, input")]
    .filter((each) => each.checkVisibility() && !each.closest("p, .skip, .emoji-grid, label"))
    .map((each) => [each.getBoundingClientRect(), each])
    .filter(([{ width, height }]) => width && (height < 43.5 || width < 43.5))
    .map(([{ width, height }, each]) => `${each.outerHTML.slice(0, 90)}: ${width} x ${height}`)"""
TWICE_AS_LARGE = "html { font-size: 200% !important; }"


def check(page: Page, name: str) -> None:
    """In the dark only the colours are others."""
    viewport = page.viewport_size
    assert viewport is not None
    for scheme, rules in (("dark", ["color-contrast"]), ("light", RULES)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{viewport['width']}-{scheme}.png")
        covers = {"target-size": {"enabled": name != "menu"}}  # what is open covers halves of what is below
        found = Axe().run(page, options={"runOnly": rules, "rules": covers})
        assert not found.violations_count, f"{name}, {scheme}: {found.generate_report()}"
    if viewport == NARROW:
        assert not page.evaluate(TOO_SMALL), name
        larger = page.add_style_tag(content=TWICE_AS_LARGE)
        if folder:
            page.screenshot(path=Path(folder) / f"{name}-{viewport['width']}-larger.png")
        assert not page.evaluate(TOO_WIDE), f"{name}, twice as large"
        larger.evaluate("style => style.remove()")
    assert not page.evaluate(TOO_WIDE), name


@pytest.fixture
def full(receive, rule, anna, ben, file_folder) -> Session:
    """Anna's session with everything in it; one more waits, one is closed, one archived."""
    sessions = [receive(LONG_TEXT, sender=f"+1305767326{number}") for number in range(4)]
    _waits, full, closed, archived = sessions
    for session in (full, closed, archived):
        pickup.pick_up(Person.at(anna), session.pk)
    closing.close(Person.at(anna), closed.pk)
    archiving.archive(Person.at(anna), archived.pk, 10**6)
    Contact.objects.create(customer_number=closed.customer_number, name=LONG_NAME, company=LONG_NAME)
    rule.registration = "none"
    rule.save()
    add_everything(full, anna)
    return full


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing(viewport, full, anna, supervisor, browser_of):
    """Over 5 s: axe goes over every page, in light and dark."""
    nobody = User.objects.create_user("nobody", "secret words 123")
    link = reverse("welcome", args=[SignInLink.issue(nobody)])
    with pages() as opened:
        page = opened.open(None, path="/sign-in/", viewport=viewport)
        for name, address in _small_pages(link):
            page.goto(opened.origin + address)
            check(page, name)
        for name in RENDERED:
            _show(page, opened, name)
            check(page, name)
        page = opened.open(browser_of(nobody), viewport=viewport)
        check(page, "no-extension")
        page = opened.open(browser_of(supervisor), path="/inbox/?tab=all", viewport=viewport)
        check(page, "all")
        page.goto(opened.origin + reverse("admin:channels_app_channel_add"))
        check(page, "403")
        page = opened.open(browser_of(anna), path="/password/", viewport=viewport)
        check(page, "change-password")
        for name in _inbox(page, opened, full):
            check(page, name)
        for name in _dialogs(page, opened, full):
            check(page, name)


def _small_pages(link: str) -> Iterator[tuple[str, str]]:
    yield "sign-in", "/sign-in/"
    yield "404", "/no-such-page/"
    yield "welcome", link
    yield "link-ended", reverse("welcome", args=["x" * 43])


def _show(page: Page, opened: Pages, name: str) -> None:
    body = render_to_string(name, {"minutes": 15})
    page.route("**/rendered/", lambda route: route.fulfill(body=body, content_type="text/html"), times=1)
    page.goto(f"{opened.origin}/rendered/")


def _inbox(page: Page, opened: Pages, full: Session) -> Iterator[str]:
    for tab in ("mine", "queue", "closed", "archived"):
        page.goto(f"{opened.origin}/inbox/?tab={tab}")
        yield tab
    for number, name in ((full.pk - 1, "waits"), (full.pk + 1, "is-closed"), (999_999, "gone")):
        page.goto(f"{opened.origin}/inbox/{number}/")
        yield name
    page.goto(f"{opened.origin}/inbox/{full.pk + 1}/")
    page.keyboard.press("e")
    expect(page.locator("#undo form")).to_be_visible()
    yield "undo"
    page.goto(f"{opened.origin}/inbox/{full.pk}/")
    yield "files"
    page.locator("#place").evaluate("place => place.scrollTop = place.scrollHeight / 2.4")
    page.locator("#text").fill(f"{LONG_TEXT} ☺ {'y' * 1600}")
    yield "failed"


def _dialogs(page: Page, opened: Pages, full: Session) -> Iterator[str]:
    page.locator("#conversation").focus()
    page.locator("#show-emoji").click()
    yield "emoji"
    page.keyboard.press("Escape")
    for key, dialog in KEYS.items():
        page.locator("#conversation").focus()
        page.keyboard.press(key)
        expect(page.locator(f"#{dialog}")).to_be_visible()
        yield f"dialog-{key.replace('?', 'keys')}"
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
    page.goto(f"{opened.origin}/inbox/")
    page.locator("summary").click()
    yield "menu"
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.locator("#id_customer").fill("12")
    expect(page.locator("#foresight .bad")).to_be_visible()
    yield "start"
