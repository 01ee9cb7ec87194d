"""Archiving: each person's own way to take a session off the lists, until something comes in.

It is the id of a message, so nothing is written when a message arrives: what came in after it brings the session back.
"""

from __future__ import annotations

from typing import TypeVar

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from channels_app.models import Extension
from messaging.broker import hints
from messaging.models import Message, PersonalState, Session
from messaging.models.person import Person
from messaging.refusal import NotFoundError
from messaging.sessions import locking

Sessions = TypeVar("Sessions", bound=QuerySet[Session])


def archived_by(extension: Extension) -> QuerySet[PersonalState, int]:
    """The ids of the sessions that are out of the way of `extension`."""
    states = PersonalState.objects.filter(extension=extension, archived_up_to__isnull=False)
    return states.filter(~_arrived_after_archiving()).values_list("session", flat=True)


def archived(extension: Extension | None) -> Exists:
    """A condition on sessions: out of the way of `extension`."""
    # By each session, not by a list of all that are: people archive for years.
    states = PersonalState.objects.filter(
        session=OuterRef("pk"), extension=extension, archived_up_to__isnull=False
    )
    return Exists(states.filter(~_arrived_after_archiving()))


def not_archived(sessions: Sessions, extension: Extension) -> Sessions:
    """Of the sessions, those that are not out of the way of `extension`."""
    kept: Sessions = sessions.exclude(archived(extension))
    return kept


def archive(person: Person, session_id: int, up_to: int) -> None:
    """Takes the session off the lists of `extension` until something comes in after the message `up_to`.

    Raises `RefusedError`, `NotFoundError`.
    """
    _set_archived(person, session_id, up_to)


def unarchive(person: Person, session_id: int) -> None:
    """Puts the session back on the lists of `extension`. Raises `RefusedError`, `NotFoundError`."""
    _set_archived(person, session_id, None)


def show_again(session: Session, extension: Extension) -> None:
    """Puts a session back on the lists of somebody who gets it, or writes in it."""
    PersonalState.objects.filter(session=session, extension=extension).update(archived_up_to=None)


def _set_archived(person: Person, session_id: int, up_to: int | None) -> None:
    if person.extension is None:
        raise NotFoundError  # nobody else has lists of their own
    with transaction.atomic():
        session = locking.locked_session(session_id)
        locking.demand_visible(session, person)
        if up_to is not None:
            up_to = min(up_to, last_message(session_id))
        PersonalState.objects.update_or_create(
            session=session, extension=person.extension, defaults={"archived_up_to": up_to}
        )
        hints.tell_person(session_id, person.extension.pk)


def _arrived_after_archiving() -> Exists:
    arrived = Message.objects.filter(session=OuterRef("session"), direction=Message.Direction.INBOUND)
    return Exists(arrived.filter(pk__gt=OuterRef("archived_up_to")))


def last_message(session_id: int) -> int:
    """The id of the newest message of a session; 0 where there is none."""
    return Message.objects.filter(session=session_id).aggregate(last=Max("pk"))["last"] or 0
