"""Pick-up: one agent gets a queue's session for itself."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import Extension, User
from messaging import access, hints
from messaging.models import Session, SessionEvent
from messaging.models.session_access import may_pick_up
from messaging.refusal import RefusedError
from messaging.timeline import note


def pick_up(user: User, seat: Extension | None, session_id: int) -> Session:
    """Makes `seat` the holder; when several press at once exactly one wins, the others are told who.

    Pressing again is no error. Raises `RefusedError`, `NotFoundError`.
    """
    with transaction.atomic():
        session = access.locked_session(session_id)
        access.demand_visible(session, user, seat)
        if seat is None:
            raise RefusedError(_("Only people with an extension can pick up."))
        if session.holder_id == seat.pk:
            return session
        if not may_pick_up(session, seat):
            raise RefusedError(_why_not(session))
        now = timezone.now()
        session.give_to(seat)
        session.last_activity_at = now
        session.save(update_fields=["holder", "holder_name", "last_activity_at"])
        note(session, SessionEvent.Kind.PICKED_UP, now, actor=seat)
        hints.tell(session)
        return session


def _why_not(session: Session) -> str:
    if not session.is_open:
        return _("This session is closed.")
    if session.holder_id is not None:
        return _("%(holder)s has this session now.") % {"holder": session.holder_name}
    return _("Sessions of this queue are not picked up: all its agents answer them together.")
