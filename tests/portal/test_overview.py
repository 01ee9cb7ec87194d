"""The portal's first page: how things stand, each figure with the list that it counts."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, Domain, Extension, MessageQueue, RoutingRule
from messaging.models import Message, Presence, Session, TrafficCount, UnroutableMessage
from messaging.models.traffic import quarter_of
from tests.portal.conftest import fill

Figures = dict[str, tuple[int, str]]


def figures(client: Client) -> Figures:
    response = client.get("/portal/")
    assert response.status_code == 200
    return {each.label: (each.value, each.address) for each in response.context["figures"]}


@pytest.fixture
def make_session(channel: Channel, queue: MessageQueue) -> Callable[..., Session]:
    """An open session of the queue, whose customer has waited for 5 minutes."""

    def make(customer: str, **values: Any) -> Session:
        now = timezone.now()
        defaults = {"queue": queue, "queue_name": queue.name, "waiting_since": now - dt.timedelta(minutes=5)}
        return Session.objects.create(
            channel=channel,
            our_number="+14102161183",
            customer_number=customer,
            opened_at=now,
            last_activity_at=now,
            **(defaults | values),
        )

    return make


def outbound(session: Session, status: str, **values: Any) -> Message:
    now = timezone.now()
    message = {"direction": "outbound", "origin": "agent", "created_at": now, "concluded_at": now}
    return Message.objects.create(session=session, status=status, **(message | values))


def test_every_figure_counts_what_its_list_shows(
    administrator_client: Client,
    channel: Channel,
    anna: Extension,
    make_session: Callable[..., Session],
) -> None:
    now = timezone.now()
    waiting = make_session("+1")
    held = make_session("+2", holder=anna, holder_name=str(anna))
    make_session("+3", waiting_since=None)
    make_session("+4", status="closed", closed_at=now)
    outbound(held, "failed")
    unconfirmed = outbound(waiting, "unconfirmed")
    old = outbound(waiting, "unconfirmed", concluded_at=now - dt.timedelta(days=8))
    again = outbound(held, "unconfirmed")
    outbound(held, "sent", resent_from=again)
    outbound(held, "sent", resent_from=old)
    for resolution in ("waiting", "dismissed"):
        UnroutableMessage.objects.create(
            channel=channel,
            received_at=now,
            fingerprint=resolution,
            resolution=resolution,
            resolved_at=None if resolution == "waiting" else now,
        )
    Channel.objects.update(status="failed", failure_code="credentials")
    found = figures(administrator_client)
    counted = {label: value for label, (value, _address) in found.items()}
    assert counted == {
        "Received today": 0,
        "Sent today": 0,
        "Failed today": 0,
        "Customers waiting in queues": 1,
        "Failed lately, not sent again": 1,
        "Unconfirmed lately, not sent again": 1,
        "Unroutable messages": 1,
        "Channels not connected": 1,
    }
    listed = {
        label: list(administrator_client.get(address).context["cl"].result_list)
        for label, (_value, address) in found.items()
    }
    assert listed["Customers waiting in queues"] == [waiting]
    assert listed["Failed lately, not sent again"] == [held]
    assert listed["Unconfirmed lately, not sent again"] == [unconfirmed.session]
    assert [each.fingerprint for each in listed["Unroutable messages"]] == ["waiting"]
    assert listed["Channels not connected"] == [channel]


def test_a_channel_shows_its_state_and_the_reason_the_worst_first(
    administrator_client: Client, channel: Channel
) -> None:
    Channel.objects.create(name="Alpha", itsp="apidaze", status="connected")
    Channel.objects.create(name="Beta", itsp="apidaze", enabled=False)
    Channel.objects.filter(pk=channel.pk).update(status="failed", failure_code="credentials")
    lines = administrator_client.get("/portal/").context["channels"]
    assert [line.title for line in lines] == ["Main", "Alpha", "Beta"]
    assert "the ITSP rejects the key and secret" in lines[0].text
    assert lines[0].address == f"/portal/channels_app/channel/{channel.pk}/change/"


def test_a_queue_shows_how_many_wait_for_how_long_and_whether_anybody_is_there(
    administrator_client: Client,
    queue: MessageQueue,
    anna: Extension,
    ben: Extension,
    make_session: Callable[..., Session],
) -> None:
    make_session("+1")
    make_session("+2", waiting_since=timezone.now() - dt.timedelta(hours=2, minutes=1))
    make_session("+3", waiting_since=None)
    [line] = administrator_client.get("/portal/").context["queues"]
    assert line.title == "Support"
    assert "Nobody available" in line.text
    assert "2 sessions waiting, the longest for 2" in line.text
    rows = administrator_client.get(line.address).context["cl"].result_list
    assert {session.customer_number for session in rows} == {"+1", "+2"}
    Presence.objects.create(extension=anna, seen_at=timezone.now())
    [line] = administrator_client.get("/portal/").context["queues"]
    assert "Nobody available" not in line.text
    queue.agents.clear()
    [line] = administrator_client.get("/portal/").context["queues"]
    assert "No agents" in line.text


def test_agents_are_available_or_away(
    administrator_client: Client, anna: Extension, ben: Extension, carla: Extension
) -> None:
    Presence.objects.create(extension=anna, seen_at=timezone.now())
    Presence.objects.create(extension=ben, seen_at=timezone.now(), is_away=True)
    agents = administrator_client.get("/portal/").context["agents"]
    assert (agents["available"], agents["away"], agents["names"]) == (1, 2, "1001 Anna")
    for state, names in (("available", {"Anna"}), ("away", {"Ben", "Carla"})):
        rows = administrator_client.get(agents["addresses"][state]).context["cl"].result_list
        assert {seat.name for seat in rows} == names


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/New_York"])
def test_charts_count_in_the_portals_time_zone(
    administrator_client: Client, channel: Channel, settings: Any, zone: str
) -> None:
    settings.TIME_ZONE = zone
    with timezone.override(zone), time_machine.travel("2026-11-20T18:10:00Z", tick=False):
        for hours, received in ((0, 3), (1, 5), (30, 7), (24 * 40, 11)):
            at = timezone.now() - dt.timedelta(hours=hours)
            TrafficCount.objects.create(
                channel=channel, quarter_at=quarter_of(at), received=received, sent=1, failed=2
            )
        administrator_client.get("/portal/")
        context = administrator_client.get("/portal/").context
        today, days = context["charts"]
        local = timezone.localtime()
        assert len(today.bars) == 24
        assert today.bars[local.hour].received == 3
        assert today.bars[local.hour].label == f"{local:%H:00}"
        in_today = 8 if local.hour else 3
        assert days.bars[-1].received == in_today
        assert sum(bar.received for bar in days.bars) == 15
        assert context["figures"][0].value == in_today
        data = json.loads(today.data)
        assert [each["label"] for each in data["datasets"]] == ["Received", "Sent"]
        assert data["datasets"][0]["data"][local.hour] == 3


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25)])
def test_a_day_with_a_changed_clock_has_another_number_of_hours(
    channel: Channel, day: str, hours: int
) -> None:
    from messaging.traffic.series import traffic

    with timezone.override("America/New_York"), time_machine.travel(f"{day}T20:00:00Z", tick=False):
        late = timezone.localtime().replace(hour=23, minute=45).astimezone(dt.UTC)
        TrafficCount.objects.create(channel=channel, quarter_at=quarter_of(late), received=1)
        found = traffic()
        assert len(found.hours) == hours
        assert found.hours[-1].received == found.today.received == 1
        assert found.hours[-1].label == "23:00"


def test_a_supervisor_sees_how_things_stand_and_no_setting(
    supervisor_client: Client,
    channel: Channel,
    rule: RoutingRule,
    make_session: Callable[..., Session],
) -> None:
    make_session("+1")
    response = supervisor_client.get("/portal/")
    page = response.content.decode()
    assert response.context["guidance"] is None
    assert "/portal/set-up/" not in page
    assert "/portal/channels_app/extension/" not in page
    for address in {each.address for each in response.context["figures"]}:
        assert supervisor_client.get(address).status_code == 200
    for line in [*response.context["channels"], *response.context["queues"]]:
        assert supervisor_client.get(line.address).status_code == 200


@pytest.mark.parametrize("rows", [0, 1, pytest.param(10_000, marks=pytest.mark.once)])
def test_the_first_page_asks_little_with_any_number_of_sessions(
    administrator_client: Client,
    channel: Channel,
    queue: MessageQueue,
    django_assert_max_num_queries: Any,
    rows: int,
) -> None:
    now = timezone.now()
    fill(
        Session(
            channel=channel,
            our_number="+1",
            customer_number=f"+{number}",
            queue=queue,
            status="open" if number % 2 else "closed",
            closed_at=None if number % 2 else now,
            opened_at=now,
            last_activity_at=now,
            waiting_since=now if number % 20 == 1 else None,
        )
        for number in range(rows)
    )
    with django_assert_max_num_queries(15):
        assert administrator_client.get("/portal/").status_code == 200


def test_a_broken_domain_is_shown_with_its_reason_and_a_good_one_is_not(
    administrator_client: Client,
) -> None:
    now = timezone.now()
    Domain.objects.create(host="good.example.com", checked_at=now)
    soon = now + dt.timedelta(days=3)
    Domain.objects.create(host="soon.example.com", checked_at=now, certificate_ends_at=soon)
    broken = Domain.objects.create(host="worse.example.com", checked_at=now, problem="unknown_name")
    response = administrator_client.get("/portal/")
    lines = response.context["domains"]
    assert [line.title for line in lines] == ["worse.example.com", "soon.example.com"]
    assert "the name is not known on the internet" in lines[0].text
    assert lines[0].address == f"/portal/channels_app/domain/{broken.pk}/change/"
    assert "Domains that need attention" in response.content.decode()
    Domain.objects.exclude(host="good.example.com").delete()
    assert "Domains that need attention" not in administrator_client.get("/portal/").content.decode()
