"""Choosing several things by typing, also when a browser sends what is no choice at all."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import AutocompleteSelectMultiple

NOTHING = "0"  # no row has it: the field answers that it is no choice


def is_id(value: str) -> bool:
    """Whether a text can be the id of a row, on every database."""
    return value.isascii() and value.isdecimal() and len(value) < 19


class IdsSelect(AutocompleteSelectMultiple):
    """Django's own widget fails over ids that are no numbers, and SQLite over numbers that are too large."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [value if is_id(value) else NOTHING for value in data.getlist(name)]
