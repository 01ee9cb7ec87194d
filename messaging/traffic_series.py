"""Received and sent over time, in hours and days of the portal's time zone: what the charts show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import DateField, Min, QuerySet, Sum
from django.db.models.functions import TruncDate, TruncMonth
from django.utils import timezone
from django.utils.formats import date_format

from messaging.models import TrafficCount
from messaging.models.traffic import TrafficQuerySet

DAYS = 30
_HOUR = dt.timedelta(hours=1)


@dataclass(slots=True)
class Bar:
    label: str
    received: int = 0
    sent: int = 0
    failed: int = 0

    def add(self, received: int, sent: int, failed: int) -> None:
        self.received += received
        self.sent += sent
        self.failed += failed


@dataclass(slots=True)
class Traffic:
    today: Bar
    hours: list[Bar] = field(default_factory=list)
    days: list[Bar] = field(default_factory=list)


def traffic() -> Traffic:
    """Today by hour, and the last 30 days by day, today included. One question to the database.

    On a day when the clock is changed there are 23 or 25 hours.
    """
    today = timezone.localdate()
    midnight, end = _midnight(today), _midnight(today + dt.timedelta(days=1))
    first = today - dt.timedelta(days=DAYS - 1)
    hours = _hours(midnight, end)
    days = {day: Bar(date_format(day, "j M")) for day in (first + dt.timedelta(days=n) for n in range(DAYS))}
    for quarter_at, *figures in _sums(
        TrafficCount.objects.between(_midnight(first), end).values_list("quarter_at")
    ):
        days[timezone.localtime(quarter_at).date()].add(*figures)
        if quarter_at >= midnight:
            hours[(quarter_at - midnight) // _HOUR].add(*figures)
    return Traffic(days[today], hours, list(days.values()))


MOST_HOURS, MOST_DAYS = (
    73,
    120,
)  # bars of a chart (three days may have 73 hours); a longer range is told by day or month


def series(channels: Collection[int], start: dt.datetime | None, end: dt.datetime | None) -> list[Bar]:
    """What these channels received and sent in [start, end): by hour, by day or by month, as the range is long.

    None is the first message there ever was, and now. Without messages there is no bar before the first one.
    """
    counted = TrafficCount.objects.filter(channel__in=channels)
    first = start or counted.aggregate(first=Min("quarter_at"))["first"]
    if first is None:
        return []
    first, last = first.astimezone(dt.UTC), (end or timezone.now()).astimezone(dt.UTC)
    if last - first <= MOST_HOURS * _HOUR:
        return _by_hour(counted, first, last)
    return _by_day_or_month(counted, first, last)


def _by_hour(counted: TrafficQuerySet, first: dt.datetime, last: dt.datetime) -> list[Bar]:
    hours = _hours(first, max(last, first + _HOUR))
    for quarter_at, *figures in _sums(counted.between(first, last).values_list("quarter_at")):
        hours[(quarter_at - first) // _HOUR].add(*figures)
    return hours


def _by_day_or_month(counted: TrafficQuerySet, first: dt.datetime, last: dt.datetime) -> list[Bar]:
    first_day = timezone.localtime(first).date()
    last_day = timezone.localtime(last - dt.timedelta(microseconds=1)).date()
    days = (first_day + dt.timedelta(days=n) for n in range((last_day - first_day).days + 1))
    is_long = (last_day - first_day).days >= MOST_DAYS
    rows = counted.between(first, last)
    if not is_long:
        bars = {day: Bar(date_format(day, "j M")) for day in days}
        found = rows.annotate(day=TruncDate("quarter_at")).values_list("day")
    else:
        bars = {
            day: Bar(date_format(day, "M Y")) for day in dict.fromkeys(day.replace(day=1) for day in days)
        }
        found = rows.annotate(day=TruncMonth("quarter_at", output_field=DateField())).values_list("day")
    for day, *figures in _sums(found):
        bars[day].add(*figures)
    return list(bars.values())


def _sums(rows: QuerySet[TrafficCount, Any]) -> Iterator[tuple[Any, ...]]:
    """Received, sent and failed of each group."""
    yield from rows.order_by().annotate(Sum("received"), Sum("sent"), Sum("failed"))


def _hours(start: dt.datetime, end: dt.datetime) -> list[Bar]:
    number = -((start - end) // _HOUR)
    moments = (timezone.localtime(start.astimezone(dt.UTC) + n * _HOUR) for n in range(number))
    return [Bar(f"{moment:%H:%M}") for moment in moments]


def _midnight(day: dt.date) -> dt.datetime:
    """In UTC: the difference of two times of one zone counts no changed clock."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min)).astimezone(dt.UTC)
