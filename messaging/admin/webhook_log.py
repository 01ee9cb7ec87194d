"""The webhook log: every request and its result."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels_app.admin.kit.labels import badge
from messaging.admin import filters
from messaging.admin.readonly import ReadOnlyAdmin
from messaging.models import WebhookLogEntry

Outcome = WebhookLogEntry.Outcome
TONES = {
    Outcome.STORED: "good",
    Outcome.REPEAT: "quiet",
    Outcome.POSSIBLE_REPEAT: "good",
    Outcome.UNROUTABLE: "warn",
    Outcome.NOT_A_MESSAGE: "quiet",
}


@admin.register(WebhookLogEntry)
class WebhookLogAdmin(ReadOnlyAdmin[WebhookLogEntry]):
    list_display = ["received_at", "outcome_badge", "channel", "sender", "recipient", "source", "count"]
    list_select_related = ["channel"]
    list_filter = [
        ("outcome", filters.Choices),
        ("channel", filters.Related),
        ("received_at", filters.Days),
    ]
    search_fields = ["sender", "recipient", "source"]
    search_help_text = _("Search by number or source address")
    ordering = ["-id"]
    fields = [
        "received_at",
        "outcome_badge",
        "detail",
        "channel",
        "sender",
        "recipient",
        "source",
        "count",
        "body_text",
    ]

    @admin.display(description=_("result"), ordering="outcome")
    def outcome_badge(self, entry: WebhookLogEntry) -> SafeString:
        label, _colon, reason = entry.get_outcome_display().partition(": ")
        return badge(TONES.get(Outcome(entry.outcome), "bad"), label, reason)

    @admin.display(description=_("body"))
    def body_text(self, entry: WebhookLogEntry) -> SafeString:
        return format_html('<pre class="tl-body">{}</pre>', entry.body)
