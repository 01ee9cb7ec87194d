"""Signed-in pages of a real browser, on a real web process with the database of the test.

The browser is one of the test's own: beside one that is open, a thread may not use the database. So a test first
makes what there is to see, then opens its pages, and what happens meanwhile happens through pages too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import Client
from playwright.sync_api import Browser, Page

from tests.browser import chromium
from tests.web_server import WebServer

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Pages:
    """`open` gives the inbox of whoever `client` is signed in as, or the sign-in page."""

    origin: str
    browser: Browser

    def open(self, client: Client | None = None, path: str = "/inbox/", **options: Any) -> Page:
        context = self.browser.new_context(**{"viewport": WIDE} | options)
        context.set_default_navigation_timeout(60_000)
        for name, value in client.cookies.items() if client else ():
            context.add_cookies([{"name": name, "value": value.value, "url": self.origin}])
        page = context.new_page()
        page.goto(self.origin + path)
        return page


@contextmanager
def pages(home: Path) -> Iterator[Pages]:
    with WebServer(home) as server, chromium() as browser:
        yield Pages(server.origin, browser)
