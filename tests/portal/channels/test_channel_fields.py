"""A channel's form: its fields with their defaults, ranges and conditions, and what bad input gets."""

from __future__ import annotations

import pytest
from django.test import Client

from channels_app.models import Channel, Domain, MessageQueue, WebhookToken
from tests.portal.conftest import ADD, channel_form, errors_of, new_channel_form, page_of

RATE = "Enter a whole number from 1 to 1,000, for example 1"
DAYS = "Enter a whole number of days from 1 to 365, for example 7"


def test_the_add_button_offers_the_sms_channel_types_first(administrator_client: Client) -> None:
    listing = administrator_client.get("/portal/channels_app/channel/")
    assert b"Add SMS channel" in listing.content
    choice = administrator_client.get("/portal/channels_app/channel/add/").content.decode()
    assert 'href="?itsp=apidaze"' in choice
    assert 'name="name"' not in choice


def test_an_itsp_that_does_not_exist_is_refused(administrator_client: Client) -> None:
    response = administrator_client.post(
        "/portal/channels_app/channel/add/?itsp=nobody", new_channel_form(itsp="nobody")
    )
    assert "There is no ITSP “nobody”." in response.content.decode()
    assert not Channel.objects.exists()


def test_a_new_channel_has_the_defaults(administrator_client: Client) -> None:
    form = administrator_client.get(ADD).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    assert shown == {
        "name": None,
        "enabled": True,
        "base_url": None,
        "sending_rate": 1,
        "close_automatically": False,
        "session_timeout_days": 7,
        "accompanying_text": "You have received a file.",
        "allow_takeover": False,
        "credential_api_key": None,
        "credential_api_secret": None,
    }


def test_a_channel_is_created_with_the_chosen_itsp(administrator_client: Client) -> None:
    response = administrator_client.post(ADD, new_channel_form(itsp="other"))
    assert response.status_code == 302
    assert Channel.objects.get().itsp == "apidaze"


def test_the_itsp_is_fixed_once_saved(administrator_client: Client, channel: Channel) -> None:
    administrator_client.post(f"{page_of(channel)}?itsp=other", channel_form(itsp="other"))
    channel.refresh_from_db()
    assert channel.itsp == "apidaze"


def test_the_fields_stand_in_two_tabs_with_the_numbers_inside_the_second(
    administrator_client: Client,
) -> None:
    tabs = administrator_client.get(ADD).context["tabs"]
    assert [tab.name for tab in tabs] == ["Authentication", "Messaging Setting"]
    assert [len(tab.inlines) for tab in tabs] == [0, 1]
    assert [tab.is_open for tab in tabs] == [True, False]


def test_tabs_are_buttons_for_the_keyboard(administrator_client: Client) -> None:
    page = administrator_client.get(ADD).content.decode()
    assert page.count('role="tab"') == 2
    assert page.count('role="tabpanel"') == 2
    assert 'aria-controls="panel-messaging-setting"' in page


@pytest.mark.parametrize("name", ["", "   ", None])
def test_a_name_is_required(administrator_client: Client, name: str | None) -> None:
    errors = errors_of(administrator_client.post(ADD, new_channel_form(name=name)))
    assert errors == {"name": ["Enter a name, for example Main account"]}


def test_a_name_has_127_characters_at_most(administrator_client: Client) -> None:
    assert "name" in errors_of(administrator_client.post(ADD, new_channel_form(name="x" * 128)))
    assert administrator_client.post(ADD, new_channel_form(name="x" * 127)).status_code == 302


def test_a_name_is_there_once(administrator_client: Client, channel: Channel) -> None:
    errors = errors_of(administrator_client.post(ADD, new_channel_form(name=channel.name)))
    assert errors == {"name": ["There is already a channel with this name."]}


@pytest.mark.parametrize("rate", ["0", "-1", "1001", "1.5", "abc", "", "1e3", "99999999999999999999"])
def test_a_rate_out_of_range_gets_the_range(administrator_client: Client, rate: str) -> None:
    assert errors_of(administrator_client.post(ADD, new_channel_form(sending_rate=rate))) == {
        "sending_rate": [RATE]
    }
    assert not Channel.objects.exists()


@pytest.mark.parametrize("rate", ["1", "1000"])
def test_a_rate_within_the_range_is_saved(administrator_client: Client, rate: str) -> None:
    administrator_client.post(ADD, new_channel_form(sending_rate=rate))
    assert Channel.objects.get().sending_rate == int(rate)


