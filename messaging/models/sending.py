"""A channel's sending row: who paces it now, and until when it waits."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel


class SendingState(models.Model):
    """At most one process sends for a channel at a time: the one whose lease has not ended.

    Times are by the database's clock.
    """

    channel = models.OneToOneField(Channel, models.CASCADE, primary_key=True, related_name="sending_state")
    lease_holder = models.UUIDField(null=True, blank=True)
    lease_ends_at = models.DateTimeField(null=True, blank=True)
    # The ring of departures is not handed over: the next holder's first departure waits for this instead.
    not_before = models.DateTimeField(null=True, blank=True)
    # Back-off of the whole channel: nothing left, or the ITSP said later.
    waits_until = models.DateTimeField(null=True, blank=True)
    waits_for = models.CharField(max_length=30, blank=True, default="")
    failed_episodes = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("sending state")
        verbose_name_plural = _("sending states")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lease_holder__isnull=True, lease_ends_at__isnull=True)
                | models.Q(lease_holder__isnull=False, lease_ends_at__isnull=False),
                name="lease_has_holder_and_end",
            )
        ]

    def __str__(self) -> str:
        return str(self.channel_id)
