"""The inbox's list: its tabs with their counts, and a window of rows under one of them, or of what was searched for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels_app.models import Extension, User
from messaging.list_windows import Tab, branches, standing_under, window
from messaging.models import Session
from messaging.personal import CountOf, unread_by
from messaging.search import Search
from messaging.session_rows import Row, rows_of
from messaging.shown import Shown

COUNT_LIMIT = 100  # counting stops here: "99+"

LABELS: dict[Tab, Promise] = {
    Tab.MINE: _("Mine"),
    Tab.QUEUE: _("Queue"),
    Tab.CLOSED: _("Closed"),
    Tab.ARCHIVED: _("Archived"),
    Tab.ALL: _("All"),
}


@dataclass(frozen=True)
class TabButton(Shown):
    tab: Tab
    label: str
    count: str
    is_current: bool


@dataclass(frozen=True)
class SessionList(Shown):
    """What the left side of the inbox shows.

    `after` is the cursor of the rows that follow, "" after the last. `others` are those of the rows that were asked
    for by their ids, further down, which still stand there.
    """

    tab: Tab
    tabs: tuple[TabButton, ...]
    rows: tuple[Row, ...]
    others: tuple[Row, ...]
    after: str
    current: int | None
    unread: str
    search: Search | None
    searched_all: bool


@dataclass(frozen=True)
class Asked:
    """What of the list a page asks for besides its tab; `others`: the ids of rows further down that it has in sight."""

    current: int | None = None
    after: str = ""
    search: Search | None = None
    others: tuple[int, ...] = ()


def read_list(
    user: User, seat: Extension | None, tab: Tab | None = None, asked: Asked | None = None
) -> SessionList:
    """The list under `tab`, or under the first one that this person has."""
    asked = asked or Asked()
    tabs = tabs_of(user, seat)
    tab = tab if tab in tabs else tabs[0]
    counts = _counts(user, seat)
    search = asked.search
    found = search.window(user, seat, asked.after) if search else window(tab, user, seat, asked.after)
    others: Iterable[int] = ()
    if not search and asked.others:
        still_there = standing_under(tab, user, seat, asked.others)
        others = [pk for pk in asked.others if pk in still_there and pk not in found.ids]
    rows = tuple(rows_of([*found.ids, *others], seat, asked.current, search))
    shown = tuple(row for row in rows if row.session_id in found.ids)
    return SessionList(
        tab=tab,
        tabs=tuple(
            TabButton(each, str(LABELS[each]), _capped(counts.get(each, 0)), each == tab and not search)
            for each in tabs
        ),
        rows=shown,
        others=rows[len(shown) :],
        after=found.after,
        current=asked.current,
        unread=_capped(counts["unread"]),
        search=search,
        searched_all=search is None or search.looks_through_all,
    )


def tabs_of(user: User, seat: Extension | None) -> tuple[Tab, ...]:
    """The tabs that this person has: the personal ones with a seat, *All* for supervisors and administrators."""
    personal = (Tab.MINE, Tab.QUEUE, Tab.CLOSED, Tab.ARCHIVED) if seat else ()
    return (*personal, Tab.ALL) if user.oversees or not seat else personal


def _counts(user: User, seat: Extension | None) -> dict[str, int]:
    """How many sessions stand under the tabs that are counted, and how many of them have something unread."""
    if seat is None:
        return {"unread": 0}
    columns, sums = {}, {}
    for tab in (Tab.MINE, Tab.QUEUE):
        for number, part in enumerate(branches(tab, user, seat)):
            columns[f"{tab}_{number}"] = _count(part)
            columns[f"unread_{tab}_{number}"] = _count(unread_by(part, seat))
    numbers = Extension.objects.filter(pk=seat.pk).values_list(*columns.values()).get()
    counted = dict(zip(columns, numbers, strict=True))
    for name in (Tab.MINE.value, Tab.QUEUE.value, "unread"):
        sums[name] = sum(count for column, count in counted.items() if column.startswith(f"{name}_"))
    return sums


def _count(sessions: QuerySet[Session]) -> CountOf:
    return CountOf(sessions.order_by().values("pk")[:COUNT_LIMIT])


def _capped(count: int) -> str:
    return f"{COUNT_LIMIT - 1}+" if count >= COUNT_LIMIT else str(count or "")
