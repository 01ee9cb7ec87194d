"""Every webhook request and what became of it, kept for some days."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel
from messaging.models.messages import Message

MAX_BODY = 20_000  # characters of a body that the log keeps


class WebhookLogEntry(models.Model):
    class Outcome(models.TextChoices):
        STORED = "stored", _("Stored")
        REPEAT = "repeat", _("Repeat of a stored message")
        POSSIBLE_REPEAT = "possible_repeat", _("Stored, possible repeat")
        UNROUTABLE = "unroutable", _("Unroutable: no rule for this number")
        NOT_A_MESSAGE = "not_a_message", _("Not a message")
        NOT_UNDERSTOOD = "not_understood", _("Not understood")
        TOO_LARGE = "too_large", _("Too large")
        UNKNOWN_ADDRESS = "unknown_address", _("Unknown or expired webhook address")
        NOT_STORED = "not_stored", _("Could not be stored: the ITSP was asked to try again")

    received_at = models.DateTimeField(_("time"))
    channel = models.ForeignKey(
        Channel,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="webhook_log",
        verbose_name=_("channel"),
    )
    source = models.CharField(_("source address"), max_length=45, blank=True, default="")
    sender = models.CharField(_("from"), max_length=32, blank=True, default="")
    recipient = models.CharField(_("to"), max_length=32, blank=True, default="")
    outcome = models.CharField(_("result"), max_length=16, choices=Outcome.choices)
    detail = models.CharField(_("detail"), max_length=300, blank=True, default="")
    body = models.TextField(_("body"), blank=True)
    count = models.PositiveIntegerField(_("times"), default=1)
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("webhook request")
        verbose_name_plural = _("webhook log")
        ordering = ["-id"]
        indexes = [
            # The trimming task, and the list's time filter.
            models.Index(fields=["received_at"], name="webhook_log_by_time"),
            # The channel's page: when did the last message come in.
            models.Index(fields=["channel", "-id"], name="webhook_log_of_channel"),
            # One line a minute and source for addresses that do not exist.
            models.Index(
                fields=["source", "-id"],
                condition=models.Q(outcome="unknown_address"),
                name="webhook_log_unknown",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.received_at:%Y-%m-%d %H:%M:%S} {self.get_outcome_display()}"
