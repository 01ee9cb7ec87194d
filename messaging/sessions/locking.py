"""Finding and locking a session as somebody: the first step of every operation on one."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import Extension, User
from channels_app.phone_numbers import is_phone_number
from messaging.models import Session, SessionEvent
from messaging.models.session_rights import may_answer, may_take_over
from messaging.refusal import NotFoundError, RefusedError, TakenError

TOLD_FOR = dt.timedelta(minutes=10)  # after that a page that is still open learns no more than any other


def locked_session(session_id: int) -> Session:
    """The session, its row locked and read again. Call it inside a transaction, before anything else."""
    try:
        return Session.objects.select_for_update(of=("self",)).select_related("channel").get(pk=session_id)
    except Session.DoesNotExist:
        raise NotFoundError from None


def demand_visible(session: Session, user: User, seat: Extension | None) -> None:
    """Raises `NotFoundError` unless this person may see the session.

    An agent of its queue whose colleague was quicker just now is told who has it instead (`TakenError`): the session
    was in front of both a moment ago. The name of the holder is all that is told.
    """
    if Session.objects.filter(pk=session.pk).visible_to(user, seat).exists():
        return
    in_its_queue = seat and session.queue_id and seat.queues.filter(pk=session.queue_id).exists()
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


def demand_answerable(session: Session, user: User, seat: Extension | None) -> Extension:
    """The seat to answer from. Raises `RefusedError` with the reason why this session can't be answered."""
    demand_visible(session, user, seat)
    reason = why_not_answerable(session, seat)
    if reason or seat is None:
        raise RefusedError(reason)
    return seat


def why_not_answerable(session: Session, seat: Extension | None) -> str:
    """The sentence that says why `seat` can't write in the session now; "" if it can."""
    if not session.is_open:
        return _("This session is closed. Start a new one to write to this customer.")
    if seat is None:
        return _("Only people with an extension can answer.")
    if not may_answer(session, seat):
        if may_take_over(session, seat):
            return _("%(holder)s is away, and the customer waits. Take the session over to answer.") % {
                "holder": session.holder_name
            }
        if session.holder_name:
            return _("%(holder)s has this session now.") % {"holder": session.holder_name}
        return _("This session belongs to a queue you are not in.")
    if reason := why_nothing_leaves(session):
        return reason
    return ""


def why_nothing_leaves(session: Session) -> str:
    """The sentence that says why no message of anybody can leave this session; "" if one can."""
    if not session.channel.enabled:
        return _("The channel “%(channel)s” is disabled: nothing can be sent through it.") % {
            "channel": session.channel.name
        }
    if not is_phone_number(session.customer_number):
        return _("“%(customer)s” is no phone number and can't be answered.") % {
            "customer": session.customer_number
        }
    if session.rule is None:
        return _(
            "This number was removed: %(number)s has no rule any more, so nothing can be sent from it."
        ) % {"number": session.our_number}
    return ""
