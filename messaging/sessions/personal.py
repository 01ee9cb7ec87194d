"""What each person keeps about a session: how far it was read, and whether it is out of the way (archived).

Both are ids of messages, so nothing is written when a message arrives: what came in after the first is unread, and
what comes in after the second brings the session back.
"""

from __future__ import annotations

from typing import TypeVar

from django.db import transaction
from django.db.models import Exists, IntegerField, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from channels_app.models import Extension, User
from messaging.broker import hints
from messaging.models import Message, PersonalState, Session
from messaging.refusal import NotFoundError
from messaging.sessions import locking

Sessions = TypeVar("Sessions", bound=QuerySet[Session])


def with_marks(sessions: Sessions, seat: Extension | None) -> Sessions:
    """Adds `read_up_to` and `archived` of the person at `seat` to each session."""
    states = PersonalState.objects.filter(session=OuterRef("pk"), extension=seat)
    away = states.filter(archived_up_to__isnull=False).filter(~_arrived_after_archiving())
    marked: Sessions = sessions.annotate(
        read_up_to=Coalesce(Subquery(states.values("read_up_to")), Value(0)), archived=Exists(away)
    )
    return marked


def archived_by(seat: Extension) -> QuerySet[PersonalState, int]:
    """The ids of the sessions that are out of the way of `seat`."""
    states = PersonalState.objects.filter(extension=seat, archived_up_to__isnull=False)
    return states.filter(~_arrived_after_archiving()).values_list("session", flat=True)


def not_archived(sessions: Sessions, seat: Extension) -> Sessions:
    """Of the sessions, those that are not out of the way of `seat`."""
    # By each session, not by a list of all that are: people archive for years.
    states = PersonalState.objects.filter(
        session=OuterRef("pk"), extension=seat, archived_up_to__isnull=False
    )
    kept: Sessions = sessions.exclude(Exists(states.filter(~_arrived_after_archiving())))
    return kept


def _arrived_after_archiving() -> Exists:
    arrived = Message.objects.filter(session=OuterRef("session"), direction=Message.Direction.INBOUND)
    return Exists(arrived.filter(pk__gt=OuterRef("archived_up_to")))


def unread_by(sessions: Sessions, seat: Extension) -> Sessions:
    """Of the sessions, those with something that `seat` has not read."""
    unread: Sessions = sessions.filter(Exists(_not_read_by(seat)))
    return unread


def with_unread_count(sessions: Sessions, seat: Extension | None) -> Sessions:
    """Adds `unread`, the number of messages that `seat` has not read, to each session."""
    number = Value(0) if seat is None else CountOf(_not_read_by(seat).order_by().values("pk"))
    counted: Sessions = sessions.annotate(unread=number)
    return counted


class CountOf(Subquery):
    """The number of rows of a query, as a column of another."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def _not_read_by(seat: Extension) -> QuerySet[Message]:
    """The unread messages of a session, for a subquery of it."""
    state = PersonalState.objects.filter(session=OuterRef(OuterRef("pk")), extension=seat)
    read_up_to = Coalesce(Subquery(state.values("read_up_to")), Value(0))
    return Message.objects.filter(
        session=OuterRef("pk"), direction=Message.Direction.INBOUND, pk__gt=read_up_to
    )


def mark_read(user: User, seat: Extension | None, session_id: int, up_to: int) -> None:
    """Notes that `seat` has read the session up to a message. It never goes back. Raises `NotFoundError`."""
    if not Session.objects.filter(pk=session_id).visible_to(user, seat).exists():
        raise NotFoundError
    if seat is None:
        return
    up_to = min(up_to, _last_message(session_id))
    state, _created = PersonalState.objects.get_or_create(session_id=session_id, extension=seat)
    if PersonalState.objects.filter(pk=state.pk, read_up_to__lt=up_to).update(read_up_to=up_to):
        hints.tell_person(session_id, seat.pk)


def archive(user: User, seat: Extension, session_id: int, up_to: int) -> None:
    """Takes the session off the lists of `seat` until something comes in after the message `up_to`.

    Raises `RefusedError`, `NotFoundError`.
    """
    _set_archived(user, seat, session_id, up_to)


def unarchive(user: User, seat: Extension, session_id: int) -> None:
    """Puts the session back on the lists of `seat`. Raises `RefusedError`, `NotFoundError`."""
    _set_archived(user, seat, session_id, None)


def show_again(session: Session, seat: Extension) -> None:
    """Puts a session back on the lists of somebody who gets it, or writes in it."""
    PersonalState.objects.filter(session=session, extension=seat).update(archived_up_to=None)


def _set_archived(user: User, seat: Extension, session_id: int, up_to: int | None) -> None:
    with transaction.atomic():
        session = locking.locked_session(session_id)
        locking.demand_visible(session, user, seat)
        if up_to is not None:
            up_to = min(up_to, _last_message(session_id))
        PersonalState.objects.update_or_create(
            session=session, extension=seat, defaults={"archived_up_to": up_to}
        )
        hints.tell_person(session_id, seat.pk)


def _last_message(session_id: int) -> int:
    return Message.objects.filter(session=session_id).aggregate(last=Max("pk"))["last"] or 0
