"""Unfold's filters as they run, with the types of Django's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.admin import SimpleListFilter as DropdownFilter

    Choices: Any = None
    Related: Any = None
    Days: Any = None
else:
    from unfold.contrib.filters.admin import ChoicesDropdownFilter as Choices
    from unfold.contrib.filters.admin import DropdownFilter
    from unfold.contrib.filters.admin import RangeDateFilter as Days
    from unfold.contrib.filters.admin import RelatedDropdownFilter as Related

__all__ = ["Choices", "Days", "DropdownFilter", "Related"]
