"""Rollups change no figure: neither when they are made, nor by late counts, nor in another time zone."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from channels_app.models import Channel
from messaging.models import TrafficCount, TrafficDay
from messaging.models.traffic import FIELDS, quarter_of
from messaging.traffic import rollups
from messaging.traffic.counting import fold_traffic
from messaging.traffic.days import midnight
from tests.messaging.sending.test_senders import database_url
from tests.support.stack import PROJECT

ZONES = ["UTC", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe"]
HOUR = dt.timedelta(hours=1)


def count(channel: Channel, at: dt.datetime, **figures: int) -> None:
    TrafficCount.objects.create(channel=channel, quarter_at=quarter_of(at), **figures)


@pytest.fixture
def channels(channel: Channel) -> list[Channel]:
    """Two channels with a count in every other hour of forty days, with a change of the clock."""
    channels = [channel, Channel.objects.create(name="Other", itsp="apidaze")]
    start = dt.datetime(2026, 10, 12, tzinfo=dt.UTC)
    TrafficCount.objects.bulk_create(
        TrafficCount(
            channel=channels[number % 2],
            quarter_at=quarter_of(start + number * HOUR + dt.timedelta(minutes=number % 60)),
            received=1,
            sent=number % 5,
            segments=number,
        )
        for number in range(40 * 24)
    )
    return channels


def figures() -> list[Any]:
    """Every kind of sum over all, over whole days, and over a range that cuts days."""
    first = midnight(dt.date(2026, 10, 25))
    ranges = [
        (None, None),
        (first, midnight(dt.date(2026, 11, 3))),
        (first + 7 * HOUR, first + 199 * HOUR),
        (first + HOUR, first + 2 * HOUR),
        (None, first),
        (first, None),
    ]
    keys: tuple[rollups.Key, ...] = ("channel", "day")
    return [rollups.sums(key, None, start, end) for start, end in ranges for key in keys]


@pytest.mark.parametrize("zone", ZONES)
def test_no_sum_changes_when_counts_are_rolled_up(zone: str, channels: list[Channel]) -> None:
    with timezone.override(zone):
        before = figures()
        assert before[0][channels[0].pk]["received"] == 480
        assert rollups.roll_up() > 60
        assert not TrafficCount.objects.filter(in_rollup=False, quarter_at__lt=recent()).exists()
        assert figures() == before
        assert rollups.roll_up() == 0
        assert rollups.differing() == []
        one = rollups.sums("channel", [channels[1].pk], None, None, ("sent",))
        assert one == {channels[1].pk: {"sent": before[0][channels[1].pk]["sent"]}}


def test_the_last_message_is_known_to_the_quarter_hour_rolled_up_or_not(channels: list[Channel]) -> None:
    silent = Channel.objects.create(name="Silent", itsp="apidaze")
    count(silent, timezone.now(), sent=1)
    ids = [channel.pk for channel in [*channels, silent]]
    received = TrafficCount.objects.filter(received__gt=0).order_by("quarter_at")
    expected = dict(received.values_list("channel_id", "quarter_at"))
    assert rollups.last_received_at(ids) == expected
    rollups.roll_up()
    assert rollups.last_received_at(ids) == expected
    expected[channels[0].pk] = quarter_of(timezone.now())
    count(channels[0], timezone.now(), received=1)
    assert rollups.last_received_at(ids) == expected
    count(channels[1], dt.datetime(2026, 10, 20, tzinfo=dt.UTC), received=1)
    rollups.roll_up()
    assert rollups.last_received_at(ids) == expected
    assert rollups.last_received_at(ids[1:2]) == {ids[1]: expected[ids[1]]}


def recent() -> dt.datetime:
    return midnight(timezone.localdate() - dt.timedelta(days=1))


def test_today_and_yesterday_are_not_rolled_up(channel: Channel) -> None:
    for days in (0, 1, 2):
        count(channel, timezone.now() - dt.timedelta(days=days), sent=1)
    assert rollups.roll_up() == 1
    assert TrafficDay.objects.get().day == timezone.localdate() - dt.timedelta(days=2)


def test_a_late_count_of_a_day_long_gone_counts_at_once_and_is_rolled_up_with_the_next_round(
    channels: list[Channel],
) -> None:
    rollups.roll_up()
    before = rollups.sums("day", None, None, None)
    day = dt.date(2026, 10, 20)
    for _again in range(2):
        count(channels[0], midnight(day) + 3 * HOUR, failed=-1, unconfirmed=-1, sent=1)
    expected = before[day] | {"failed": -2, "unconfirmed": -2, "sent": before[day]["sent"] + 2}
    assert rollups.sums("day", None, None, None) == before | {day: expected}
    fold_traffic()
    assert rollups.roll_up() == 1
    assert rollups.sums("day", None, None, None) == before | {day: expected}
    assert rollups.differing() == []


def test_in_another_time_zone_the_days_are_made_anew(channels: list[Channel]) -> None:
    rollups.roll_up()
    with timezone.override("Asia/Kathmandu"):
        before = figures()  # not from days of another zone
        assert rollups.roll_up() > 60
        assert set(TrafficDay.objects.values_list("zone", flat=True)) == {"Asia/Kathmandu"}
        assert figures() == before
        rollups.forget()
        assert figures() == before


@pytest.mark.django_db(transaction=True)
def test_a_rollup_that_was_changed_by_hand_is_found_and_mended(channel: Channel, capsys: Any) -> None:
    for days in (5, 6):
        count(channel, timezone.now() - dt.timedelta(days=days))
    rollups.roll_up()
    call_command("recount_traffic")
    TrafficDay.objects.filter(pk=TrafficDay.objects.first().pk).update(received=7)  # type: ignore[union-attr]
    TrafficDay.objects.last().delete()  # type: ignore[union-attr]
    with pytest.raises(CommandError, match="2 figures differ"):
        call_command("recount_traffic")
    assert "rollup is not the sum" in capsys.readouterr().out
    call_command("recount_traffic", "--repair")
    call_command("recount_traffic")
    assert rollups.sums("channel", None, None, None) == {channel.pk: dict.fromkeys(FIELDS, 0)}


ROLL_UP = """
import django; django.setup()
from messaging.traffic import counting, rollups
while rollups.roll_up(20) + counting.fold_traffic(20):
    pass
"""


@pytest.mark.django_db(transaction=True)
def test_rounds_at_once_and_killed_ones_lose_nothing_and_double_nothing(
    channels: list[Channel], tmp_path: Any
) -> None:
    """Three processes roll up and fold; one after the other is killed, while late counts come in."""
    environment = os.environ | {
        "TRUNKLINE_HOME": str(tmp_path),
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    late = midnight(dt.date(2026, 10, 20))
    expected = rollups.sums("channel", None, None, None)
    processes = [start_rounds(environment) for _one in range(3)]
    for number in range(60):
        count(channels[0], late + number % 24 * HOUR, received=1)
        expected[channels[0].pk]["received"] += 1
        assert rollups.sums("channel", None, None, None) == expected
        if number % 15 == 14:
            processes.append(start_rounds(environment))
            killed = processes.pop(0)
            killed.kill()
            killed.wait()
        time.sleep(0.05)
    for process in processes:
        assert process.wait(60) == 0
    rollups.roll_up()
    assert rollups.sums("channel", None, None, None) == expected
    assert rollups.differing() == []


def start_rounds(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", ROLL_UP], cwd=PROJECT, env=environment)
