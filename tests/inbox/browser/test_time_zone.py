"""Times stand in the zone of the person who reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import expect

from tests.inbox.browser.open_page import pages


@pytest.mark.parametrize(
    ("zone", "at", "shown"),
    [
        ("Asia/Kathmandu", datetime(2026, 1, 5, 20, 30, tzinfo=UTC), "02:15"),
        ("Asia%2FKathmandu", datetime(2026, 1, 5, 20, 30, tzinfo=UTC), "02:15"),
        ("America/New_York", datetime(2026, 3, 8, 6, 59, tzinfo=UTC), "01:59"),
        ("America/New_York", datetime(2026, 3, 8, 7, 0, tzinfo=UTC), "03:00"),
        ("No/Such", datetime(2026, 1, 5, 20, 30, tzinfo=UTC), "20:30"),
        ("America", datetime(2026, 1, 5, 20, 30, tzinfo=UTC), "20:30"),
        ("../../etc/passwd", datetime(2026, 1, 5, 20, 30, tzinfo=UTC), "20:30"),
        ("x" * 3000, datetime(2026, 1, 5, 20, 30, tzinfo=UTC), "20:30"),
        ("", datetime(2026, 1, 5, 20, 30, tzinfo=UTC), "20:30"),
    ],
)
@pytest.mark.django_db
def test_the_list_and_the_conversation_show_the_time_of_the_cookie_s_zone(
    zone, at, shown, receive, anna, browser_of
):
    with time_machine.travel(at, tick=False):
        session = receive("Hello")
        client = browser_of(anna)
        client.cookies["trunkline_zone"] = zone
        page = client.get(reverse("conversation", args=[session.pk]) + "?tab=queue").content.decode()
    assert page.count(f">{shown}<") == 3  # in the list, of the message, of the event


@pytest.mark.django_db(transaction=True)
@pytest.mark.browser
@pytest.mark.stack
def test_the_first_page_of_a_browser_has_its_zone(waiting, anna, browser_of):
    with pages() as opened:
        page = opened.open(browser_of(anna), timezone_id="Asia/Tokyo")
        expect(page.locator("script[data-zone]")).to_have_attribute("data-zone", "Asia/Tokyo")
