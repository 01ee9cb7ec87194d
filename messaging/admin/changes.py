"""Changes: who changed which setting when, from what to what. For administrators, and for reading only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import DELETION
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from channels_app.admin.kit.autocomplete import is_id
from messaging.admin import filters
from messaging.admin.readonly import ReadOnlyAdmin
from messaging.models import Change

LINES_IN_LIST = 4


class KindFilter(filters.DropdownFilter):
    """The kinds of objects that were changed and that have a page here."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        models = [model for model in model_admin.admin_site._registry if model is not Change]
        kinds = ContentType.objects.get_for_models(*models)
        named = [(str(kind.pk), capfirst(model._meta.verbose_name)) for model, kind in kinds.items()]
        return sorted(named, key=lambda each: str(each[1]))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Change]) -> QuerySet[Change]:
        chosen = self.value()
        return queryset.filter(content_type=int(chosen)) if chosen and is_id(chosen) else queryset


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin[Change]):
    list_display = ["at", "person", "kind", "thing", "what_in_short"]
    list_display_links = ["at"]
    list_select_related = ["user__extension", "content_type"]
    list_filter = [("user", filters.Related), KindFilter, ("action_time", filters.Days)]
    search_fields = ["object_repr", "change_message", "user__username", "user__extension__name"]
    search_help_text = gettext_lazy("Search by item, value or person")
    ordering = ["-id"]
    fields = ["at", "person", "kind", "thing", "what"]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = list(changelist.result_list)
        _mark_gone(changelist.result_list)
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        entry = super().get_object(request, object_id, from_field)
        if entry is not None:
            _mark_gone([entry])
        return entry

    @admin.display(description=gettext_lazy("when"), ordering="action_time")
    def at(self, entry: Change) -> dt.datetime:
        return entry.action_time

    @admin.display(description=gettext_lazy("who"), ordering="user__username")
    def person(self, entry: Change) -> str:
        extension = getattr(entry.user, "extension", None)
        return f"{entry.user.get_username()} ({extension})" if extension else entry.user.get_username()

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, entry: Change) -> str:
        return capfirst(entry.content_type.name) if entry.content_type else ""

    @admin.display(description=gettext_lazy("item"), ordering="object_repr")
    def thing(self, entry: Change) -> str | SafeString:
        address = "" if getattr(entry, "is_gone", False) else _address(entry)
        if not address:
            return entry.object_repr
        return format_html('<a class="tl-link" href="{}">{}</a>', address, entry.object_repr)

    @admin.display(description=gettext_lazy("changes"))
    def what(self, entry: Change) -> SafeString:
        return render_to_string("portal/changes/_change.html", {"entry": entry})

    @admin.display(description=gettext_lazy("changes"))
    def what_in_short(self, entry: Change) -> SafeString:
        return render_to_string("portal/changes/_change.html", {"entry": entry, "limit": LINES_IN_LIST})


def _address(entry: Change) -> str:
    """The object's page; "" if it has none."""
    if entry.content_type is None:
        return ""
    name = f"admin:{entry.content_type.app_label}_{entry.content_type.model}_change"
    try:
        return reverse(name, args=[entry.object_id])
    except NoReverseMatch:
        return ""


def _mark_gone(entries: Iterable[Change]) -> None:
    """Marks each entry whose object was deleted later; ids are never used twice."""
    ids = {entry.object_id for entry in entries}
    deletions = Change.objects.filter(action_flag=DELETION, object_id__in=ids).order_by()
    gone = set(deletions.values_list("content_type", "object_id"))
    for entry in entries:
        entry.is_gone = (entry.content_type_id, entry.object_id) in gone  # type: ignore[attr-defined]
