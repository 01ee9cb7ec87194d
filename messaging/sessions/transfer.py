"""Transfer: a session goes to another extension or into a queue, with its whole history."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import Extension, MessageQueue
from messaging.broker import hints
from messaging.models import Session, SessionEvent
from messaging.models.person import Person
from messaging.models.session_rights import may_move
from messaging.refusal import RefusedError
from messaging.sessions import archiving, locking
from messaging.sessions.timeline import note


def transfer(person: Person, session_id: int, target: Extension | MessageQueue) -> Session:
    """Gives an open session to `target`: an extension holds it, in every mode; in a queue nobody does.

    Raises `RefusedError`, `NotFoundError`.
    """
    with transaction.atomic():
        session = locking.locked_session(session_id)
        locking.demand_visible(session, person)
        if not session.is_open:
            raise RefusedError(_("This session is closed: there is nothing to transfer."))
        if not may_move(session, person):
            raise RefusedError(_("You can't transfer this session: somebody else has it."))
        hints.tell(session)  # those who lose it
        now = timezone.now()
        if isinstance(target, Extension):
            if session.holder_id == target.pk:
                raise RefusedError(_("%(holder)s already has this session.") % {"holder": target})
            session.give_to(target)
            archiving.show_again(session, target)
        else:
            if session.holder_id is None and session.queue_id == target.pk:
                raise RefusedError(_("This session is already waiting in “%(queue)s”.") % {"queue": target})
            session.put_into(target)
        session.last_activity_at = now
        session.save(update_fields=["holder", "holder_name", "queue", "queue_name", "last_activity_at"])
        note(
            session,
            SessionEvent.Kind.TRANSFERRED,
            now,
            actor=person.extension,
            actor_name=person.name,
            target_name=str(target),
        )
        hints.tell(session)
        return session
