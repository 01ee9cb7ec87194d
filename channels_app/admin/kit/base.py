"""What all pages of the portal have in common."""

from __future__ import annotations

import functools
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import BadRequest
from django.db.models import Field as ModelField
from django.db.models import Model, QuerySet
from django.forms import Field
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin as UnfoldAdmin
from unfold.admin import checkbox
from unfold.decorators import display

from channels_app.admin.kit import list_headers  # noqa: F401
from channels_app.admin.kit.audited import AuditedAdmin
from channels_app.admin.kit.autocomplete import IdsSelect, is_id
from channels_app.admin.kit.concurrent_edits import TakingTurns
from channels_app.admin.kit.deletion import GuardedDeletion
from channels_app.admin.kit.object_views import ObjectViews

M = TypeVar("M", bound=Model)
LONGEST_SEARCH = 200  # characters
_VALUE = "value-of-the-row"


@functools.cache
def _checkbox(_language: str | None) -> str:
    """The box beside each row of a list, with a name in this language."""
    return str(checkbox.render(ACTION_CHECKBOX_NAME, _VALUE))


class PortalAdmin(AuditedAdmin[M], GuardedDeletion[M], TakingTurns[M], ObjectViews[M]):
    list_per_page = 50
    list_sections = ()  # Unfold looks it up twice a row, and a missing attribute is slow
    list_before_template: str | None = "portal/set_up/_next_step.html"
    change_form_outer_before_template: str | None = "portal/set_up/_next_step.html"
    warn_unsaved_form = True

    def formfield_for_dbfield(
        self, db_field: ModelField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Field | None:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = IdsSelect(db_field, self.admin_site)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        return without_pop_ups(field)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        # Django allows every field of the model with any operator, hidden ones and __regex included.
        if lookup.split("__")[0] not in {field.name for field in self.opts.get_fields()}:
            return super().lookup_allowed(lookup, value, request)
        filters = [each[0] if isinstance(each, tuple) else each for each in self.get_list_filter(request)]
        offered = any(
            lookup in (name, f"{name}__exact", f"{name}__isnull", f"{name}__id__exact")
            for name in filters
            if isinstance(name, str)
        )
        # No database accepts a larger number, and no row has one.
        return offered and (is_id(str(value)) or not str(value).isdecimal())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        # Each word is a condition of its own, and a database accepts only so many.
        # PostgreSQL fails for a zero byte, and no text has one.
        term = search_term.replace("\x00", "")[:LONGEST_SEARCH]
        return super().get_search_results(request, queryset, term)

    @display(description=UnfoldAdmin.action_checkbox.short_description)  # type: ignore[untyped-decorator]
    def action_checkbox(self, obj: Model) -> str:
        # As Unfold's, but without a template for each row, which took a tenth of a list's time.
        return mark_safe(_checkbox(get_language()).replace(_VALUE, escape(str(obj.pk))))  # noqa: S308

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if "_saveasnew" in request.POST:  # Django obeys it even where no page offers it
            raise BadRequest
        return super().changeform_view(request, object_id, form_url, extra_context)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # None of our texts has it, and PostgreSQL fails for a filter with it.
        if "\x00" in "".join(value for _name, values in request.GET.lists() for value in values):
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, extra_context)

    def response_action(  # type: ignore[override]
        self, request: HttpRequest, queryset: QuerySet[Any], **kwargs: Any
    ) -> Any:
        if all(map(is_id, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            return super().response_action(request, queryset, **kwargs)
        self.message_user(request, _("What you selected is no longer in the list."), messages.ERROR)
        return HttpResponseRedirect(request.path)


def without_pop_ups(field: Field | None) -> Field | None:
    """Removes the pop-ups that add and change related objects: each has a page of its own."""
    if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
        field.widget.can_add_related = field.widget.can_change_related = False
        field.widget.can_delete_related = field.widget.can_view_related = False
    return field
