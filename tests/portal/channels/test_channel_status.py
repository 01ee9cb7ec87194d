"""A channel's status over time: since when it fails, and the history of its changes."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel
from channels_app.models.failures import FailureCode
from channels_app.models.status_changes import KEPT
from messaging.sending import checking
from tests.portal.conftest import channel_form, page_of
from tests.support.simulator import Simulator
from tests.support.threads import at_once

TEN_32 = dt.datetime(2026, 11, 24, 10, 32, tzinfo=dt.UTC)


@pytest.fixture
def at_apidaze(channel: Channel, apidaze: Simulator) -> Channel:
    channel.base_url = apidaze.base_url
    channel.set_credentials({"api_key": apidaze.api_key, "api_secret": apidaze.api_secret})
    channel.save()
    return channel


def history(channel: Channel) -> list[str]:
    return [
        f"{change.get_status_display()} {change.reason}".strip() for change in channel.status_changes.all()
    ]


@pytest.mark.django_db(transaction=True)
def test_each_change_is_noted_once_however_often_it_is_checked(
    at_apidaze: Channel, apidaze: Simulator
) -> None:
    checking.check(at_apidaze)
    checking.check_all()
    apidaze.set_fault("not_a_pair")
    for _again in range(3):
        checking.check(Channel.objects.get())
    apidaze.set_faults()
    checking.check(Channel.objects.get())
    newest, failed, first = history(at_apidaze)
    assert (newest, first) == ("Connected", "Connected")
    assert failed.startswith("Connection failed the ITSP rejects the key and secret")


def test_it_says_since_when_it_fails_wherever_it_shows(
    administrator_client: Client, channel: Channel
) -> None:
    with time_machine.travel(TEN_32, tick=False):
        channel.record_failure(FailureCode.CREDENTIALS)
    with time_machine.travel(TEN_32 + dt.timedelta(hours=2), tick=False):
        Channel.objects.get().record_failure(FailureCode.CREDENTIALS, "Invalid key")
        for address in (page_of(channel), "/portal/channels_app/channel/"):
            page = administrator_client.get(address).content.decode()
            assert "since 10:32: the ITSP rejects the key and secret (Invalid key)" in page
        first_page = administrator_client.get("/portal/").content.decode()
        assert "since 10:32: the ITSP rejects the key and secret" in first_page
    with time_machine.travel(TEN_32 + dt.timedelta(days=1), tick=False):
        assert Channel.objects.get().status_text.startswith("Connection failed since 24 Nov, 10:32: ")


def test_the_page_has_the_last_twenty_changes(administrator_client: Client, channel: Channel) -> None:
    for index in range(25):
        code = FailureCode.CREDENTIALS if index % 2 else FailureCode.NO_ANSWER
        channel.record_failure(code, f"try {index}.")
    page = administrator_client.get(page_of(channel)).content.decode()
    shown = page[page.index("Status history") :]
    assert [f"try {index}." in shown for index in (24, 5, 4)] == [True, True, False]


def test_as_many_changes_are_kept_as_somebody_may_ask_for(channel: Channel) -> None:
    for index in range(KEPT + 5):
        channel.record_failure(FailureCode.CREDENTIALS if index % 2 else FailureCode.NO_ANSWER)
    assert channel.status_changes.count() == KEPT


def test_switching_a_channel_off_and_on_is_a_change(administrator_client: Client, channel: Channel) -> None:
    channel.record_failure(FailureCode.UNREADABLE)
    administrator_client.post(page_of(channel), channel_form(enabled=None))
    administrator_client.post(page_of(channel), channel_form())
    administrator_client.post(page_of(channel), channel_form(name="Renamed"))
    again = "Connection failed enter key and secret again"
    assert history(channel) == [again, "Disabled", again]


def test_an_answer_about_other_credentials_is_no_change(channel: Channel) -> None:
    before = Channel.objects.get()
    channel.set_credentials({"api_key": "new"})
    channel.save()
    before.record_failure(FailureCode.CREDENTIALS)
    assert (Channel.objects.get().status, history(channel)) == ("not_checked", [])


@pytest.mark.django_db(transaction=True)
def test_processes_that_find_the_same_at_once_note_one_change(channel: Channel) -> None:
    copies = [Channel.objects.get() for _each in range(6)]
    assert at_once(*[partial(each.record_failure, FailureCode.CREDENTIALS) for each in copies]) == [None] * 6
    assert len(history(channel)) == 1
    assert timezone.now() - channel.status_changes.get().changed_at < dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://127.0.0.1:1", "nothing answers at the API address"),
        ("http://api.apidaze.invalid", "the name in the API address can't be found"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_it_says_what_kept_it_from_being_checked(channel: Channel, address: str, why: str) -> None:
    channel.base_url = address
    channel.set_credentials({"api_key": "key", "api_secret": "secret"})
    channel.save()
    checking.check(channel)
    assert Channel.objects.get().failure_reason == f"could not be checked ({why})"
    assert history(channel) == [f"Connection failed could not be checked ({why})"]
