"""Days of the portal's time zone: where filters, figures and sums begin and end a day."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone


def midnight(day: dt.date) -> dt.datetime:
    """The start of a day in the portal's time zone, as UTC."""
    start = dt.datetime.combine(day, dt.time.min, tzinfo=timezone.get_current_timezone())
    return start.astimezone(dt.UTC)


def in_calendar(day: dt.date | None) -> dt.date | None:
    """The day, if anything can be of it: neither end of the calendar has a midnight in every zone."""
    return day if day and 1970 <= day.year <= 9000 else None
