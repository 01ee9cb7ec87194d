"""The Number rows of a channel's form: numbers, destinations, who may start, 10DLC."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from channels_app.models import Channel, Extension, MessageQueue, RoutingRule
from tests.conftest import NUMBER
from tests.portal.conftest import ADD, channel_form, errors_of, new_channel_form, page_of


def saved_row(rule: RoutingRule, **values: Any) -> dict[str, Any]:
    destination = f"queue:{rule.destination_queue_id}" if rule.destination_queue_id else ""
    if rule.destination_extension_id:
        destination = f"extension:{rule.destination_extension_id}"
    row = {
        "id": rule.pk,
        "channel": rule.channel_id,
        "destination": destination,
        "registration": rule.registration,
    }
    return {**row, **values}


@pytest.mark.parametrize(
    "typed", ["+14102161183", "+1 (410) 216-1183", "001 410 216 1183", " +1.410.216.1183 "]
)
def test_a_number_is_stored_in_one_form(
    administrator_client: Client, queue: MessageQueue, typed: str
) -> None:
    row = {"number": typed, "destination": f"queue:{queue.pk}"}
    assert errors_of(administrator_client.post(ADD, new_channel_form(row))) == {}
    assert RoutingRule.objects.get().number == NUMBER


@pytest.mark.parametrize("typed", ["4102161183", "+1", "+1410", "12 34", "+", "0"])
def test_an_impossible_number_gets_an_example(
    administrator_client: Client, queue: MessageQueue, typed: str
) -> None:
    row = {"number": typed, "destination": f"queue:{queue.pk}"}
    errors = errors_of(administrator_client.post(ADD, new_channel_form(row)))
    sentence = f"“{typed}” is not a phone number in international format, for example +14102161183"
    assert errors == {"rules-0-number": [sentence]}
    assert not Channel.objects.exists(), "half a write"


def test_a_number_needs_a_destination(administrator_client: Client) -> None:
    errors = errors_of(administrator_client.post(ADD, new_channel_form({"number": NUMBER})))
    sentence = "Choose who receives messages to this number: an extension or a message queue."
    assert errors == {"rules-0-destination": [sentence]}


@pytest.mark.parametrize("destination", ["queue:999", "extension:999", "queue:", "queue:x", "nonsense", ":1"])
def test_a_destination_that_does_not_exist_is_refused(administrator_client: Client, destination: str) -> None:
    row = {"number": NUMBER, "destination": destination}
    assert list(errors_of(administrator_client.post(ADD, new_channel_form(row)))) == ["rules-0-destination"]


def test_one_drop_down_offers_queues_and_extensions(
    administrator_client: Client, channel: Channel, queue: MessageQueue
) -> None:
    MessageQueue.objects.create(name="Empty")
    page = administrator_client.get(page_of(channel)).content.decode()
    assert "Queue Support" in page
    assert "Queue Empty (no agents)" in page
    assert "Extension 1001 Anna" in page


def test_a_destination_can_be_changed_between_a_queue_and_an_extension(
    administrator_client: Client, rule: RoutingRule, anna: Extension
) -> None:
    form = channel_form(saved_row(rule, destination=f"extension:{anna.pk}"), saved=1)
    assert errors_of(administrator_client.post(page_of(rule.channel), form)) == {}
    rule.refresh_from_db()
    assert (rule.destination_extension, rule.destination_queue) == (anna, None)


def test_the_number_of_a_saved_row_cannot_be_changed(administrator_client: Client, rule: RoutingRule) -> None:
    page = administrator_client.get(page_of(rule.channel)).content.decode()
    field = next(line for line in page.split("<input") if 'name="rules-0-number"' in line)
    assert "disabled" in field
    form = channel_form(saved_row(rule, number="+14105550000"), saved=1)
    administrator_client.post(page_of(rule.channel), form)
    rule.refresh_from_db()
    assert rule.number == NUMBER


def test_a_row_can_be_removed(administrator_client: Client, rule: RoutingRule) -> None:
    administrator_client.post(page_of(rule.channel), channel_form(saved_row(rule, DELETE="on"), saved=1))
    assert not RoutingRule.objects.exists()


def test_an_added_row_left_empty_is_no_number(administrator_client: Client) -> None:
    assert administrator_client.post(ADD, new_channel_form({})).status_code == 302
    assert not RoutingRule.objects.exists()


def test_an_alphanumeric_sender_has_no_destination(administrator_client: Client, queue: MessageQueue) -> None:
    row = {"number": "ACME Shop", "destination": f"queue:{queue.pk}"}
    assert errors_of(administrator_client.post(ADD, new_channel_form(row))) == {}
    rule = RoutingRule.objects.get()
    assert (rule.number, rule.destination, rule.registration) == ("ACME Shop", None, "not_needed")


@pytest.mark.parametrize("sender", ["AB", "ACME Shop Ltd", "ACME_Shop", "Süd"])
def test_a_sender_id_that_networks_cannot_show_is_refused(administrator_client: Client, sender: str) -> None:
    errors = errors_of(administrator_client.post(ADD, new_channel_form({"number": sender})))
    assert errors["rules-0-number"][0].startswith(f"“{sender}” is not a sender ID: 3 to 11 of A-Z")


def test_a_number_twice_in_one_form_is_refused_at_the_second(
    administrator_client: Client, queue: MessageQueue
) -> None:
    rows = [{"number": typed, "destination": f"queue:{queue.pk}"} for typed in (NUMBER, "+1 410 216 1183")]
    errors = errors_of(administrator_client.post(ADD, new_channel_form(*rows)))
    assert errors == {"rules-1-number": [f"{NUMBER} is in this form twice."]}


def test_a_number_of_another_channel_is_refused_with_its_name(
    administrator_client: Client, rule: RoutingRule, queue: MessageQueue
) -> None:
    row = {"number": NUMBER, "destination": f"queue:{queue.pk}"}
    errors = errors_of(administrator_client.post(ADD, new_channel_form(row, name="Second")))
    sentence = f"{NUMBER} belongs to the channel “Main”. A number can be in one channel only."
    assert errors == {"rules-0-number": [sentence]}


def test_a_number_that_the_channel_has_already_is_refused(
    administrator_client: Client, rule: RoutingRule, queue: MessageQueue
) -> None:
    new = {"number": NUMBER, "destination": f"queue:{queue.pk}"}
    form = channel_form(saved_row(rule), new, saved=1)
    assert "rules-1-number" in errors_of(administrator_client.post(page_of(rule.channel), form))


def test_extensions_that_may_start_sessions_are_saved(
    administrator_client: Client, queue: MessageQueue, anna: Extension, ben: Extension
) -> None:
    row = {"number": NUMBER, "destination": f"queue:{queue.pk}", "allowed_extensions": [anna.pk, ben.pk]}
    administrator_client.post(ADD, new_channel_form(row))
    assert set(RoutingRule.objects.get().allowed_extensions.all()) == {anna, ben}


def test_a_us_number_starts_as_not_registered(administrator_client: Client, queue: MessageQueue) -> None:
    row = {"number": NUMBER, "destination": f"queue:{queue.pk}", "registration": ""}
    administrator_client.post(ADD, new_channel_form(row))
    assert RoutingRule.objects.get().registration == "not_registered"


def test_a_registration_is_asked_for_us_numbers_only(
    administrator_client: Client, queue: MessageQueue
) -> None:
    rows = [
        {"number": number, "destination": f"queue:{queue.pk}", "registration": "registered"}
        for number in (NUMBER, "+41443643532", "+14165550123")
    ]
    administrator_client.post(ADD, new_channel_form(*rows))
    assert dict(RoutingRule.objects.values_list("number", "registration")) == {
        NUMBER: "registered",
        "+41443643532": "not_needed",
        "+14165550123": "not_needed",
    }


def test_a_row_warns_while_a_us_number_is_not_registered(
    administrator_client: Client, rule: RoutingRule
) -> None:
    page = administrator_client.get(page_of(rule.channel)).content.decode()
    assert "US carriers silently drop messages to US recipients" in page
    assert 'data-kind="us"' in page


def test_the_page_takes_as_many_queries_with_many_numbers(
    administrator_client: Client, rule: RoutingRule, queue: MessageQueue, django_assert_max_num_queries: Any
) -> None:
    for index in range(20):
        RoutingRule.objects.create(
            channel=rule.channel, number=f"+141055501{index:02}", destination_queue=queue
        )
    with django_assert_max_num_queries(45):
        administrator_client.get(page_of(rule.channel))
