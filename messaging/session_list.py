"""The inbox's list: which sessions stand under which tab, and the line that each shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels_app.models import Extension, User
from channels_app.phone_numbers import pretty_number
from messaging.models import Contact, Message, Session
from messaging.models.session_access import waits_too_long
from messaging.personal import with_marks, with_unread, with_unread_count
from messaging.shown import Shown, how_long, short_time

PAGE = 50  # rows; "show more" adds as many
MOST_ROWS = 500
COUNT_LIMIT = 100  # counting stops here: "99+"
LONGEST_LINE = 160  # characters of the last message


class Tab(StrEnum):
    MINE = "mine"
    QUEUE = "queue"
    CLOSED = "closed"
    ARCHIVED = "archived"
    ALL = "all"


LABELS: dict[Tab, Promise] = {
    Tab.MINE: _("Mine"),
    Tab.QUEUE: _("Queue"),
    Tab.CLOSED: _("Closed"),
    Tab.ARCHIVED: _("Archived"),
    Tab.ALL: _("All"),
}


@dataclass(frozen=True)
class Row(Shown):
    """One session of the list."""

    session_id: int
    customer: str
    number: str
    company: str
    our_number: str
    queue: str
    holder: str
    is_open: bool
    is_current: bool
    last_line: str
    last_is_ours: bool
    last_has_files: bool
    time: str
    unread: int
    waiting: str
    outgoing: str
    outgoing_label: str
    holder_is_away: bool


@dataclass(frozen=True)
class TabButton(Shown):
    tab: Tab
    label: str
    count: str
    is_current: bool


@dataclass(frozen=True)
class SessionList(Shown):
    """What the left side of the inbox shows."""

    tab: Tab
    tabs: tuple[TabButton, ...]
    rows: tuple[Row, ...]
    current: int | None
    unread: str
    limit: int
    next_limit: int | None


class _CountOf(Subquery):
    """The number of rows of a query, as a column of another."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def read_list(
    user: User, seat: Extension | None, tab: Tab | None, current: int | None = None, limit: int = PAGE
) -> SessionList:
    """The list under `tab`, or under the first one that this person has; `current` is the session shown beside."""
    tabs = tabs_of(user, seat)
    tab = tab if tab in tabs else tabs[0]
    limit = max(PAGE, min(limit, MOST_ROWS))
    counts = _counts(user, seat)
    sessions = list(with_unread_count(_ordered(_under(tab, user, seat), tab))[: limit + 1])
    has_more = len(sessions) > limit and limit < MOST_ROWS
    return SessionList(
        tab=tab,
        tabs=tuple(
            TabButton(each, str(LABELS[each]), _capped(counts.get(each, 0)), each == tab) for each in tabs
        ),
        rows=tuple(_rows(sessions[:limit], current)),
        current=current,
        unread=_capped(counts["unread"]),
        limit=limit,
        next_limit=limit + PAGE if has_more else None,
    )


def tabs_of(user: User, seat: Extension | None) -> tuple[Tab, ...]:
    """The tabs that this person has: the personal ones with a seat, *All* for supervisors and administrators."""
    personal = (Tab.MINE, Tab.QUEUE, Tab.CLOSED, Tab.ARCHIVED) if seat else ()
    return (*personal, Tab.ALL) if user.oversees or not seat else personal


def _under(tab: Tab, user: User, seat: Extension | None) -> QuerySet[Session]:
    if tab == Tab.ALL or seat is None:
        return with_marks(Session.objects.visible_to(user, seat), seat)
    sessions = Session.objects
    match tab:
        # These two are parts of what is seen from the seat; to ask for both took twice the time.
        case Tab.MINE:
            return with_marks(sessions.open().held_by(seat), seat).filter(Q(archived=False))
        case Tab.QUEUE:
            return with_marks(sessions.waiting_for(seat), seat).filter(Q(archived=False))
        case Tab.CLOSED:
            closed = sessions.seen_from(seat).filter(status=Session.Status.CLOSED)
            return with_marks(closed, seat).filter(Q(archived=False))
        case _:
            return with_marks(sessions.seen_from(seat), seat).filter(Q(archived=True))


def _ordered(sessions: QuerySet[Session], tab: Tab) -> QuerySet[Session]:
    """In the queue whoever waits longest is first, elsewhere what happened last."""
    newest = Message.objects.filter(session=OuterRef("pk")).order_by("-pk").values("pk")
    outgoing = newest.filter(direction=Message.Direction.OUTBOUND)
    sessions = sessions.annotate(newest_message=Subquery(newest[:1]), newest_outgoing=Subquery(outgoing[:1]))
    sessions = sessions.annotate(waits_too_long=Case(When(waits_too_long(), then=True), default=False))
    if tab == Tab.QUEUE:
        return sessions.order_by(
            "queue__name", F("waiting_since").asc(nulls_last=True), "-last_activity_at", "-pk"
        )
    return sessions.order_by("-last_activity_at", "-pk")


def _counts(user: User, seat: Extension | None) -> dict[str, int]:
    """How many sessions stand under the tabs that are counted, and how many of them have something unread."""
    if seat is None:
        return {"unread": 0}
    mine, queue = _under(Tab.MINE, user, seat), _under(Tab.QUEUE, user, seat)
    counted = {
        Tab.MINE.value: mine,
        Tab.QUEUE.value: queue,
        "unread_mine": with_unread(mine),
        "unread_queue": with_unread(queue),
    }
    columns = {
        name: _CountOf(sessions.order_by().values("pk")[:COUNT_LIMIT]) for name, sessions in counted.items()
    }
    numbers = Extension.objects.filter(pk=seat.pk).values_list(*columns.values()).get()
    counts = dict(zip(columns, numbers, strict=True))
    counts["unread"] = counts["unread_mine"] + counts["unread_queue"]
    return counts


def _capped(count: int) -> str:
    return f"{COUNT_LIMIT - 1}+" if count >= COUNT_LIMIT else str(count or "")


def _rows(sessions: list[Session], current: int | None) -> Iterable[Row]:
    ids = {pk for session in sessions for pk in (session.newest_message, session.newest_outgoing)}  # type: ignore[attr-defined]
    messages = Message.objects.only("text", "direction", "created_at", "status", "has_files").in_bulk(
        ids - {None}
    )
    contacts = Contact.objects.by_number(session.customer_number for session in sessions)
    for session in sessions:
        contact = contacts.get(session.customer_number)
        number = pretty_number(session.customer_number)
        last = messages.get(session.newest_message)  # type: ignore[attr-defined]
        outgoing = messages.get(session.newest_outgoing)  # type: ignore[attr-defined]
        yield Row(
            session_id=session.pk,
            customer=(contact and contact.name) or number,
            number=number,
            company=contact.company if contact else "",
            our_number=pretty_number(session.our_number),
            queue=session.queue_name,
            holder=session.holder_name,
            is_open=session.is_open,
            is_current=session.pk == current,
            last_line=" ".join(last.text[:LONGEST_LINE].split()) if last else "",
            last_is_ours=last is not None and not last.is_inbound,
            last_has_files=last is not None and last.has_files,
            time=short_time(last.created_at if last else session.last_activity_at),
            unread=session.unread,  # type: ignore[attr-defined]
            waiting=how_long(session.waiting_since) if session.waiting_since else "",
            outgoing=outgoing.status if outgoing else "",
            outgoing_label=outgoing.get_status_display() if outgoing else "",
            holder_is_away=session.waits_too_long,  # type: ignore[attr-defined]
        )
