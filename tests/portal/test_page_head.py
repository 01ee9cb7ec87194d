"""The head of each page: where one is, in words that are on the screen elsewhere, too."""

from __future__ import annotations

import datetime as dt
import re

import time_machine
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, Domain, WebhookToken
from messaging.models import WebhookLogEntry
from tests.portal.conftest import page_of

DOMAINS = "/portal/channels_app/domain/"


def head(client: Client, address: str) -> str:
    """The words of the page's first heading."""
    page = client.get(address).content.decode()
    found = re.search(r"<h1\b.*?</h1>", page, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]*>", " ", found[0]).replace("chevron_right", "/").split())


def test_it_leads_back_to_the_list_and_not_to_a_group_that_the_menu_has_not(
    administrator_client: Client, channel: Channel
) -> None:
    assert head(administrator_client, "/portal/channels_app/channel/") == "Channels"
    assert head(administrator_client, page_of(channel)) == "Channels / Main"


def test_a_name_is_shown_as_it_is_written(administrator_client: Client) -> None:
    domain = Domain.objects.create(host="sms.example.com")
    assert head(administrator_client, f"{DOMAINS}{domain.pk}/change/") == "Domains / sms.example.com"


def test_a_page_that_adds_something_says_what(administrator_client: Client) -> None:
    assert head(administrator_client, f"{DOMAINS}add/") == "Domains / Add domain"


def test_results_are_counted_only_where_something_was_asked_for(administrator_client: Client) -> None:
    sessions = "/portal/messaging/session/"
    assert head(administrator_client, sessions) == "Sessions"
    assert head(administrator_client, f"{sessions}?q=nobody") == "Sessions 0 results ( Show all )"
    assert "result" in head(administrator_client, f"{sessions}?status__exact=open")


def test_the_days_of_the_figures_are_no_filter(administrator_client: Client, channel: Channel) -> None:
    assert head(administrator_client, "/portal/channels_app/channel/?range=30-days") == "Channels"


def test_times_have_one_form_everywhere(administrator_client: Client, channel: Channel) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 24, 19, 12, tzinfo=dt.UTC), tick=False):
        WebhookLogEntry.objects.create(channel=channel, received_at=timezone.now(), outcome="stored")
        page = administrator_client.get("/portal/messaging/webhooklogentry/").content.decode()
        assert channel.webhook_token
        WebhookToken.rotate(channel)
        channel_page = administrator_client.get(page_of(channel)).content.decode()
    assert "24 Nov 2026, 19:12" in page
    assert "works until 25 Nov, 19:12" in channel_page
