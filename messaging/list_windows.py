"""The windows of the inbox's list: what stands under a tab, in its order, so many sessions at a time.

A tab is one *branch* or two: each is read along an index of its own, from where the window before it ended, so a
window costs the same with a hundred sessions and a hundred thousand.
"""

from __future__ import annotations

import datetime as dt
import heapq
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When

from channels_app.models import Extension, User
from messaging.models import Session
from messaging.personal import archived_by, not_archived

PAGE = 50  # sessions of a window
MOST_ARCHIVED = 10_000  # sessions of the tab
_CURSOR = re.compile(r"\d{1,18}(-\d{1,18}){1,2}", re.ASCII)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NOBODY_WAITS = 10**17  # microseconds: after every time at which somebody can wait
_FARTHEST = 10**17 - 1


class Tab(StrEnum):
    MINE = "mine"
    QUEUE = "queue"
    CLOSED = "closed"
    ARCHIVED = "archived"
    ALL = "all"


@dataclass(frozen=True)
class Window:
    """Sessions in their order; `after` is the cursor of the window that follows, "" after the last."""

    ids: tuple[int, ...]
    after: str


def branches(tab: Tab, user: User, seat: Extension | None) -> list[QuerySet[Session]]:
    """What stands under `tab`, in parts that each have an index. No session is in two of them."""
    if tab == Tab.ALL or seat is None:
        seen = Session.objects.visible_to(user, seat)
        return [seen.filter(status="open"), seen.filter(status="closed")]
    mine = Session.objects.held_by(seat)
    match tab:
        case Tab.MINE:
            return [not_archived(mine.open(), seat)]
        case Tab.QUEUE:
            waiting = Session.objects.waiting_in(seat.queues.all())
            stuck = Session.objects.stuck_in(seat.queues.all()).exclude(holder=seat)
            return [not_archived(waiting, seat), not_archived(stuck, seat)]
        case Tab.CLOSED:
            never_held = Session.objects.closed_unheld_in(seat.queues.all())
            return [not_archived(mine.filter(status="closed"), seat), not_archived(never_held, seat)]
        case _:
            return [Session.objects.seen_from(seat).filter(pk__in=_archived_last(seat))]


def _archived_last(seat: Extension) -> list[int]:
    """The ids of what `seat` has archived. As a list: asked for in one, databases read all sessions to find them."""
    return list(archived_by(seat).order_by("-archived_up_to")[:MOST_ARCHIVED])


def window(tab: Tab, user: User, seat: Extension | None, after: str = "", size: int = PAGE) -> Window:
    """The window of `tab` that begins after the cursor `after`; one that makes no sense is as none."""
    if tab == Tab.QUEUE and seat is not None:
        return _longest_waiting(branches(tab, user, seat), seat, after, size)
    return by_activity(branches(tab, user, seat), after, size)


def standing_under(tab: Tab, user: User, seat: Extension | None, ids: Iterable[int]) -> set[int]:
    """Which of these sessions stand under `tab`, in whatever window."""
    wanted = list(ids)
    if not wanted:
        return set()
    parts = branches(tab, user, seat)
    return {pk for part in parts for pk in part.filter(pk__in=wanted).values_list("pk", flat=True)}


def by_activity(parts: list[QuerySet[Session]], after: str = "", size: int = PAGE) -> Window:
    """The window of sessions in which something happened last."""
    numbers = _numbers(after, 2)
    found: list[tuple[dt.datetime, int]] = []
    for part in parts:
        if numbers:
            at = _EPOCH + dt.timedelta(microseconds=numbers[0])
            before = Q(last_activity_at__lt=at) | Q(last_activity_at=at, pk__lt=numbers[1])
            part = part.filter(before, last_activity_at__lte=at)
        ordered = part.order_by("-last_activity_at", "-pk")
        found += ordered.values_list("last_activity_at", "pk")[: size + 1]
    shown = heapq.nlargest(size + 1, found)
    more = len(shown) > size
    shown = shown[:size]
    return Window(tuple(pk for _at, pk in shown), f"{_micros(shown[-1][0])}-{shown[-1][1]}" if more else "")


def _longest_waiting(parts: list[QuerySet[Session]], seat: Extension, after: str, size: int) -> Window:
    """Queue by queue, in each whoever waits longest first; then those in which nobody waits."""
    queues = list(seat.queues.order_by("name").values_list("pk", flat=True))
    if not queues:
        return Window((), "")
    ranks = {pk: rank for rank, pk in enumerate(queues)}
    rank = Case(
        *(When(queue=pk, then=Value(number)) for pk, number in ranks.items()),
        default=Value(len(ranks)),
        output_field=IntegerField(),
    )
    numbers = _numbers(after, 3)
    found: list[tuple[int, int, int]] = []
    for part in parts:
        part = part.annotate(rank=rank)
        if numbers and numbers[0] in ranks:
            part = part.filter(_follows(ranks[numbers[0]], numbers[1], numbers[2]))
        ordered = part.order_by("rank", F("waiting_since").asc(nulls_last=True), "pk")
        for queue, since, pk in ordered.values_list("queue", "waiting_since", "pk")[: size + 1]:
            found.append((ranks[queue], _micros(since) if since else _NOBODY_WAITS, pk))
    shown = heapq.nsmallest(size + 1, found)
    more = len(shown) > size
    shown = shown[:size]
    last = shown[-1] if more else None
    return Window(
        tuple(pk for _rank, _since, pk in shown), f"{queues[last[0]]}-{last[1]}-{last[2]}" if last else ""
    )


def _follows(rank: int, since: int, pk: int) -> Q:
    if since > _FARTHEST:
        return Q(rank__gt=rank) | Q(rank=rank, waiting_since__isnull=True, pk__gt=pk)
    at = _EPOCH + dt.timedelta(microseconds=since)
    later = Q(waiting_since__gt=at) | Q(waiting_since=at, pk__gt=pk) | Q(waiting_since__isnull=True)
    return Q(rank__gt=rank) | (Q(rank=rank) & later)


def _micros(at: dt.datetime) -> int:
    return (at - _EPOCH) // dt.timedelta(microseconds=1)


def _numbers(cursor: str, parts: int) -> tuple[int, ...]:
    """The numbers of a cursor; () if it is none, or none of this order."""
    if not _CURSOR.fullmatch(cursor):
        return ()
    numbers = tuple(int(part) for part in cursor.split("-"))
    times_fit = numbers[-2] <= _FARTHEST or (parts == 3 and numbers[-2] == _NOBODY_WAITS)
    return numbers if len(numbers) == parts and times_fit else ()
