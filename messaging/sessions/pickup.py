"""Pick-up: one agent gets a queue's session for itself."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.broker import hints
from messaging.models import Session, SessionEvent
from messaging.models.person import Person
from messaging.models.session_rights import may_pick_up, may_take_over
from messaging.refusal import RefusedError
from messaging.sessions import archiving, locking, presence
from messaging.sessions.timeline import note


def pick_up(person: Person, session_id: int) -> Session:
    """Makes `extension` the holder; when several press at once exactly one wins, the others are told who.

    Pressing again is no error. Raises `RefusedError`, `NotFoundError`.
    """
    with transaction.atomic():
        session = locking.locked_session(session_id)
        locking.demand_visible(session, person)
        if person.extension is None:
            raise RefusedError(_("Only people with an extension can pick up."))
        if session.holder_id == person.extension.pk:
            return session
        if not may_pick_up(session, person.extension):
            raise RefusedError(_why_not(session))
        now = timezone.now()
        session.give_to(person.extension)
        session.last_activity_at = now
        session.save(update_fields=["holder", "holder_name", "last_activity_at"])
        note(session, SessionEvent.Kind.PICKED_UP, now, actor=person.extension)
        hints.tell(session)
        return session


def take_over(person: Person, session_id: int) -> Session:
    """Makes `extension` the holder of a session that waits too long for a colleague who is away; exactly one wins.

    Who takes over is here: available from now on, so that nobody takes it over from there. Raises `RefusedError`,
    `NotFoundError`.
    """
    with transaction.atomic():
        session = locking.locked_session(session_id)
        locking.demand_visible(session, person)
        if person.extension is None:
            raise RefusedError(_("Only people with an extension can take over."))
        if session.holder_id == person.extension.pk:
            return session
        if not may_take_over(session, person.extension):
            raise RefusedError(_("This session is not waiting for a colleague who is away."))
        previous_id, previous_name = session.holder_id, session.holder_name
        now = timezone.now()
        presence.set_away(person.extension, away=False)
        session.give_to(person.extension)
        session.last_activity_at = now
        session.save(update_fields=["holder", "holder_name", "last_activity_at"])
        archiving.show_again(session, person.extension)
        note(session, SessionEvent.Kind.TAKEN_OVER, now, actor=person.extension, target_name=previous_name)
        hints.tell(session, before=[previous_id])
        return session


def _why_not(session: Session) -> str:
    if not session.is_open:
        return _("This session is closed.")
    if session.holder_id is not None:
        return _("%(holder)s has this session now.") % {"holder": session.holder_name}
    return _("Sessions in this queue can't be picked up: all its agents answer them together.")
