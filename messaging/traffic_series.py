"""Received and sent over time, in hours and days of the portal's time zone: what the charts show."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Sum
from django.utils import timezone
from django.utils.formats import date_format

from messaging.models import TrafficCount

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
    rows = TrafficCount.objects.between(_midnight(first), end).order_by().values_list("quarter_at")
    for quarter_at, *figures in rows.annotate(Sum("received"), Sum("sent"), Sum("failed")):
        days[timezone.localtime(quarter_at).date()].add(*figures)
        if quarter_at >= midnight:
            hours[(quarter_at - midnight) // _HOUR].add(*figures)
    return Traffic(days[today], hours, list(days.values()))


def _hours(start: dt.datetime, end: dt.datetime) -> list[Bar]:
    number = -((start - end) // _HOUR)
    moments = (timezone.localtime(start.astimezone(dt.UTC) + n * _HOUR) for n in range(number))
    return [Bar(f"{moment:%H:%M}") for moment in moments]


def _midnight(day: dt.date) -> dt.datetime:
    """In UTC: the difference of two times of one zone counts no changed clock."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min)).astimezone(dt.UTC)
