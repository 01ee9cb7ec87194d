"""Credentials are write-only: asked for, checked, told about in words, and shown nowhere again."""

from __future__ import annotations

import json
import time

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session as LoginSession
from django.test import Client

from channels_app.models import Channel
from tests.portal.conftest import ADD, SECRET, channel_form, errors_of, new_channel_form, page_of
from tests.scripted_server import ScriptedServer
from tests.simulator import Simulator

# What waits for the commit runs, as it does outside a test.
commits = pytest.mark.django_db(transaction=True)


def said(client: Client, address: str) -> list[str]:
    """The messages that the next page shows."""
    return [str(message) for message in client.get(address).context["messages"]]


def test_a_new_channel_needs_every_credential(administrator_client: Client) -> None:
    form = new_channel_form(credential_api_key="", credential_api_secret="  ")
    assert errors_of(administrator_client.post(ADD, form)) == {
        "credential_api_key": ["Enter the API Key of your account with the ITSP"],
        "credential_api_secret": ["Enter the Secret of your account with the ITSP"],
    }


def test_what_was_entered_is_stored_encrypted(administrator_client: Client) -> None:
    administrator_client.post(ADD, new_channel_form())
    channel = Channel.objects.get()
    assert channel.account.credentials == {"api_key": "key-1", "api_secret": SECRET}
    assert SECRET not in channel.encrypted_credentials


def test_an_empty_field_keeps_what_is_stored(administrator_client: Client, channel: Channel) -> None:
    administrator_client.post(page_of(channel), channel_form(credential_api_secret="another"))
    channel.refresh_from_db()
    assert channel.account.credentials == {"api_key": "test-key", "api_secret": "another"}


def test_the_form_says_that_credentials_are_set_and_does_not_show_them(
    administrator_client: Client, channel: Channel
) -> None:
    page = administrator_client.get(page_of(channel)).content.decode()
    assert page.count('placeholder="set"') == 2
    assert page.count('autocomplete="new-password"') == 2
    assert "test-secret" not in page
    assert "test-key" not in page
    assert administrator_client.get(ADD).content.decode().count('placeholder="not set"') == 2


@pytest.mark.parametrize("mistake", [{"sending_rate": "0"}, {"rules-0-number": "12"}])
def test_what_was_entered_beside_a_mistake_is_asked_for_again(
    administrator_client: Client, channel: Channel, mistake: dict[str, str]
) -> None:
    row = {"number": "+14102161183", "id": "", "channel": channel.pk}
    form = channel_form(row, credential_api_secret="quite-new-9321") | mistake
    response = administrator_client.post(page_of(channel), form)
    assert errors_of(response)["credential_api_secret"][0].startswith("Enter this again")
    assert "credential_api_key" not in errors_of(response)
    assert "quite-new-9321" not in response.content.decode()


@commits
def test_the_secret_is_in_no_page_message_or_log_entry(
    administrator_client: Client, channel: Channel
) -> None:
    pages = [
        administrator_client.post(ADD, new_channel_form(name="")),  # comes back with an error
        administrator_client.post(ADD, new_channel_form({"number": "12"}, name="New")),
        administrator_client.post(ADD, new_channel_form(name="New"), follow=True),
        administrator_client.post(page_of(channel), channel_form(credential_api_secret=SECRET), follow=True),
        administrator_client.get(page_of(channel)),
        administrator_client.get(f"/portal/channels_app/channel/{channel.pk}/history/"),
        administrator_client.get("/portal/"),
    ]
    for page in pages:
        assert SECRET not in page.content.decode()
        assert all(SECRET not in str(value) for value in page.headers.values())
    assert LogEntry.objects.count() == 2
    for entry in LogEntry.objects.all():
        assert SECRET not in entry.change_message + entry.object_repr
    for session in LoginSession.objects.all():
        assert SECRET not in json.dumps(session.get_decoded())


def test_the_log_says_that_a_secret_was_changed(administrator_client: Client, channel: Channel) -> None:
    form = channel_form(credential_api_secret=SECRET, sending_rate=channel.sending_rate)
    administrator_client.post(page_of(channel), form)
    assert LogEntry.objects.get().get_change_message() == "Changed Secret."


def test_credentials_that_cannot_be_decrypted_are_asked_for_again(
    administrator_client: Client, channel: Channel
) -> None:
    Channel.objects.update(encrypted_credentials="garbage")
    page = administrator_client.get(page_of(channel)).content.decode()
    assert page.count("Connection failed: enter key and secret again") == 2
    assert 'placeholder="set"' not in page
    half = administrator_client.post(page_of(channel), channel_form(credential_api_key="a"))
    errors = errors_of(half)
    assert errors["credential_api_secret"] == ["Enter the Secret of your account with the ITSP"]
    assert errors["credential_api_key"][0].startswith("Enter this again")
    whole = channel_form(credential_api_key="a", credential_api_secret="b")
    assert administrator_client.post(page_of(channel), whole).status_code == 302
    channel.refresh_from_db()
    assert channel.account.credentials == {"api_key": "a", "api_secret": "b"}


