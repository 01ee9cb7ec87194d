"""Tabs of a form, with its inlines inside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.helpers import AdminForm, InlineAdminFormSet
from django.contrib.admin.utils import flatten
from django.utils.text import slugify


@dataclass
class Tab:
    slug: str
    name: str
    fieldset: Any
    inlines: list[InlineAdminFormSet] = field(default_factory=list)
    error_count: int = 0
    is_open: bool = False


def tabs_of(form: AdminForm, inlines: Iterable[InlineAdminFormSet]) -> list[Tab]:
    """One tab per fieldset, each with its inlines; the first with an error is open, otherwise the first."""
    inlines = list(inlines)
    tabs = [_tab(form, fieldset, inlines) for fieldset in form]
    first = next((tab for tab in tabs if tab.error_count), tabs[0])
    first.is_open = True
    return tabs


def _tab(form: AdminForm, fieldset: Any, inlines: list[InlineAdminFormSet]) -> Tab:
    name = str(fieldset.name)
    mine = [inline for inline in inlines if str(getattr(inline.opts, "fieldset_tab", "")) == name]
    errors = sum(bool(form.form.errors.get(each)) for each in flatten(fieldset.fields))
    for inline in mine:
        formset = inline.formset
        errors += sum(len(row) for row in formset.errors) + len(formset.non_form_errors())
    return Tab(slugify(name, allow_unicode=True), name, fieldset, mine, errors)
