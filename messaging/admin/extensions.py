"""Extensions: the set-up page, with presence."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app.admin.extensions import ExtensionAdmin as SetUpExtensionAdmin
from channels_app.admin.kit.labels import badge
from channels_app.models import Extension
from messaging.sessions.presence import is_available, with_presence


class PresenceFilter(admin.SimpleListFilter):
    title = gettext_lazy("presence")
    parameter_name = "here"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("available", _("Available")), ("away", _("Away"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Extension]) -> QuerySet[Extension]:
        if self.value() not in ("available", "away"):
            return queryset
        here = is_available() if self.value() == "available" else ~is_available()
        return queryset.filter(here, user__is_active=True)


@admin.register(Extension)
class ExtensionAdmin(SetUpExtensionAdmin):
    list_display = ["number", "name", "here_now", "login_link", "role", "queue_names"]
    list_filter = [PresenceFilter, "user__role", "queues"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Extension]:
        return with_presence(super().get_queryset(request))

    @admin.display(description=gettext_lazy("presence"))
    def here_now(self, extension: Extension) -> SafeString:
        if getattr(extension, "is_available", False):
            return badge("good", _("Available"))
        return badge("quiet", _("Away"))