@pytest.mark.parametrize("days", ["0", "366", "1.5", "x", ""])
def test_the_timeout_is_asked_for_while_sessions_close_automatically(
    administrator_client: Client, days: str
) -> None:
    form = new_channel_form(close_automatically="on", session_timeout_days=days)
    assert errors_of(administrator_client.post(ADD, form)) == {"session_timeout_days": [DAYS]}


@pytest.mark.parametrize("days", ["", "0", "abc", None])
def test_the_timeout_is_not_asked_for_otherwise_and_keeps_its_value(
    administrator_client: Client, channel: Channel, days: str | None
) -> None:
    Channel.objects.update(session_timeout_days=30)
    response = administrator_client.post(page_of(channel), channel_form(session_timeout_days=days))
    assert response.status_code == 302
    channel.refresh_from_db()
    assert channel.session_timeout_days == 30


def test_a_file_needs_an_accompanying_text_at_apidaze(administrator_client: Client) -> None:
    errors = errors_of(administrator_client.post(ADD, new_channel_form(accompanying_text="  ")))
    assert errors == {
        "accompanying_text": [
            "This ITSP refuses a file without a text. Enter one, for example You have received a file."
        ]
    }


def test_an_api_address_that_is_none_is_refused(administrator_client: Client) -> None:
    errors = errors_of(administrator_client.post(ADD, new_channel_form(base_url="not an address")))
    assert errors == {"base_url": ["This is not a web address; write it like https://api.example.com"]}


def test_the_first_tab_with_an_error_is_open_and_counts_it(
    administrator_client: Client, queue: MessageQueue
) -> None:
    rows = {"number": "12", "destination": f"queue:{queue.pk}"}
    response = administrator_client.post(ADD, new_channel_form(rows, sending_rate="0"))
    tabs = response.context["tabs"]
    assert [(tab.error_count, tab.is_open) for tab in tabs] == [(0, False), (2, True)]
    assert '<span class="tl-tab-errors">2<' in response.content.decode()


def test_an_error_in_the_first_tab_goes_before_one_in_a_number(administrator_client: Client) -> None:
    response = administrator_client.post(ADD, new_channel_form({"number": "12"}, name=""))
    assert [(tab.error_count, tab.is_open) for tab in response.context["tabs"]] == [(1, True), (1, False)]


# -- The webhook address -------------------------------------------------------------------------------------------


def test_a_channel_has_its_webhook_address_once_it_is_saved(
    administrator_client: Client, channel: Channel
) -> None:
    assert b"/webhooks/" not in administrator_client.get(ADD).content
    page = administrator_client.get(page_of(channel)).content.decode()
    address = f"http://localhost/webhooks/apidaze/{channel.webhook_token}/"
    assert f'data-address="{address}"' in page
    assert f"{address} (local only)" in page


def test_there_is_one_webhook_address_a_domain_and_the_chosen_one_is_kept(
    administrator_client: Client, channel: Channel
) -> None:
    Domain.objects.create(host="sms.example.com")
    other = Domain.objects.create(host="text.example.com", port=8443)
    page = administrator_client.get(page_of(channel)).content.decode()
    token = channel.webhook_token
    assert f"https://sms.example.com/webhooks/apidaze/{token}/" in page
    assert f"https://text.example.com:8443/webhooks/apidaze/{token}/" in page
    assert "local only" not in page
    administrator_client.post(page_of(channel), channel_form(domain=other.pk))
    channel.refresh_from_db()
    assert channel.domain == other


def test_a_new_channel_takes_the_first_domain(administrator_client: Client) -> None:
    domain = Domain.objects.create(host="sms.example.com")
    administrator_client.post(ADD, new_channel_form())
    assert Channel.objects.get().domain == domain


@pytest.mark.parametrize(("choice", "old_works"), [("later", True), ("now", False)])
def test_a_new_webhook_address_ends_the_old_one_in_a_day_or_at_once(
    administrator_client: Client, channel: Channel, choice: str, old_works: bool
) -> None:
    old = channel.webhook_token
    address = f"/portal/channels_app/channel/{channel.pk}/rotate/"
    assert administrator_client.get(address).status_code == 200
    assert channel.webhook_token == old, "only asking changed it"
    administrator_client.post(address, {"old_address": choice})
    assert channel.webhook_token != old
    assert (WebhookToken.channel_of("apidaze", old) == channel) is old_works
    page = administrator_client.get(page_of(channel)).content.decode()
    assert ("The previous address works until" in page) is old_works
