"""Every change in the portal is recorded with its values, which only administrators read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from channels_app.admin.kit.changed_values import gone, model_line, part_of_form, parts_of_formset
from channels_app.admin.kit.unfolded import ModelAdmin
from channels_app.changes import DELETED, Line, Part, to_message

M = TypeVar("M", bound=Model)
NOTHING = to_message([])
CHANGES_A_PAGE = 100  # as many as Django's own list, which says whether there are more


def may_read_changes(request: HttpRequest) -> bool:
    return request.user.has_perm("messaging.view_change")


class AuditedAdmin(ModelAdmin[M]):
    object_history_template = "portal/changes/history.html"
    # What a thing that is deleted was: fields of the model. Those of the form, if it says nothing else.
    audited_fields: Sequence[str] | None = None
    # Fields that are set when an object is added, but that the form doesn't have.
    unasked_fields: Sequence[str] = ()

    def facts_of(self, obj: M) -> Iterable[Line]:
        """The values of `obj`, for the entry that says it was deleted."""
        names = self.audited_fields
        if names is None:
            names = getattr(getattr(self.form, "_meta", None), "fields", None) or ()
        return [model_line(obj, name) for name in names]

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        parts = list(part_of_form(form, added=add, unasked=self.unasked_fields))
        for formset in formsets or ():
            parts += parts_of_formset(formset)
        return to_message(parts)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        # Saved without a change.
        return None if message == NOTHING else super().log_change(request, cast(M, obj), message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return [self.log_one_deletion(request, obj, self.facts_of(obj)) for obj in queryset]

    def log_one_deletion(self, request: HttpRequest, obj: Model, facts: Iterable[Line]) -> Any:
        part = Part(DELETED, gone(facts), str(obj._meta.verbose_name), str(obj))
        return LogEntry.objects.log_actions(
            user_id=cast(int, request.user.pk),
            queryset=[obj],
            action_flag=DELETION,
            change_message=to_message([part]),
            single_object=True,
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not may_read_changes(request):
            raise PermissionDenied
        of_this = LogEntry.objects.filter(
            content_type=get_content_type_for_model(self.model), object_id=unquote(object_id)
        )
        newest_first = of_this.select_related("user").order_by("-action_time", "-pk")  # as in *Changes*
        page = self.get_paginator(request, newest_first, CHANGES_A_PAGE).get_page(request.GET.get(PAGE_VAR))
        pages = page.paginator.get_elided_page_range(page.number)
        more = {"action_list": page, "page_range": pages}
        return super().history_view(request, object_id, {**(extra_context or {}), **more})
