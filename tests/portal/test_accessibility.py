"""Every page of the portal, wide and narrow, light and dark: axe finds nothing, nothing is cut off or too wide."""

from __future__ import annotations

import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.utils import timezone

from channels_app.models import Domain
from messaging.management.made_up_traffic import make_up
from messaging.models import Contact, Export, Session, UnroutableMessage
from tests.conftest import CUSTOMER, NUMBER
from tests.inbox.browser.open_page import NARROW, WIDE, pages

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.once,
]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SET_UP = [
    "",
    "set-up/",
    "channels_app/channel/",
    "channels_app/channel/add/",
    "channels_app/channel/add/?itsp=apidaze",
]
LISTS = [
    *(f"channels_app/{name}/" for name in ("domain", "extension", "user", "messagequeue")),
    *(
        f"messaging/{name}/"
        for name in ("session", "webhooklogentry", "unroutablemessage", "contact", "change", "export")
    ),
    "messaging/session/?q=nobody",
    "messaging/session/export/",
]
CUT_OFF = """
    [...document.querySelectorAll("#result_list tbody :is(td, th)")]
        .filter((cell) => cell.scrollHeight > cell.clientHeight + 1).map((cell) => cell.innerText)
"""
BARS_OF_WHAT_FITS = """
    document.fonts.ready.then(() => [...document.querySelectorAll(".simplebar-horizontal")].filter((bar) => {
        const content = bar.parentElement.querySelector(".simplebar-content-wrapper");
        return bar.style.visibility === "visible" && content.scrollWidth <= content.clientWidth;
    }).length)
"""
BEYOND_THE_MARGIN = """
    document.documentElement.scrollWidth > innerWidth || [...document.querySelectorAll("main .readonly, .tl-page > *")]
        .some((each) => each.getBoundingClientRect().right > innerWidth - 16)
"""
# select2 puts a span into its list.
LIBRARY = {("list", "select2-selection__rendered")}


def test_axe_finds_nothing_on_any_page(rule, administrator, browser_of_administrator):
    """Over 5 s: axe goes over every page, wide and narrow."""
    list(make_up(60, 300, seed=1))
    domain = Domain.objects.create(host="sms.example.com")
    Domain.objects.create(host="a-very-long-name-of-a-department.messages.international-company.example.org")
    contact = Contact.objects.first() or Contact.objects.create(customer_number="+1", name="Mary")
    Export.objects.create(key=uuid.uuid4(), content="sessions", format="csv", person_name="admin")
    things = [
        f"channels_app/channel/{rule.channel_id}/change/",
        f"channels_app/channel/{rule.channel_id}/delete/",
        f"channels_app/channel/{rule.channel_id}/history/",
        f"channels_app/messagequeue/{rule.destination_queue_id}/change/",
        f"channels_app/domain/{domain.pk}/change/",
        f"messaging/contact/{contact.pk}/change/",
        f"messaging/session/{Session.objects.latest('pk').pk}/change/",
    ]
    found = []
    with pages() as opened:
        for scheme, viewport in (("light", WIDE), ("dark", NARROW)):
            page = opened.open(browser_of_administrator, "/portal/", viewport=viewport, color_scheme=scheme)
            for address in [*SET_UP, *LISTS, *things]:
                answer = page.goto(f"{opened.origin}/portal/{address}")
                assert answer is not None
                assert answer.status == 200, address
                if page.evaluate("document.documentElement.scrollWidth") > viewport["width"]:
                    found.append(f"{address} ({scheme}): wider than the screen")
                if cut_off := page.evaluate(CUT_OFF):
                    found.append(f"{address} ({scheme}): cut off: {cut_off}")
                if page.evaluate(BARS_OF_WHAT_FITS):
                    found.append(f"{address} ({scheme}): a scrollbar under what fits")
                for violation in Axe().run(page, options={"runOnly": RULES}).response["violations"]:
                    for node in violation["nodes"]:
                        if not any(
                            rule == violation["id"] and part in node["html"] for rule, part in LIBRARY
                        ):
                            found.append(f"{address} ({scheme}): {violation['id']} {node['html'][:120]}")
    assert not found, "\n".join(found)


def test_words_without_a_gap_stay_inside_their_place_on_a_phone(
    rule, anna, administrator, browser_of_administrator
):
    queue, channel = rule.destination_queue, rule.channel
    browser_of_administrator.post(
        f"/portal/channels_app/messagequeue/{queue.pk}/change/",
        {"name": "W" * 127, "mode": "manual", "agents": [anna.pk]},
    )
    channel.name = "W" * 127
    channel.save()
    list(make_up(1, 2, seed=1))
    unroutable = UnroutableMessage.objects.create(
        channel=channel, sender=CUSTOMER, recipient=NUMBER, text="W" * 500, received_at=timezone.now()
    )
    addresses = [
        f"channels_app/messagequeue/{queue.pk}/history/",
        f"channels_app/messagequeue/{queue.pk}/delete/",
        f"channels_app/channel/{channel.pk}/change/",
        f"channels_app/channel/{channel.pk}/delete/",
        f"channels_app/channel/{channel.pk}/rotate/",
        f"messaging/session/{Session.objects.get().pk}/change/",
        f"messaging/unroutablemessage/{unroutable.pk}/change/",
        "messaging/change/",
        "",
    ]
    too_wide = []
    with pages() as opened:
        page = opened.open(browser_of_administrator, "/portal/", viewport=NARROW)
        for address in addresses:
            answer = page.goto(f"{opened.origin}/portal/{address}")
            assert answer is not None
            assert answer.status == 200, address
            if page.evaluate(BEYOND_THE_MARGIN):
                too_wide.append(address)
    assert not too_wide


@pytest.fixture
def browser_of_administrator(administrator):
    client = Client()
    client.force_login(administrator, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client
