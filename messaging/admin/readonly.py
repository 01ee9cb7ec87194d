"""Admins of what flows: it is read here, and changed by stories only."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest

from channels_app.admin.base import PortalAdmin

M = TypeVar("M", bound=Model)


class ReadOnlyAdmin(PortalAdmin[M]):
    list_before_template: str | None = None  # nothing to set up here
    change_form_outer_before_template = None
    show_full_result_count = False
    list_filter_submit = True
    change_form_template = "portal/read_only_change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_act(self, request: HttpRequest) -> bool:
        """Whether the role has the right to change these, which the actions ask for."""
        name = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return bool(request.user.has_perm(name))

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_act(request)
