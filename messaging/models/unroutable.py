"""Messages to a number that no routing rule has: kept whole until somebody delivers or dismisses them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel
from messaging.models.messages import Message
from messaging.models.repeats import RepeatsQuerySet


class UnroutableMessageQuerySet(RepeatsQuerySet["UnroutableMessage"]):
    came_at = "received_at"


class UnroutableMessage(models.Model):
    class Resolution(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        DISMISSED = "dismissed", _("Dismissed")

    channel = models.ForeignKey(
        Channel, models.PROTECT, related_name="unroutable_messages", verbose_name=_("channel")
    )
    sender = models.CharField(_("from"), max_length=32)
    recipient = models.CharField(_("to"), max_length=32)
    text = models.TextField(_("text"), blank=True)
    received_at = models.DateTimeField(_("received"))
    itsp_message_id = models.CharField(max_length=128, blank=True, default="")
    fingerprint = models.CharField(max_length=64)
    possible_repeat = models.BooleanField(_("possible repeat"), default=False)
    body_file = models.CharField(max_length=100, blank=True, default="")
    resolution = models.CharField(
        _("state"), max_length=9, choices=Resolution.choices, default=Resolution.WAITING
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(_("resolved by"), max_length=150, blank=True, default="")
    message = models.OneToOneField(Message, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = UnroutableMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("unroutable message")
        verbose_name_plural = _("unroutable messages")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"],
                condition=~Q(itsp_message_id=""),
                name="unroutable_with_an_id_is_stored_once",
            ),
            models.CheckConstraint(
                condition=Q(resolution="waiting", resolved_at__isnull=True)
                | Q(resolution__in=["delivered", "dismissed"], resolved_at__isnull=False),
                name="unroutable_resolved_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["fingerprint", "received_at"], name="unroutable_repeat"),
            # The portal's list and its badge: what waits for somebody.
            models.Index(fields=["resolution", "-id"], name="unroutable_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.sender} → {self.recipient}"
