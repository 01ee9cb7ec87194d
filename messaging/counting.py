"""Folding the traffic counts: many +1 rows become one, the sums stay the same."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Count, Sum

from messaging.models import TrafficCount
from messaging.models.traffic import FIELDS


def fold_traffic(groups: int = 1000) -> int:
    """Makes one row of each channel's quarter hour that has several; returns how many rows went.

    Two folds at once take each row once: what a fold sums is what it deleted.
    """
    crowded = (
        TrafficCount.objects.order_by()
        .values_list("channel_id", "quarter_at")
        .annotate(rows=Count("id"))
        .filter(rows__gt=1)[:groups]
    )
    return sum(_fold(channel_id, quarter_at) for channel_id, quarter_at, _rows in list(crowded))


def _fold(channel_id: int, quarter_at: dt.datetime) -> int:
    with transaction.atomic():
        rows = TrafficCount.objects.select_for_update().filter(channel_id=channel_id, quarter_at=quarter_at)
        ids = list(rows.values_list("pk", flat=True))
        mine = TrafficCount.objects.filter(pk__in=ids)
        sums = mine.aggregate(**{f"sum_{field}": Sum(field) for field in FIELDS})
        deleted, _by_model = mine.delete()
        if deleted != len(ids):  # another fold was quicker with some of them
            transaction.set_rollback(True)
            return 0
        TrafficCount.objects.create(
            channel_id=channel_id,
            quarter_at=quarter_at,
            **{field: sums[f"sum_{field}"] or 0 for field in FIELDS},
        )
        return len(ids) - 1
