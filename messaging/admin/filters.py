"""Unfold's filters as they run, with Django's types."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from messaging.traffic.days import in_calendar, midnight

if TYPE_CHECKING:
    from django.contrib.admin import SimpleListFilter as DropdownFilter

    Choices: Any = None
    Related: Any = None
    Days: Any = None
else:
    from unfold.contrib.filters.admin import ChoicesDropdownFilter as Choices
    from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter
    from unfold.contrib.filters.admin import RelatedDropdownFilter as Related
    from unfold.utils import parse_date_str

    class Days(RangeDateFilter):
        """From the first midnight of a range to the midnight after it: Unfold's own leaves the last day out."""

        def queryset(self, request, queryset):
            first, last = (self._day(end) for end in ("from", "to"))
            if first:
                queryset = queryset.filter(**{f"{self.parameter_name}__gte": midnight(first)})
            if last:
                after = midnight(last + dt.timedelta(days=1))
                queryset = queryset.filter(**{f"{self.parameter_name}__lt": after})
            return queryset

        def _day(self, end):
            return in_calendar(parse_date_str(self.used_parameters.get(f"{self.parameter_name}_{end}") or ""))


__all__ = ["Choices", "Days", "DropdownFilter", "Related"]
