"""The time filter over the traffic figures: days of the portal's time zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel

PARAMETER = "range"
DEFAULT = "today"
Days = tuple[dt.date | None, dt.date | None]  # the first day, and the first day after

_PERIODS: dict[str, tuple[Any, Callable[[dt.date], Days]]] = {
    "today": (_("Today"), lambda today: (today, None)),
    "yesterday": (_("Yesterday"), lambda today: (today - dt.timedelta(days=1), today)),
    "7-days": (_("Last 7 days"), lambda today: (today - dt.timedelta(days=6), None)),
    "30-days": (_("Last 30 days"), lambda today: (today - dt.timedelta(days=29), None)),
    "month": (_("This month"), lambda today: (today.replace(day=1), None)),
    "all": (_("All"), lambda today: (None, None)),
}


def choices() -> list[tuple[str, Any]]:
    """(name, label) of every period."""
    return [(name, label) for name, (label, _days) in _PERIODS.items()]


def bounds(name: str) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The start and the end of a period, None where it is open. An unknown name is today."""
    _label, days = _PERIODS.get(name, _PERIODS[DEFAULT])
    first, after = days(timezone.localdate())
    return _midnight(first), _midnight(after)


def _midnight(day: dt.date | None) -> dt.datetime | None:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min)) if day else None


class PeriodFilter(admin.SimpleListFilter):
    """Changes the figures, not the rows."""

    title = _("Period of the figures")
    template = "portal/_no_filter.html"  # it stands above the list instead
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Channel]) -> QuerySet[Channel]:
        return queryset

    def value(self) -> str:
        chosen = super().value()
        return chosen if chosen in _PERIODS else DEFAULT

    def choices(self, changelist: Any) -> Any:
        for name, label in choices():
            yield {
                "selected": self.value() == name,
                "query_string": changelist.get_query_string({self.parameter_name: name}),
                "display": label,
            }
