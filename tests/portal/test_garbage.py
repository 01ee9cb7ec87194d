"""Garbage at every address of the portal: an answer a person understands, never a 500."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import pytest
from django.test import Client

from channels_app.models import Channel
from tests.portal.conftest import ADD, channel_form, new_channel_form, page_of
from tests.portal.test_access import addresses, everything  # noqa: F401

JUNK = ["x", "9" * 40, "\x00", "'\"><script>", "[]"]
# Each thing is tried with one piece of junk, the next with another; all turns of that are the whole product.
turns = pytest.mark.parametrize(
    "turn", [0, *(pytest.param(n, marks=pytest.mark.sweep) for n in range(1, len(JUNK)))]
)


def junk_at(turn: int) -> Iterator[str]:
    """The pieces one after the other, without end, beginning with the piece of this turn."""
    return islice(cycle(JUNK), turn, None)


FILTERS = [
    "channel",
    "user",
    "kind",
    "queues__exact",
    "channel__id__exact",
    "queue__id__exact",
    "holder__id__exact",
    "status__exact",
    "outcome__exact",
]
FILTERS += [
    "received_at_from",
    "last_activity_at_to",
    "resolution__exact",
    "enabled__exact",
    "gone",
    "waiting",
]
OTHERS = ["q", "p", "o", "all", "range", "before", "itsp", "_changelist_filters", "_to_field"]
ACTIONS = ["delete_selected", "transfer_selected", "close_selected", "check_selected", "unlock_selected"]
LISTS = [
    "channels_app/channel",
    "channels_app/messagequeue",
    "channels_app/user",
    "messaging/session",
    "messaging/unroutablemessage",
    "messaging/webhooklogentry",
    "messaging/change",
    "channels_app/extension",
]


@turns
def test_garbage_in_the_address_of_a_list_is_answered(
    administrator_client: Client, channel: Channel, turn: int
) -> None:
    for number, model in enumerate(LISTS):
        for name, junk in zip(FILTERS + OTHERS, junk_at(turn + number), strict=False):
            response = administrator_client.get(f"/portal/{model}/", {name: junk})
            assert response.status_code < 500, (model, name, junk)


@turns
def test_garbage_at_every_address_is_answered(
    administrator_client: Client,
    everything: dict[type[Any], Any],  # noqa: F811
    turn: int,
) -> None:
    names = ["name", "mode", "agents", "number", "login", "username", "role", "host", "port", "is_active"]
    names += ["old_address", "target", "asked_from", "action", "_selected_action", "_popup", "index"]
    for address, junk in zip(addresses(everything), junk_at(turn), strict=False):
        assert administrator_client.get(address, dict.fromkeys(OTHERS, junk)).status_code < 500, address
        if "/delete/" not in address:  # any confirmation deletes
            assert administrator_client.post(address, dict.fromkeys(names, junk)).status_code < 500, address


@turns
def test_garbage_in_each_field_of_a_channel_is_answered(
    administrator_client: Client, channel: Channel, turn: int
) -> None:
    row = {"number": "+14102161183", "allowed_extensions": "", "id": "", "channel": ""}
    form = new_channel_form(row, domain="")
    for field, junk in zip(form, junk_at(turn), strict=False):
        if field.endswith("_FORMS") and junk.isdecimal():
            continue  # 500 rows are drawn: right, and slow
        assert administrator_client.post(ADD, form | {field: junk}).status_code < 500, field
        changed = channel_form(row) | {field: junk}
        assert administrator_client.post(page_of(channel), changed).status_code < 500, field


@turns
def test_garbage_as_selected_rows_is_answered(
    administrator_client: Client, channel: Channel, turn: int
) -> None:
    for number, model in enumerate(LISTS):
        for action, junk in zip(ACTIONS, junk_at(turn + number), strict=False):
            form = {"action": action, "_selected_action": junk}
            for extra in ({"index": 0}, {"post": "yes"}):
                response = administrator_client.post(f"/portal/{model}/", form | extra)
                assert response.status_code < 500, (model, action)


@pytest.mark.parametrize("page", [*JUNK, "0", "2"])
def test_a_page_of_the_search_that_is_none_is_not_found(administrator_client: Client, page: str) -> None:
    assert administrator_client.get("/portal/search/", {"s": "a", "page": page}).status_code == 404
    assert administrator_client.get("/portal/search/", {"s": "a"}).status_code == 200


@pytest.mark.parametrize("junk", JUNK)
def test_garbage_typed_into_a_choice_is_answered(
    administrator_client: Client, channel: Channel, junk: str
) -> None:
    choice = {"app_label": "channels_app", "model_name": "messagequeue", "field_name": "agents", "term": "a"}
    for name in choice:
        response = administrator_client.get("/portal/autocomplete/", choice | {name: junk})
        assert response.status_code < 500, name


def test_no_page_saves_what_it_shows_as_something_new(administrator_client: Client, channel: Channel) -> None:
    form = channel_form(name="Copy", _saveasnew="1")
    assert administrator_client.post(page_of(channel), form).status_code == 400
    assert Channel.objects.count() == 1
