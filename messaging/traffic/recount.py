"""Recounting the messages: the channels' figures must equal it; differences are reported or repaired."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import ExtractMinute, TruncHour

from messaging.models import Message, TrafficCount
from messaging.models.traffic import FIELDS

Key = tuple[int, dt.datetime]  # a channel's id, and the start of a quarter hour
Sums = dict[str, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """A channel's figures for a quarter hour, and what its messages give."""

    channel_id: int
    quarter_at: dt.datetime
    field: str
    counted: int
    recounted: int


def recount(start: dt.datetime | None, end: dt.datetime | None, *, repair: bool = False) -> list[Difference]:
    """The differences in [start, end), both on a quarter hour or None if open; repaired if `repair`.

    Both are read as of one instant, so that new messages make no difference.
    """
    is_outermost = not connection.in_atomic_block  # only then may the level be set
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        differences = list(_compare(_counted(start, end), _recounted(start, end)))
        if repair:
            TrafficCount.objects.bulk_create(_corrections(differences))
    return differences


def _compare(counted: dict[Key, Sums], recounted: dict[Key, Sums]) -> Iterator[Difference]:
    for channel_id, quarter_at in sorted(counted.keys() | recounted.keys()):
        for field in FIELDS:
            was = counted.get((channel_id, quarter_at), {}).get(field, 0)
            is_now = recounted.get((channel_id, quarter_at), {}).get(field, 0)
            if was != is_now:
                yield Difference(channel_id, quarter_at, field, was, is_now)


def _corrections(differences: list[Difference]) -> Iterator[TrafficCount]:
    rows: dict[Key, TrafficCount] = {}
    for each in differences:
        key = each.channel_id, each.quarter_at
        row = rows.setdefault(key, TrafficCount(channel_id=each.channel_id, quarter_at=each.quarter_at))
        setattr(row, each.field, each.recounted - each.counted)
    yield from rows.values()


def _counted(start: dt.datetime | None, end: dt.datetime | None) -> dict[Key, Sums]:
    rows = TrafficCount.objects.between(start, end).order_by().values_list("channel_id", "quarter_at")
    summed = rows.annotate(*(Sum(field) for field in FIELDS))
    return {
        (channel_id, quarter_at): dict(zip(FIELDS, values, strict=True))
        for channel_id, quarter_at, *values in summed
    }


def _recounted(start: dt.datetime | None, end: dt.datetime | None) -> dict[Key, Sums]:
    """As `messaging.traffic.counting` counts, from the messages."""
    found: dict[Key, Sums] = defaultdict(lambda: dict.fromkeys(FIELDS, 0))
    inbound = Message.objects.filter(direction=Message.Direction.INBOUND)
    for key, _status, number, _segments, with_files in _by_quarter(inbound, "created_at", start, end):
        found[key]["received"] += number
        found[key]["with_files"] += with_files
    ended = [Message.Status.SENT, Message.Status.FAILED, Message.Status.UNCONFIRMED]
    outbound = Message.objects.filter(origin=Message.Origin.AGENT, status__in=ended)
    for key, status, number, segments, with_files in _by_quarter(outbound, "concluded_at", start, end):
        if status == Message.Status.SENT:
            found[key]["sent"] += number
            found[key]["segments"] += segments
            found[key]["with_files"] += with_files
        else:
            found[key]["failed"] += number
            found[key]["unconfirmed"] += number if status == Message.Status.UNCONFIRMED else 0
    return found


def _by_quarter(
    messages: QuerySet[Message], time: str, start: dt.datetime | None, end: dt.datetime | None
) -> Iterator[tuple[Key, str, int, int, int]]:
    """Key, status, and the sums of messages, segments and messages with files."""
    if start is not None:
        messages = messages.filter(**{f"{time}__gte": start})
    if end is not None:
        messages = messages.filter(**{f"{time}__lt": end})
    minute = ExtractMinute(time, tzinfo=dt.UTC)
    quarters = (When(Q(minute__gte=15 * quarter), then=Value(15 * quarter)) for quarter in (3, 2, 1))
    rows = (
        messages.order_by()
        .annotate(
            hour=TruncHour(time, tzinfo=dt.UTC),
            minute=minute,
            channel=F("session__channel"),
            past=Case(*quarters, default=Value(0), output_field=IntegerField()),
        )
        .values_list("channel", "hour", "past", "status")
        .annotate(Count("pk"), Sum("segments"), with_files=Count("pk", filter=Q(has_files=True)))
    )
    for channel, hour, past, status, number, segments, with_files in rows:
        yield (channel, hour + dt.timedelta(minutes=past)), status, number, segments, with_files
