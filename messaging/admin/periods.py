"""The time filter over the traffic figures: days of the portal's time zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app.models import Channel
from messaging.traffic.days import in_calendar, midnight

PARAMETER, FROM, TO = "range", "from", "to"
DEFAULT, CUSTOM = "today", "custom"
Days = tuple[dt.date | None, dt.date | None]  # the first day, and the first day after

_PERIODS: dict[str, tuple[Any, Callable[[dt.date], Days]]] = {
    "today": (gettext_lazy("Today"), lambda today: (today, None)),
    "yesterday": (gettext_lazy("Yesterday"), lambda today: (today - dt.timedelta(days=1), today)),
    "7-days": (gettext_lazy("Last 7 days"), lambda today: (today - dt.timedelta(days=6), None)),
    "30-days": (gettext_lazy("Last 30 days"), lambda today: (today - dt.timedelta(days=29), None)),
    "month": (gettext_lazy("This month"), lambda today: (today.replace(day=1), None)),
    "all": (gettext_lazy("All"), lambda today: (None, None)),
}


@dataclass(frozen=True)
class Period:
    """The chosen period. `first` and `last` are the typed days of a custom range; `problem` says what is wrong."""

    name: str
    start: dt.datetime | None
    end: dt.datetime | None
    first: str = ""
    last: str = ""
    problem: str = ""


def chosen(asked: Mapping[str, Any]) -> Period:
    """The period that a request asks for; today, with the problem, if it makes no sense."""
    name = asked.get(PARAMETER, DEFAULT)
    if name != CUSTOM:
        name = name if name in _PERIODS else DEFAULT
        return Period(name, *bounds(name))
    first, last = asked.get(FROM, "")[:20], asked.get(TO, "")[:20]
    days = _day(first), _day(last)
    if days[0] is None or days[1] is None:
        problem = _("Choose the first and the last day, for example 2026-01-01 to 2026-01-31.")
    elif days[0] > days[1]:
        problem = _("The first day is after the last one.")
    else:
        after = days[1] + dt.timedelta(days=1)
        return Period(CUSTOM, midnight(days[0]), midnight(after), first, last)
    return Period(CUSTOM, *bounds(DEFAULT), first, last, problem)


def choices() -> list[tuple[str, Any]]:
    """(name, label) of every period but the custom one."""
    return [(name, label) for name, (label, _days) in _PERIODS.items()]


def bounds(name: str) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The start and end of an offered period; None where it is open."""
    _label, days = _PERIODS[name]
    first, after = days(timezone.localdate())
    return midnight(first) if first else None, midnight(after) if after else None


def _day(typed: str) -> dt.date | None:
    try:
        return in_calendar(dt.date.fromisoformat(typed))
    except ValueError:
        return None


class PeriodFilter(admin.SimpleListFilter):
    """Changes the figures, not the rows."""

    title = gettext_lazy("Period of the figures")
    template = "portal/kit/_no_filter.html"  # it stands above the list instead
    parameter_name = PARAMETER

    def __init__(self, request: HttpRequest, params: dict[str, Any], *args: Any) -> None:
        super().__init__(request, params, *args)
        for name in (FROM, TO):  # otherwise the list takes them as conditions on its rows
            params.pop(name, None)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*choices(), (CUSTOM, _("From … to …"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Channel]) -> QuerySet[Channel]:
        return queryset

    def value(self) -> str:
        value = super().value()
        return value if value in _PERIODS or value == CUSTOM else DEFAULT

    def choices(self, changelist: Any) -> Any:
        for name, label in choices():
            yield {
                "selected": self.value() == name,
                "query_string": changelist.get_query_string({self.parameter_name: name}),
                "display": label,
            }
