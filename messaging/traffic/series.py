"""Received and sent over time, in hours and days of the portal's time zone: what the charts show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Sum
from django.utils import timezone
from django.utils.formats import date_format

from messaging.models import TrafficCount
from messaging.models.traffic import TrafficQuerySet
from messaging.traffic import rollups
from messaging.traffic.days import midnight

DAYS = 30
SHOWN = ("received", "sent", "failed")
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
    """Today by hour, and the last 30 days by day, today included.

    On a day when the clock is changed there are 23 or 25 hours.
    """
    today = timezone.localdate()
    start, end = midnight(today), midnight(today + dt.timedelta(days=1))
    hours = _by_hour(TrafficCount.objects.all(), start, end)
    first = today - dt.timedelta(days=DAYS - 1)
    days = {day: Bar(date_format(day, "j M")) for day in (first + dt.timedelta(days=n) for n in range(DAYS))}
    for day, sums in rollups.sums("day", None, midnight(first), end, SHOWN).items():
        days[day].add(**sums)
    return Traffic(days[today], hours, list(days.values()))


# Bars of a chart; three days may have 73 hours. Longer ranges are by day or by month.
MOST_HOURS, MOST_DAYS = 73, 120


def series(channels: Collection[int], start: dt.datetime | None, end: dt.datetime | None) -> list[Bar]:
    """What these channels received and sent in [start, end), by hour, day or month depending on its length.

    A start of None is the first message ever (no bars if there is none), an end of None is now.
    """
    is_short = start is not None and (end or timezone.now()) - start <= MOST_HOURS * _HOUR
    sums = {} if is_short else rollups.sums("day", channels, start, end, SHOWN)
    if start is None:
        if not sums:
            return []
        start = midnight(min(sums))
    first, last = start.astimezone(dt.UTC), (end or timezone.now()).astimezone(dt.UTC)
    if last - first <= MOST_HOURS * _HOUR:
        return _by_hour(TrafficCount.objects.filter(channel__in=channels), first, last)
    return _by_day_or_month(sums, first, last)


def _by_hour(counted: TrafficQuerySet, first: dt.datetime, last: dt.datetime) -> list[Bar]:
    hours = _hours(first, max(last, first + _HOUR))
    rows = counted.between(first, last).order_by().values_list("quarter_at").annotate(*map(Sum, SHOWN))
    for quarter_at, *figures in rows:
        hours[(quarter_at - first) // _HOUR].add(*figures)
    return hours


def _by_day_or_month(sums: dict[dt.date, dict[str, int]], first: dt.datetime, last: dt.datetime) -> list[Bar]:
    first_day = timezone.localtime(first).date()
    last_day = timezone.localtime(last - dt.timedelta(microseconds=1)).date()
    days = [first_day + dt.timedelta(days=n) for n in range((last_day - first_day).days + 1)]
    if len(days) <= MOST_DAYS:
        bars = {day: Bar(date_format(day, "j M")) for day in days}
        bar_of = bars
    else:
        bars = {month: Bar(date_format(month, "M Y")) for month in {day.replace(day=1): 0 for day in days}}
        bar_of = {day: bars[day.replace(day=1)] for day in days}
    for day, figures in sums.items():
        if day in bar_of:  # not one of tomorrow, from when the clock was wrong
            bar_of[day].add(**figures)
    return list(bars.values())


def _hours(start: dt.datetime, end: dt.datetime) -> list[Bar]:
    number = -((start - end) // _HOUR)
    moments = (timezone.localtime(start.astimezone(dt.UTC) + n * _HOUR) for n in range(number))
    return [Bar(f"{moment:%H:%M}") for moment in moments]
