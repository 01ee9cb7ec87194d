"""The channel list: status in words, figures of a period, and what can be deleted."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone, translation
from unfold.admin import ModelAdmin as UnfoldAdmin

from channels_app.models import Channel, MessageQueue, RoutingRule
from messaging.models import Message, Session, TrafficCount, UnroutableMessage, WebhookLogEntry
from messaging.models.traffic import quarter_of
from tests.benchmarks import backlog

CHANNELS = "/portal/channels_app/channel/"
UTC = dt.UTC


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ["Not checked yet"]),
        ({"status": "connected"}, ["Connected"]),
        (
            {"status": "failed", "failure_code": "credentials"},
            ["Connection failed", "the ITSP rejects the key"],
        ),
        (
            {"status": "failed", "failure_code": "unreadable"},
            ["Connection failed", "enter key and secret again"],
        ),
        ({"status": "connected", "enabled": False}, ["Disabled"]),
    ],
)
def test_the_status_is_told_in_words(
    administrator_client: Client, channel: Channel, values: dict[str, Any], words: list[str]
) -> None:
    Channel.objects.update(**values)
    page = administrator_client.get(CHANNELS).content.decode()
    for word in words:
        assert f">{word}" in page


def figures_shown(client: Client, **query: str) -> tuple[int, int, int, int]:
    channel = client.get(CHANNELS, query).context["cl"].result_list[0]
    return (
        channel.figures.received,
        channel.figures.sent_total,
        channel.figures.sent,
        channel.figures.failed,
    )


@time_machine.travel(dt.datetime(2026, 3, 10, 12, 0, tzinfo=UTC), tick=False)
@pytest.mark.parametrize(
    ("period", "received"),
    [
        ("today", 1),
        ("yesterday", 10),
        ("7-days", 111),
        ("30-days", 1111),
        ("month", 111),
        ("all", 11111),
        ("x", 1),
    ],
)
def test_the_figures_are_those_of_the_period(
    administrator_client: Client, channel: Channel, period: str, received: int
) -> None:
    for day, number in [
        (dt.datetime(2026, 3, 10, 0, 0, tzinfo=UTC), 1),
        (dt.datetime(2026, 3, 9, 23, 45, tzinfo=UTC), 10),
        (dt.datetime(2026, 3, 4, 0, 0, tzinfo=UTC), 100),
        (dt.datetime(2026, 2, 20, 0, 0, tzinfo=UTC), 1000),
        (dt.datetime(2025, 1, 1, 0, 0, tzinfo=UTC), 10000),
    ]:
        TrafficCount.objects.create(channel=channel, quarter_at=day, received=number)
    assert figures_shown(administrator_client, range=period)[0] == received


@time_machine.travel(dt.datetime(2026, 3, 10, 12, 0, tzinfo=UTC), tick=False)
def test_a_custom_range_has_both_its_days(administrator_client: Client, channel: Channel) -> None:
    for hours, number in [(-1, 1), (0, 10), (47, 100), (48, 1000)]:
        at = dt.datetime(2026, 3, 4, tzinfo=UTC) + dt.timedelta(hours=hours)
        TrafficCount.objects.create(channel=channel, quarter_at=at, received=number)
    asked = {"range": "custom", "from": "2026-03-04", "to": "2026-03-05"}
    assert figures_shown(administrator_client, **asked)[0] == 110
    page = administrator_client.get(CHANNELS, asked | {"q": "main"}).content.decode()
    assert 'value="2026-03-04"' in page
    assert '<input type="hidden" name="q" value="main">' in page


@pytest.mark.parametrize(
    ("first", "last", "problem"),
    [
        ("2026-03-05", "2026-03-04", "The first day is after the last one."),
        ("", "2026-03-04", "Choose the first and the last day"),
        ("yesterday", "<b>", "Choose the first and the last day"),
        ("0001-01-01", "9999-12-31", "Choose the first and the last day"),
        ("2026-02-30", "2026-03-01", "Choose the first and the last day"),
        ("x" * 5000, "2026-03-01", "Choose the first and the last day"),
    ],
)
def test_a_custom_range_that_makes_no_sense_is_told_and_shows_today(
    administrator_client: Client, channel: Channel, first: str, last: str, problem: str
) -> None:
    TrafficCount.objects.create(channel=channel, quarter_at=quarter_of(timezone.now()), received=3)
    answer = administrator_client.get(CHANNELS, {"range": "custom", "from": first, "to": last})
    assert problem in answer.content.decode()
    assert "<b>" not in answer.content.decode()
    assert answer.context["cl"].result_list[0].figures.received == 3


def test_segments_and_messages_with_files_are_columns_of_their_own(
    administrator_client: Client, channel: Channel
) -> None:
    TrafficCount.objects.create(
        channel=channel, quarter_at=quarter_of(timezone.now()), sent=2, segments=571, with_files=213
    )
    page = administrator_client.get(CHANNELS).content.decode()
    assert ">571<" in page
    assert ">213<" in page


def test_sent_in_total_is_successful_and_failed(administrator_client: Client, channel: Channel) -> None:
    now = quarter_of(timezone.now())
    TrafficCount.objects.create(channel=channel, quarter_at=now, sent=5, failed=2, unconfirmed=1)
    TrafficCount.objects.create(channel=channel, quarter_at=now, sent=1, failed=-1, unconfirmed=-1)
    assert figures_shown(administrator_client) == (0, 7, 6, 1)


def test_the_list_shows_last_inbound_and_what_waits(administrator_client: Client, channel: Channel) -> None:
    now = timezone.now()
    WebhookLogEntry.objects.create(channel=channel, received_at=now - dt.timedelta(hours=2), outcome="stored")
    session = Session.objects.create(
        channel=channel, our_number="+1", customer_number="+2", opened_at=now, last_activity_at=now
    )
    for _ in range(3):
        Message.objects.create(
            session=session, direction="outbound", origin="agent", text="x", created_at=now, status="queued"
        )
    figures = administrator_client.get(CHANNELS).context["cl"].result_list[0].figures
    assert figures.waiting == 3
    assert figures.last_inbound_at == now - dt.timedelta(hours=2)


def test_the_list_takes_as_many_queries_with_many_channels(
    administrator_client: Client, channel: Channel, django_assert_max_num_queries: Any
) -> None:
    for index in range(20):
        other = Channel.objects.create(name=f"C{index}", itsp="apidaze")
        RoutingRule.objects.create(channel=other, number=f"ABC{index}")
    with django_assert_max_num_queries(15):
        administrator_client.get(CHANNELS)


def test_a_channel_is_found_by_name_and_number(administrator_client: Client, rule: RoutingRule) -> None:
    Channel.objects.create(name="Other", itsp="apidaze")
    for term in ("Main", rule.number):
        found = administrator_client.get(CHANNELS, {"q": term}).context["cl"].result_list
        assert [channel.name for channel in found] == ["Main"]


# -- Deleting ----------------------------------------------------------------------------------------------------------


def test_a_channel_that_was_never_used_is_deleted_after_asking(
    administrator_client: Client, rule: RoutingRule
) -> None:
    address = f"{CHANNELS}{rule.channel_id}/delete/"
    assert rule.number in administrator_client.get(address).content.decode()
    administrator_client.post(address, {"post": "yes"})
    assert not Channel.objects.exists()


@pytest.mark.parametrize("kept", ["session", "unroutable"])
def test_a_channel_with_sessions_or_messages_is_not_deleted(
    administrator_client: Client, channel: Channel, kept: str
) -> None:
    now = timezone.now()
    if kept == "session":
        Session.objects.create(
            channel=channel, our_number="+1", customer_number="+2", opened_at=now, last_activity_at=now
        )
    else:
        UnroutableMessage.objects.create(channel=channel, received_at=now, fingerprint="f")
    sentence = "“Main” has sessions or messages, which are kept: disable the channel instead."
    response = administrator_client.post(f"{CHANNELS}{channel.pk}/delete/", {"post": "yes"})
    assert sentence in response.content.decode()
    kind = "session" if kept == "session" else "unroutablemessage"
    assert f"/portal/messaging/{kind}/?channel__id__exact={channel.pk}" in response.content.decode()
    form = {"action": "delete_selected", "_selected_action": channel.pk, "post": "yes"}
    assert sentence in administrator_client.post(CHANNELS, form).content.decode()
    assert Channel.objects.exists()


def test_what_waits_in_a_channel_can_be_cancelled_after_a_question(administrator_client, channel):
    backlog.fill(channel_with_number(channel), 3, sessions=2)
    address = f"/portal/channels_app/channel/{channel.pk}/cancel-waiting/"

    assert "Cancel all 3 messages" in administrator_client.get(address).content.decode()
    assert Message.objects.filter(status="queued").count() == 3
    page = administrator_client.post(address, follow=True).content.decode()

    assert "3 messages were cancelled." in page
    assert not Message.objects.filter(status="queued").exists()


def test_where_nothing_waits_there_is_nothing_to_cancel(administrator_client, channel):
    address = f"/portal/channels_app/channel/{channel.pk}/cancel-waiting/"

    page = administrator_client.get(address).content.decode()
    assert "Nothing is waiting in “Main”" in page
    assert "tl-button-danger" not in page
    assert "Nothing was waiting." in administrator_client.post(address, follow=True).content.decode()
    assert not LogEntry.objects.exists()


def test_a_supervisor_cancels_nothing(supervisor_client, channel):
    backlog.fill(channel_with_number(channel), 1)

    address = f"/portal/channels_app/channel/{channel.pk}/cancel-waiting/"
    assert supervisor_client.post(address).status_code == 403
    assert Message.objects.filter(status="queued").count() == 1


def channel_with_number(channel):
    queue = MessageQueue.objects.create(name="Any")
    channel.rules.create(number="+14105550123", destination_queue=queue)
    return channel


def test_the_boxes_beside_the_rows_are_unfolds(channel: Channel) -> None:
    model_admin = site.get_model_admin(Channel)
    for language in ("en", "de", "en"):
        with translation.override(language):
            assert model_admin.action_checkbox(channel) == UnfoldAdmin.action_checkbox(model_admin, channel)
    channel.pk = '"><script>'
    assert "<script" not in model_admin.action_checkbox(channel)
