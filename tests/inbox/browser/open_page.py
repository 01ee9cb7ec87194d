"""Signed-in pages of a real browser, on a real web process with the database of the test: both are shared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support import shared

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Pages:
    """`open` gives the inbox of whoever `client` is signed in as, or the sign-in page."""

    origin: str
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, client: Client | None = None, path: str = "/inbox/", **options: Any) -> Page:
        context = self.browser.new_context(**{"viewport": WIDE} | options)
        self.contexts.append(context)
        context.set_default_navigation_timeout(60_000)
        for name, value in client.cookies.items() if client else ():
            context.add_cookies([{"name": name, "value": value.value, "url": self.origin}])
        page = context.new_page()
        page.goto(self.origin + path)
        return page

    def close(self) -> None:
        """Closes all pages, so that none goes on asking in the next test."""
        for context in self.contexts:
            context.close()


@contextmanager
def pages(origin: str = "") -> Iterator[Pages]:
    """Pages of the shared web process, or of the one at `origin`."""
    opened = Pages(origin or shared.web_server().origin, shared.browser())
    try:
        yield opened
    finally:
        opened.close()
