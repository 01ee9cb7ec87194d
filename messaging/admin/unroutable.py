"""Unroutable messages: those that came in for a number without a rule."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels_app.admin.kit.labels import badge
from channels_app.models import User
from messaging.admin import filters
from messaging.admin.readonly import ReadOnlyAdmin
from messaging.inbound.unroutable import deliver, dismiss
from messaging.models import UnroutableMessage

Resolution = UnroutableMessage.Resolution
TONES = {Resolution.WAITING: "warn", Resolution.DELIVERED: "good", Resolution.DISMISSED: "quiet"}


@admin.register(UnroutableMessage)
class UnroutableAdmin(ReadOnlyAdmin[UnroutableMessage]):
    change_form_template = "portal/sessions/unroutable_change_form.html"
    list_display = ["received_at", "state", "sender", "recipient", "channel", "beginning"]
    list_select_related = ["channel"]
    list_filter = [
        ("resolution", filters.Choices),
        ("channel", filters.Related),
        ("received_at", filters.Days),
    ]
    search_fields = ["sender", "recipient", "text"]
    ordering = ["-id"]
    actions = ["deliver_selected", "dismiss_selected"]
    fields = [
        "received_at",
        "state",
        "channel",
        "sender",
        "recipient",
        "message_text",
        "resolved_by",
        "resolved_at",
    ]

    @admin.display(description=gettext_lazy("state"), ordering="resolution")
    def state(self, unroutable: UnroutableMessage) -> SafeString:
        repeat = _("possible repeat") if unroutable.possible_repeat else ""
        return badge(TONES[Resolution(unroutable.resolution)], unroutable.get_resolution_display(), repeat)

    @admin.display(description=gettext_lazy("text"))
    def beginning(self, unroutable: UnroutableMessage) -> str:
        text = unroutable.text
        return text if len(text) <= 60 else f"{text[:60]}…"

    @admin.display(description=gettext_lazy("text"))
    def message_text(self, unroutable: UnroutableMessage) -> SafeString:
        return format_html('<div class="tl-text">{}</div>', unroutable.text or _("(no text)"))

    @admin.action(description=gettext_lazy("Deliver selected messages"), permissions=["act"])
    def deliver_selected(self, request: HttpRequest, queryset: QuerySet[UnroutableMessage]) -> None:
        done = self._resolve(request, queryset, deliver, _("Delivered."))
        if done:
            text = ngettext("%d message was delivered.", "%d messages were delivered.", done)
            self.message_user(request, text % done, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Dismiss selected messages"), permissions=["act"])
    def dismiss_selected(self, request: HttpRequest, queryset: QuerySet[UnroutableMessage]) -> None:
        done = self._resolve(request, queryset, dismiss, _("Dismissed."))
        if done:
            text = ngettext("%d message was dismissed.", "%d messages were dismissed.", done)
            self.message_user(request, text % done, messages.SUCCESS)

    def _resolve(
        self,
        request: HttpRequest,
        queryset: QuerySet[UnroutableMessage],
        story: Callable[[User, int], UnroutableMessage],
        deed: str,
    ) -> int:
        """In the order of arrival."""
        ids = list(queryset.order_by("id").values_list("id", flat=True))
        return self.act_on_each(request, ids, partial(story, cast(User, request.user)), deed)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        unroutable = self.get_object(request, object_id) if object_id else None
        waits = unroutable is not None and unroutable.resolution == Resolution.WAITING
        extra = {**(extra_context or {}), "may_act": waits and self.may_act(request)}
        return super().changeform_view(request, object_id, form_url, extra)