def test_unreadable_credentials_do_not_stop_other_changes(
    administrator_client: Client, channel: Channel
) -> None:
    Channel.objects.update(encrypted_credentials="garbage")
    assert administrator_client.post(page_of(channel), channel_form(name="Renamed")).status_code == 302
    channel.refresh_from_db()
    assert (channel.name, channel.encrypted_credentials) == ("Renamed", "garbage")


# -- The check -------------------------------------------------------------------------------------------------------


@commits
def test_good_credentials_are_checked_on_save(administrator_client: Client, apidaze: Simulator) -> None:
    form = new_channel_form(
        base_url=apidaze.base_url,
        credential_api_key=apidaze.api_key,
        credential_api_secret=apidaze.api_secret,
    )
    administrator_client.post(ADD, form)
    assert Channel.objects.get().status == "connected"
    assert "Main: Connected" in said(administrator_client, "/portal/channels_app/channel/")


@commits
def test_refused_credentials_are_saved_and_told(administrator_client: Client, apidaze: Simulator) -> None:
    administrator_client.post(ADD, new_channel_form(base_url=apidaze.base_url))
    assert Channel.objects.get().status == "failed"
    messages = said(administrator_client, "/portal/channels_app/channel/")
    assert any(
        "Connection failed since " in each and "the ITSP rejects the key and secret" in each
        for each in messages
    )


@commits
def test_an_itsp_that_does_not_answer_does_not_stop_saving(
    administrator_client: Client, channel: Channel
) -> None:
    response = administrator_client.post(page_of(channel), channel_form(name="Renamed"))
    assert response.status_code == 302
    messages = said(administrator_client, page_of(channel))
    assert any(
        each.startswith("Renamed: Connection failed since ") and ": could not be checked" in each
        for each in messages
    )


def test_the_check_can_be_asked_for(administrator_client: Client, channel: Channel) -> None:
    address = f"/portal/channels_app/channel/{channel.pk}/check/"
    administrator_client.get(address)
    channel.refresh_from_db()
    assert channel.checked_at is None, "a GET changes nothing"
    administrator_client.post(address)
    channel.refresh_from_db()
    assert channel.status == "failed"
    page = administrator_client.get(page_of(channel)).content.decode()
    assert "Connection failed" in page


def test_the_check_can_be_asked_for_in_the_list(administrator_client: Client, channel: Channel) -> None:
    administrator_client.post(
        "/portal/channels_app/channel/",
        {"action": "check_selected", "_selected_action": channel.pk, "index": 0},
    )
    channel.refresh_from_db()
    assert channel.checked_at is not None


def test_many_channels_are_checked_at_once(administrator_client, monkeypatch):
    """Or one press of the button holds a thread for as many time-outs as there are silent ITSPs."""
    monkeypatch.setattr("messaging.admin.channels.CHECK_TIMEOUT", 1)
    with ScriptedServer(lambda connection: time.sleep(10)) as silent:
        for number in range(8):
            new = Channel(name=f"Silent {number}", itsp="apidaze", base_url=silent.url)
            new.set_credentials({"api_key": "key", "api_secret": "secret"})
            new.save()
        began = time.monotonic()
        form = {"action": "check_selected", "_selected_action": [each.pk for each in Channel.objects.all()]}
        administrator_client.post("/portal/channels_app/channel/", form)
        assert time.monotonic() - began < 4
    assert Channel.objects.filter(status="failed", checked_at__isnull=False).count() == 8


def test_another_api_address_needs_the_credentials_again(administrator_client, channel):
    """Else whoever may change the address has the stored secret sent to it."""
    page = administrator_client.get(f"/portal/channels_app/channel/{channel.pk}/change/")
    form = page.context["adminform"].form
    values = {name: form.initial.get(name) or "" for name in form.fields}
    management = {
        "rules-TOTAL_FORMS": "0",
        "rules-INITIAL_FORMS": "0",
        "rules-MIN_NUM_FORMS": "0",
        "rules-MAX_NUM_FORMS": "500",
    }

    answer = administrator_client.post(
        f"/portal/channels_app/channel/{channel.pk}/change/",
        {**values, **management, "base_url": "http://127.0.0.1:9"},
    )

    assert "You changed the API address" in answer.content.decode()
    channel.refresh_from_db()
    assert channel.base_url == "http://127.0.0.1:1"
