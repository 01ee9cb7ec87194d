"""Finding and locking a session as somebody: the first step of every operation on one."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Session, SessionEvent
from messaging.models.person import Person
from messaging.refusal import NotFoundError, TakenError

TOLD_FOR = dt.timedelta(minutes=10)  # after that a page that is still open learns no more than any other


def locked_session(session_id: int) -> Session:
    """The session, its row locked and read again. Call it inside a transaction, before anything else."""
    try:
        return Session.objects.select_for_update(of=("self",)).select_related("channel").get(pk=session_id)
    except Session.DoesNotExist:
        raise NotFoundError from None


def demand_visible(session: Session, person: Person) -> None:
    """Raises `NotFoundError` unless this person may see the session.

    An agent of its queue whose colleague was quicker just now is told who has it instead (`TakenError`): the session
    was in front of both a moment ago. The name of the holder is all that is told.
    """
    if Session.objects.filter(pk=session.pk).visible_to(person).exists():
        return
    in_its_queue = (
        person.extension and session.queue_id and person.extension.queues.filter(pk=session.queue_id).exists()
    )
    if in_its_queue and session.is_open and _was_taken_just_now(session):
        raise TakenError(_("%(holder)s has this session now.") % {"holder": session.holder_name})
    raise NotFoundError


def _was_taken_just_now(session: Session) -> bool:
    """Whether its holder got it by a pick-up or a take-over, and not from a colleague who handed it on."""
    kinds = [SessionEvent.Kind.PICKED_UP, SessionEvent.Kind.TAKEN_OVER, SessionEvent.Kind.TRANSFERRED]
    last = session.events.filter(kind__in=kinds).last()
    if last is None or last.kind == SessionEvent.Kind.TRANSFERRED:
        return False
    return last.at > timezone.now() - TOLD_FOR
