"""Read marks: how far each person has read a session. What came in after that is unread.

A mark is the id of a message, so nothing is written when a message arrives.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Exists, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from channels_app.models import Extension
from messaging.broker import hints
from messaging.models import Message, PersonalState, Session
from messaging.models.person import Person
from messaging.refusal import NotFoundError
from messaging.sessions.archiving import archived, last_message

Sessions = TypeVar("Sessions", bound=QuerySet[Session])


def with_marks(sessions: Sessions, extension: Extension | None) -> Sessions:
    """Adds `read_up_to` and `archived` of the person at `extension` to each session."""
    states = PersonalState.objects.filter(session=OuterRef("pk"), extension=extension)
    marked: Sessions = sessions.annotate(
        read_up_to=Coalesce(Subquery(states.values("read_up_to")), Value(0)), archived=archived(extension)
    )
    return marked


def unread_by(sessions: Sessions, extension: Extension) -> Sessions:
    """Of the sessions, those with something that `extension` has not read."""
    unread: Sessions = sessions.filter(Exists(_not_read_by(extension)))
    return unread


def with_unread_count(sessions: Sessions, extension: Extension | None) -> Sessions:
    """Adds `unread`, the number of messages that `extension` has not read, to each session."""
    number = Value(0) if extension is None else CountOf(_not_read_by(extension).order_by().values("pk"))
    counted: Sessions = sessions.annotate(unread=number)
    return counted


class CountOf(Subquery):
    """The number of rows of a query, as a column of another."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def _not_read_by(extension: Extension) -> QuerySet[Message]:
    """The unread messages of a session, for a subquery of it."""
    state = PersonalState.objects.filter(session=OuterRef(OuterRef("pk")), extension=extension)
    read_up_to = Coalesce(Subquery(state.values("read_up_to")), Value(0))
    return Message.objects.filter(
        session=OuterRef("pk"), direction=Message.Direction.INBOUND, pk__gt=read_up_to
    )


def mark_read(person: Person, session_id: int, up_to: int) -> None:
    """Notes that `extension` has read the session up to a message. It never goes back. Raises `NotFoundError`."""
    if not Session.objects.filter(pk=session_id).visible_to(person).exists():
        raise NotFoundError
    if person.extension is None:
        return
    up_to = min(up_to, last_message(session_id))
    state, _created = PersonalState.objects.get_or_create(session_id=session_id, extension=person.extension)
    if PersonalState.objects.filter(pk=state.pk, read_up_to__lt=up_to).update(read_up_to=up_to):
        hints.tell_person(session_id, person.extension.pk)
