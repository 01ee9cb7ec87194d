"""Counting the outcome of messages, and folding the counts: many small rows become one with the same sum."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Count

from messaging.models import Message, TrafficCount
from messaging.models.traffic import quarter_of


class Counts:
    """The counts of messages concluded together: added up, and stored as one row per quarter hour.

    Only messages that agents wrote count as sent; cancelled ones count nowhere; each counts at the moment it was
    first concluded, whatever is learned of it later.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[int, dt.datetime], TrafficCount] = {}

    def add(self, message: Message, channel_id: int, *, times: int = 1) -> None:
        """Counts a message by its status; not at all until it is concluded."""
        if message.origin != Message.Origin.AGENT or message.concluded_at is None:
            return
        if message.status == Message.Status.CANCELLED:
            return
        quarter_at = quarter_of(message.concluded_at)
        row = self._rows.setdefault(
            (channel_id, quarter_at), TrafficCount(channel_id=channel_id, quarter_at=quarter_at)
        )
        if message.status == Message.Status.SENT:
            row.sent += times
            row.segments += times * message.segments
            row.with_files += times * message.has_files
        else:
            row.failed += times
            row.unconfirmed += times * (message.status == Message.Status.UNCONFIRMED)

    def take_back(self, message: Message, channel_id: int) -> None:
        """Takes back what was counted for a message, before its status changes."""
        self.add(message, channel_id, times=-1)

    def save(self) -> None:
        """Stores the sums; in the transaction that concludes the messages."""
        TrafficCount.objects.bulk_create(self._rows.values())


def fold_traffic(groups: int = 1000) -> int:
    """Merges the rows of each channel's quarter hour into one; returns how many rows were removed.

    Two folds at once take each row once: what a fold sums is what it deleted.
    """
    crowded = (
        TrafficCount.objects.filter(in_rollup=False)
        .order_by()
        .values_list("channel_id", "quarter_at")
        .annotate(rows=Count("id"))
        .filter(rows__gt=1)[:groups]
    )
    return sum(_fold(channel_id, quarter_at) for channel_id, quarter_at, _rows in list(crowded))


def _fold(channel_id: int, quarter_at: dt.datetime) -> int:
    with transaction.atomic():
        rows = TrafficCount.objects.filter(channel_id=channel_id, quarter_at=quarter_at, in_rollup=False)
        ids = list(
            rows.select_for_update().values_list("pk", flat=True)[:10_000]
        )  # SQLite accepts a limited number at once
        if len(ids) < 2:
            return 0
        mine = TrafficCount.objects.filter(pk__in=ids)
        sums = mine.totals()
        deleted, _by_model = mine.delete()
        if deleted != len(ids):  # another fold was quicker with some of them
            transaction.set_rollback(True)
            return 0
        TrafficCount.objects.create(channel_id=channel_id, quarter_at=quarter_at, **sums)
        return len(ids) - 1
