"""Traffic counts: +1 rows per channel and quarter hour, folded by a task; a figure is always the sum of rows.

Rows of days gone by are also summed in the day's rollup; `messaging.traffic.rollups` keeps it and reads it.
"""

from __future__ import annotations

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel

FIELDS = ("received", "sent", "failed", "unconfirmed", "segments", "with_files")


def quarter_of(moment: dt.datetime) -> dt.datetime:
    """The start of the quarter hour, in UTC, that `moment` lies in. Every zone's days are made of whole ones."""
    moment = moment.astimezone(dt.UTC)
    return moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)


class TrafficQuerySet(models.QuerySet["TrafficCount"]):
    def between(self, start: dt.datetime | None, end: dt.datetime | None) -> Self:
        """Rows of [start, end); None is open."""
        rows = self
        if start is not None:
            rows = rows.filter(quarter_at__gte=start)
        if end is not None:
            rows = rows.filter(quarter_at__lt=end)
        return rows

    def totals(self) -> dict[str, int]:
        """The sum of each figure over the rows."""
        sums = self.aggregate(**{field: Sum(field) for field in FIELDS})
        return {field: value or 0 for field, value in sums.items()}


class TrafficCount(models.Model):
    """A change of the counts. Only messages that agents wrote count as sent.

    `failed` includes `unconfirmed`; a late answer moves one by a row with −1 and +1.
    """

    channel = models.ForeignKey(
        Channel, models.CASCADE, related_name="traffic", db_index=False
    )  # Meta has them
    quarter_at = models.DateTimeField()
    received = models.IntegerField(default=0)
    sent = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    unconfirmed = models.IntegerField(default=0)
    segments = models.IntegerField(default=0)
    with_files = models.IntegerField(default=0)
    in_rollup = models.BooleanField(default=False)

    objects = TrafficQuerySet.as_manager()

    class Meta:
        verbose_name = _("traffic count")
        verbose_name_plural = _("traffic counts")
        indexes = [
            # A recount, and sums over a range that is not of whole days.
            models.Index(fields=["quarter_at", "channel"], name="traffic_by_quarter"),
            models.Index(
                fields=["quarter_at", "channel"], condition=Q(in_rollup=False), name="traffic_not_in_rollup"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.quarter_at:%Y-%m-%d %H:%M}"


class TrafficDay(models.Model):
    """The rollup of a channel's day: the sum of its traffic counts that have `in_rollup`."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="traffic_days")
    zone = models.CharField(max_length=64)  # whose days
    day = models.DateField()
    received = models.IntegerField(default=0)
    sent = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    unconfirmed = models.IntegerField(default=0)
    segments = models.IntegerField(default=0)
    with_files = models.IntegerField(default=0)
    last_received_at = models.DateTimeField(null=True, editable=False)  # to the quarter hour

    class Meta:
        verbose_name = _("traffic of a day")
        verbose_name_plural = _("traffic by day")
        constraints = [models.UniqueConstraint(fields=["channel", "day", "zone"], name="one_rollup_a_day")]
        indexes = [models.Index(fields=["zone"], name="rollup_by_zone")]  # are there any of another zone?

    def __str__(self) -> str:
        return f"{self.channel_id} {self.day}"
