"""Rollups: what each channel received and sent on each past day, so that long ranges need no quarter hours.

Each traffic count is in its day's rollup or not (`in_rollup`), and gets there in one transaction; the next round adds
a late one of an earlier day. So at any instant a sum is that of the rollups and of the counts in none. Days are those
of `TIME_ZONE`; when it changes, all rollups are made anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, Literal

from django.db import transaction
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from channels_app.models import Channel
from messaging.models import TrafficCount, TrafficDay
from messaging.models.traffic import FIELDS, TrafficQuerySet
from messaging.traffic.days import midnight

RECENT = 2  # days, today included, that still get many counts, and where folding makes a difference
Key = Literal["channel", "day"]


def sums(
    key: Key,
    channels: Collection[int] | None,
    start: dt.datetime | None,
    end: dt.datetime | None,
    fields: Sequence[str] = FIELDS,
) -> dict[Any, dict[str, int]]:
    """The sums over [start, end), None where it is open, by channel id or by day.

    `channels` are ids, None is all of them.

    Rollups and counts are read by one query: what is rolled up meanwhile is counted once.
    """
    figures = [Sum(field) for field in fields]
    of_day, of_count = {
        "channel": (F("channel_id"), F("channel_id")),
        "day": (F("day"), TruncDate("quarter_at")),
    }[key]
    of_these = Q() if channels is None else Q(channel__in=channels)
    days, counts = (
        rows.filter(of_these).order_by().annotate(of=of).values_list("of").annotate(*figures)
        for rows, of in zip(_parts(start, end), (of_day, of_count), strict=True)
    )
    found: dict[Any, dict[str, int]] = {}
    for of, *values in days.union(counts, all=True):
        sum_of = found.setdefault(of, dict.fromkeys(fields, 0))
        for field, value in zip(fields, values, strict=True):
            sum_of[field] += value
    return found


def _parts(
    start: dt.datetime | None, end: dt.datetime | None
) -> tuple[QuerySet[TrafficDay], TrafficQuerySet]:
    """The rollups of the days that lie entirely in [start, end), and the counts of the rest."""
    days, counts = TrafficDay.objects.all(), TrafficCount.objects.between(start, end)
    if _of_another_zone().exists():  # until the next round makes them anew
        return days.none(), counts
    rest = Q(in_rollup=False)
    if start is not None:
        first = timezone.localdate(start)
        if midnight(first) < start:
            first += dt.timedelta(days=1)
            rest |= Q(quarter_at__lt=midnight(first))
        days = days.filter(day__gte=first)
    if end is not None:
        last = timezone.localdate(end)
        if midnight(last) < end:
            rest |= Q(quarter_at__gte=midnight(last))
        days = days.filter(day__lt=last)
    return days, counts.filter(rest)


def last_received_at(channels: Collection[int]) -> dict[int, dt.datetime]:
    """The quarter hour of the last inbound message by channel id; only channels that had one."""
    # The latest day of each, so that not all rollups have to be read.
    of_channel = TrafficDay.objects.filter(channel=OuterRef("pk"), last_received_at__isnull=False)
    day = Subquery(of_channel.order_by("-day").values("last_received_at")[:1])
    days = Channel.objects.filter(pk__in=channels).order_by().annotate(at=day).values_list("pk", "at")
    counts = TrafficCount.objects.filter(channel__in=channels, in_rollup=False, received__gt=0)
    quarters = counts.order_by().values_list("channel_id").annotate(at=Max("quarter_at"))
    latest: dict[int, dt.datetime] = {}
    for channel_id, at in quarters.union(days, all=True):
        if at is not None:
            latest[channel_id] = max(at, latest.get(channel_id, at))
    return latest


def roll_up(most: int = 2000) -> int:
    """Adds counts of past days to their rollups; returns how many rollups got some.

    At most `most` of them a round: each is a transaction of a few milliseconds.
    """
    if _of_another_zone().exists():
        forget()
    recent = midnight(timezone.localdate() - dt.timedelta(days=RECENT - 1))
    waiting = TrafficCount.objects.filter(in_rollup=False, quarter_at__lt=recent)
    days = waiting.order_by().values_list("channel_id", TruncDate("quarter_at")).distinct()
    return sum(_add(channel_id, day) for channel_id, day in list(days[:most]))


def _add(channel_id: int, day: dt.date) -> bool:
    with transaction.atomic():
        counts = TrafficCount.objects.filter(channel_id=channel_id, in_rollup=False).between(
            midnight(day), midnight(day + dt.timedelta(days=1))
        )
        ids = list(counts.values_list("pk", flat=True)[:10_000])
        if not ids:
            return False
        mine = TrafficCount.objects.filter(pk__in=ids)
        figures = mine.aggregate(
            # Together: alone, PostgreSQL would look for the latest along the index of all.
            latest=Max("quarter_at", filter=Q(received__gt=0)),
            **{f"sum_{field}": Sum(field) for field in FIELDS},
        )
        if mine.filter(in_rollup=False).update(in_rollup=True) != len(ids):  # another round was quicker
            transaction.set_rollback(True)
            return False
        rollup, _is_new = TrafficDay.objects.select_for_update().get_or_create(
            channel_id=channel_id, zone=timezone.get_current_timezone_name(), day=day
        )
        for field in FIELDS:
            setattr(rollup, field, getattr(rollup, field) + figures[f"sum_{field}"])
        latest = filter(None, (figures["latest"], rollup.last_received_at))
        rollup.last_received_at = max(latest, default=None)
        rollup.save()
        return True


def differing() -> list[TrafficDay]:
    """Rollups that differ from the sum of their counts, and missing ones (unsaved): rows were changed by hand."""
    counted = TrafficCount.objects.filter(in_rollup=True).order_by()
    by_day = counted.values_list("channel_id", TruncDate("quarter_at")).annotate(*map(Sum, FIELDS))
    expected = {(channel_id, day): values for channel_id, day, *values in by_day}
    found = []
    for rollup in TrafficDay.objects.order_by("day", "channel_id"):
        values = expected.pop((rollup.channel_id, rollup.day), [0] * len(FIELDS))
        if values != [getattr(rollup, field) for field in FIELDS]:
            found.append(rollup)
    return found + [TrafficDay(channel_id=channel_id, day=day) for channel_id, day in expected]


@transaction.atomic
def forget() -> None:
    """Removes all rollups and marks no count as in one. Figures stay the same."""
    TrafficDay.objects.all().delete()
    TrafficCount.objects.filter(in_rollup=True).update(in_rollup=False)


def _of_another_zone() -> QuerySet[TrafficDay]:
    zone = timezone.get_current_timezone_name()
    return TrafficDay.objects.filter(Q(zone__lt=zone) | Q(zone__gt=zone))  # "is not" would use no index
