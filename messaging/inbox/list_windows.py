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
from typing import Any

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When

from channels_app.models import Extension
from messaging.models import Session
from messaging.models.person import Person
from messaging.sessions.archiving import archived_by, not_archived

PAGE = 50  # sessions of a window
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


def branches(tab: Tab, person: Person) -> list[QuerySet[Session]]:
    """What stands under `tab`, in parts that each have an index. No session is in two of them."""
    if tab == Tab.ALL or person.extension is None:
        seen = Session.objects.visible_to(person)
        return [seen.filter(status="open"), seen.filter(status="closed")]
    mine = Session.objects.held_by(person.extension)
    match tab:
        case Tab.MINE:
            return [not_archived(mine.open(), person.extension)]
        case Tab.QUEUE:
            waiting = Session.objects.waiting_in(person.extension.queues.all())
            stuck = Session.objects.stuck_in(person.extension.queues.all()).exclude(holder=person.extension)
            return [not_archived(waiting, person.extension), not_archived(stuck, person.extension)]
        case Tab.CLOSED:
            never_held = Session.objects.closed_unheld_in(person.extension.queues.all())
            return [
                not_archived(mine.filter(status="closed"), person.extension),
                not_archived(never_held, person.extension),
            ]
        case _:
            return [Session.objects.seen_from(person.extension).filter(pk__in=archived_by(person.extension))]


def window(tab: Tab, person: Person, after: str = "", size: int = PAGE) -> Window:
    """The window of `tab` that begins after the cursor `after`; one that makes no sense is as none."""
    if tab == Tab.QUEUE and person.extension is not None:
        return _longest_waiting(branches(tab, person), person.extension, after, size)
    if tab == Tab.ARCHIVED and person.extension is not None:
        return _archived(person.extension, after, size)
    return by_activity(branches(tab, person), after, size)


def standing_under(tab: Tab, person: Person, ids: Iterable[int]) -> set[int]:
    """Which of these sessions stand under `tab`, in whatever window."""
    wanted = list(ids)
    if not wanted:
        return set()
    parts = branches(tab, person)
    return {pk for part in parts for pk in part.filter(pk__in=wanted).values_list("pk", flat=True)}


def by_activity(parts: list[QuerySet[Session]], after: str = "", size: int = PAGE) -> Window:
    """The window of sessions in which something happened last."""
    numbers = _numbers(after, 2)
    found: list[tuple[dt.datetime, int]] = []
    for part in parts:
        if numbers:
            part = part.filter(_before(numbers, "last_activity_at", "pk"))
        found += part.order_by("-last_activity_at", "-pk").values_list("last_activity_at", "pk")[: size + 1]
    return _window(sorted(set(found), reverse=True), size)


def _archived(extension: Extension, after: str, size: int) -> Window:
    """By activity too. What was archived is read first, and then which of it is seen.

    Asked for in one, databases read all sessions to find the few that are both.
    """
    states = archived_by(extension).order_by("-session__last_activity_at", "-session_id")
    numbers = _numbers(after, 2)
    shown: list[tuple[dt.datetime, int]] = []
    while len(shown) <= size:
        rows = states.filter(_before(numbers, "session__last_activity_at", "session")) if numbers else states
        found = list(rows.values_list("session__last_activity_at", "session")[: 2 * size])
        ids = [pk for _at, pk in found]
        seen = set(Session.objects.seen_from(extension).filter(pk__in=ids).values_list("pk", flat=True))
        shown += [row for row in found if row[1] in seen]
        if len(found) < 2 * size:
            break
        numbers = (_micros(found[-1][0]), found[-1][1])
    return _window(shown, size)


def _longest_waiting(parts: list[QuerySet[Session]], extension: Extension, after: str, size: int) -> Window:
    """Queue by queue, in each whoever waits longest first; then those in which nobody waits."""
    queues = list(extension.queues.order_by("name").values_list("pk", flat=True))
    numbers = _numbers(after, 3)
    if numbers and numbers[0] in queues:
        queues = queues[queues.index(numbers[0]) :]
    else:
        numbers = ()
    found: list[tuple[int, int, int]] = []
    for part in parts:
        # The first queue is read along its index, and often is all there is to show.
        first = part.filter(queue__in=queues[:1])
        if numbers:
            first = first.filter(_follows(numbers[1], numbers[2]))
        rows = _in_order(first, queues[:1], size)
        if len(rows) <= size and queues[1:]:
            rows += _in_order(part.filter(queue__in=queues[1:]), queues, size)
        found += rows
    shown = heapq.nsmallest(size + 1, found)
    last = shown[size - 1] if len(shown) > size else None
    return Window(
        tuple(pk for _rank, _since, pk in shown[:size]),
        f"{queues[last[0]]}-{last[1]}-{last[2]}" if last else "",
    )


def _in_order(sessions: QuerySet[Session], queues: list[int], size: int) -> list[tuple[int, int, int]]:
    """The first of the sessions: the rank of the queue, since when somebody waits, and the id."""
    order: list[Any] = [F("waiting_since").asc(nulls_last=True), "pk"]
    if len(queues) > 1:
        ranked = (When(queue=pk, then=Value(rank)) for rank, pk in enumerate(queues))
        sessions = sessions.annotate(rank=Case(*ranked, output_field=IntegerField()))
        order = ["rank", *order]
    rows = sessions.order_by(*order).values_list("queue", "waiting_since", "pk")[: size + 1]
    ranks = {pk: rank for rank, pk in enumerate(queues)}
    return [(ranks[queue], _micros(since) if since else _NOBODY_WAITS, pk) for queue, since, pk in rows]


def _follows(since: int, pk: int) -> Q:
    """What stands below, in the same queue."""
    if since > _FARTHEST:
        return Q(waiting_since__isnull=True, pk__gt=pk)
    at = _EPOCH + dt.timedelta(microseconds=since)
    return Q(waiting_since__gt=at) | Q(waiting_since=at, pk__gt=pk) | Q(waiting_since__isnull=True)


def _before(numbers: tuple[int, ...], at_field: str, pk_field: str) -> Q:
    """What stands below where the order is by activity."""
    at = _EPOCH + dt.timedelta(microseconds=numbers[0])
    same = Q(**{at_field: at, f"{pk_field}__lt": numbers[1]})
    return Q(**{f"{at_field}__lte": at}) & (Q(**{f"{at_field}__lt": at}) | same)


def _window(rows: list[tuple[dt.datetime, int]], size: int) -> Window:
    shown = rows[:size]
    after = f"{_micros(shown[-1][0])}-{shown[-1][1]}" if len(rows) > size else ""
    return Window(tuple(pk for _at, pk in shown), after)


def _micros(at: dt.datetime) -> int:
    return (at - _EPOCH) // dt.timedelta(microseconds=1)


def _numbers(cursor: str, parts: int) -> tuple[int, ...]:
    """The numbers of a cursor; () if it is none, or none of this order."""
    if not _CURSOR.fullmatch(cursor):
        return ()
    numbers = tuple(int(part) for part in cursor.split("-"))
    times_fit = numbers[-2] <= _FARTHEST or (parts == 3 and numbers[-2] == _NOBODY_WAITS)
    return numbers if len(numbers) == parts and times_fit else ()
