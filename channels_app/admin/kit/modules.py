"""JavaScript of admin pages."""

from __future__ import annotations

from django.forms import Script


def modules(*paths: str) -> list[Script]:
    """ES modules for the `Media` of an admin or a form, by their paths among the static files."""
    return [Script(path, type="module") for path in paths]
