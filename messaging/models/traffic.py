"""Traffic counts: +1 rows per channel and quarter hour, folded by a task; a figure is always the sum of rows."""

from __future__ import annotations

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Sum
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

    def totals_by_channel(self) -> dict[int, dict[str, int]]:
        """The sums of each channel, by its id."""
        rows = self.order_by().values_list("channel_id").annotate(*(Sum(field) for field in FIELDS))
        return {
            channel_id: {field: value or 0 for field, value in zip(FIELDS, values, strict=True)}
            for channel_id, *values in rows
        }


class TrafficCount(models.Model):
    """A change of the counts. Only messages that agents wrote count as sent.

    `failed` includes `unconfirmed`; a late answer moves one by a row with −1 and +1.
    """

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="traffic")
    quarter_at = models.DateTimeField()
    received = models.IntegerField(default=0)
    sent = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    unconfirmed = models.IntegerField(default=0)
    segments = models.IntegerField(default=0)
    with_files = models.IntegerField(default=0)

    objects = TrafficQuerySet.as_manager()

    class Meta:
        verbose_name = _("traffic count")
        verbose_name_plural = _("traffic counts")
        indexes = [
            # The channel list's sums over a range, and the fold.
            models.Index(fields=["quarter_at", "channel"], name="traffic_by_quarter"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.quarter_at:%Y-%m-%d %H:%M}"
