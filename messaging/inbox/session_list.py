"""The inbox's list: its tabs with their counts, and a window of rows under one of them, or of what was searched for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.inbox.display import Shown
from messaging.inbox.list_windows import Tab, branches, standing_under, window
from messaging.inbox.search import Search
from messaging.inbox.session_rows import Row, rows_of
from messaging.models.counts import count_each
from messaging.models.person import Person
from messaging.sessions.read_marks import unread_by

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


def read_list(person: Person, tab: Tab | None = None, asked: Asked | None = None) -> SessionList:
    """The list under `tab`, or under the first one that this person has."""
    asked = asked or Asked()
    tabs = tabs_of(person)
    tab = tab if tab in tabs else tabs[0]
    counts = {"unread": 0} if asked.after else _counts(person)  # the rows that follow show none
    search = asked.search
    found = search.window(person, asked.after) if search else window(tab, person, asked.after)
    others: Iterable[int] = ()
    if not search and asked.others:
        still_there = standing_under(tab, person, asked.others)
        others = [pk for pk in asked.others if pk in still_there and pk not in found.ids]
    rows = tuple(rows_of([*found.ids, *others], person.extension, asked.current, search))
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


def tabs_of(person: Person) -> tuple[Tab, ...]:
    """The tabs that this person has: the personal ones with an extension, *All* for supervisors and administrators."""
    personal = (Tab.MINE, Tab.QUEUE, Tab.CLOSED, Tab.ARCHIVED) if person.extension else ()
    return (*personal, Tab.ALL) if person.oversees or not person.extension else personal


def _counts(person: Person) -> dict[str, int]:
    """How many sessions stand under the tabs that are counted, and how many of them have something unread."""
    counts = {Tab.MINE.value: 0, Tab.QUEUE.value: 0, "unread": 0}
    if person.extension is None:
        return counts
    wanted = [
        (name, sessions)
        for tab in (Tab.MINE, Tab.QUEUE)
        for part in branches(tab, person)
        for name, sessions in ((tab.value, part), ("unread", unread_by(part, person.extension)))
    ]
    numbers = count_each([sessions for _name, sessions in wanted], COUNT_LIMIT)
    for (name, _sessions), number in zip(wanted, numbers, strict=True):
        counts[name] += number
    return counts


def _capped(count: int) -> str:
    return f"{COUNT_LIMIT - 1}+" if count >= COUNT_LIMIT else str(count or "")
