"""The figures equal a recount of the messages, in every zone; where they don't, the recount says so and mends it."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from channels_app.providers.base import InboundMessage
from messaging.admin import periods
from messaging.inbound import receiving
from messaging.models import Message, TrafficCount
from messaging.traffic.counting import Counts, fold_traffic
from messaging.traffic.recount import recount
from tests.conftest import CUSTOMER, NUMBER

UTC = dt.UTC


@pytest.fixture
def receive_at(channel, rule):
    def receive_at(at: dt.datetime, text: str = "Hello") -> Message:
        message = InboundMessage(sender=CUSTOMER, recipient=NUMBER, text=f"{text} {at}")
        with time_machine.travel(at, tick=False):
            stored = receiving.receive(
                channel, receiving.Arrival(message, receiving.fingerprint(channel, message))
            )
        assert stored.message is not None
        return stored.message

    return receive_at


def conclude(message: Message, status: str, at: dt.datetime) -> None:
    """As a sender does: the status, and its count."""
    message.status, message.concluded_at, message.segments = status, at, 2
    message.save()
    counts = Counts()
    counts.add(message, message.session.channel_id)
    counts.save()


# Nepal is 45 minutes off; in New York an hour is missing on 8 March and comes twice on 1 November; Lord Howe
# moves its clocks by half an hour.
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Asia/Kathmandu", dt.date(2026, 3, 10)),
        ("America/New_York", dt.date(2026, 3, 8)),
        ("America/New_York", dt.date(2026, 11, 1)),
        ("Australia/Lord_Howe", dt.date(2026, 4, 5)),
        ("Pacific/Apia", dt.date(2026, 3, 10)),
        ("UTC", dt.date(2026, 2, 28)),
    ],
)
@pytest.mark.parametrize("folded", [False, True])
def test_each_day_s_figure_is_the_number_of_messages_of_that_day(
    zone, day, folded, receive_at, channel, settings
):
    settings.TIME_ZONE = zone
    with timezone.override(zone):
        middle = timezone.make_aware(dt.datetime.combine(day, dt.time(12)))
        for hours in range(-40, 41):
            receive_at((middle + dt.timedelta(hours=hours, minutes=hours % 60)).astimezone(UTC))
        if folded:
            fold_traffic()
        for distance in (-1, 0, 1):
            asked = str(day + dt.timedelta(days=distance))
            period = periods.chosen({"range": "custom", "from": asked, "to": asked})
            assert not period.problem
            figure = TrafficCount.objects.between(period.start, period.end).totals()["received"]
            days = [
                str(timezone.localdate(at)) for at in Message.objects.values_list("created_at", flat=True)
            ]
            assert figure == days.count(asked) > 10
    assert recount(None, None) == []


@pytest.mark.django_db(transaction=True)
def test_a_recount_finds_what_is_missing_and_what_is_too_much_and_mends_it(receive_at, channel, anna, capsys):
    now = timezone.now()
    session = receive_at(now - dt.timedelta(days=40)).session
    receive_at(now - dt.timedelta(days=2))
    for status in ("sent", "failed", "unconfirmed"):
        answer = Message.objects.create(
            session=session, direction="outbound", origin="agent", text="x", created_at=now, status="queued"
        )
        conclude(answer, status, now)
    assert recount(None, None) == []
    TrafficCount.objects.filter(received=1).first().delete()
    TrafficCount.objects.create(
        channel=channel, quarter_at=now.replace(minute=0, second=0, microsecond=0), sent=3
    )
    assert [(each.field, each.counted, each.recounted) for each in recount(None, None)] in (
        [("received", 0, 1), ("sent", 3, 0)],
        [("received", 0, 1), ("sent", 4, 1)],
    )
    with pytest.raises(CommandError, match="2 figures differ"):
        call_command("recount_traffic")
    with pytest.raises(CommandError, match="1 figures differ"):
        call_command("recount_traffic", "--days=7")
    assert "the messages say 1" in capsys.readouterr().out
    call_command("recount_traffic", "--repair")
    assert recount(None, None) == []
    call_command("recount_traffic")
    assert "match the messages" in capsys.readouterr().out


@pytest.mark.parametrize("days", ["0", "-1", "99999"])
def test_days_that_make_no_sense_are_refused(days, db):
    with pytest.raises(CommandError, match="whole number"):
        call_command("recount_traffic", f"--days={days}")
