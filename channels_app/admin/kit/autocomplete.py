"""Choosing several objects by typing, robust against ids that are none."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import AutocompleteSelectMultiple

NOTHING = "0"  # no row has it, so the field rejects it as a choice


def is_id(value: str) -> bool:
    """Whether a text can be a row's id on every database."""
    return value.isascii() and value.isdecimal() and len(value) < 19


class IdsSelect(AutocompleteSelectMultiple):
    """Django's own widget fails for ids that aren't numbers, and SQLite for numbers that are too large."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [value if is_id(value) else NOTHING for value in data.getlist(name)]
