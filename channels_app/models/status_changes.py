"""The status history of channels."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_app.models.channels import SWITCHED_OFF, Channel
from channels_app.models.failures import FailureCode, why_it_failed

KEPT = 100  # the newest of each channel


class ChannelStatusChangeQuerySet(models.QuerySet["ChannelStatusChange"]):
    def forget_oldest(self) -> None:
        """Keeps only the newest `KEPT` changes of a channel."""
        old = list(self.values_list("pk", flat=True)[KEPT:])
        if old:
            self.filter(pk__in=old).delete()


class ChannelStatusChange(models.Model):
    """One change: the new status. Written by `Channel`, which keeps the newest."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="status_changes")
    status = models.CharField(max_length=12, choices=[*Channel.Status.choices, (SWITCHED_OFF, _("Disabled"))])
    failure_code = models.CharField(max_length=20, choices=FailureCode.choices, blank=True, default="")
    failure_detail = models.CharField(max_length=300, blank=True, default="")
    changed_at = models.DateTimeField()

    objects = ChannelStatusChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of status")
        verbose_name_plural = _("changes of status")
        ordering = ["-id"]
        indexes = [
            # The channel's page: the newest.
            models.Index(fields=["channel", "-id"], name="status_changes_of_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.changed_at:%Y-%m-%d %H:%M:%S} {self.get_status_display()}"

    @property
    def reason(self) -> str:
        """Why the connection failed; "" for what needs no reason."""
        return why_it_failed(self.failure_code, self.failure_detail)
