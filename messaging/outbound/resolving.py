"""What people do with messages that are still here or did not get through: cancel, send again, *it was sent*."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import Channel
from messaging.broker import hints
from messaging.models import Message, Session
from messaging.models.person import Person
from messaging.models.session_rights import may_resolve
from messaging.outbound import writing
from messaging.refusal import NotFoundError, RefusedError
from messaging.sending import turns
from messaging.sessions import locking
from messaging.traffic.counting import Counts

Status = Message.Status


def cancel(person: Person, session_id: int, message_id: int) -> Message:
    """Takes a queued message back; once it is on its way that is refused. Raises `RefusedError`, `NotFoundError`."""
    with transaction.atomic():
        session, message = _locked(person, session_id, message_id)
        if message.status == Status.CANCELLED:
            return message
        if message.status != Status.QUEUED:
            raise RefusedError(_("Too late to cancel: this message is %(status)s.") % _status(message))
        _cancel(message)
        turns.renew([session.pk], timezone.now())
        hints.tell(session)
        return message


def cancel_all_waiting(channel: Channel) -> int:
    """Takes back everything that waits in a channel's queue; returns how many. What is on its way goes on."""
    waiting = Message.objects.filter(session__channel=channel, status=Status.QUEUED)
    session_ids = waiting.order_by().values_list("session_id", flat=True).distinct()
    return sum(_cancel_in(session_id) for session_id in list(session_ids))


def send_again(person: Person, session_id: int, message_id: int) -> Message:
    """A new message with the same text at the end of its session, linked to the old one, which keeps its status.

    Once, also when two people press: the second gets the first one's message. Raises `RefusedError`, `NotFoundError`.
    """
    with transaction.atomic():
        session, message = _locked(person, session_id, message_id)
        if again := Message.objects.filter(resent_from=message).first():
            return again
        if message.status not in (Status.FAILED, Status.UNCONFIRMED):
            raise RefusedError(
                _("There is nothing to send again: this message is %(status)s.") % _status(message)
            )
        return writing.queue(
            session,
            writing.Outgoing(message.text, person.extension, person.name, resent_from=message),
        )


def it_was_sent(person: Person, session_id: int, message_id: int) -> Message:
    """Somebody knows that an unconfirmed message has arrived: it is sent, and names who said so.

    Raises `RefusedError`, `NotFoundError`.
    """
    with transaction.atomic():
        session, message = _locked(person, session_id, message_id)
        if message.status == Status.SENT:
            return message
        if message.status != Status.UNCONFIRMED:
            raise RefusedError(
                _("This message is %(status)s: there is nothing to decide.") % _status(message)
            )
        counts = Counts()
        counts.take_back(message, session.channel_id)
        message.status, message.resolved_by = Status.SENT, person.name
        message.save(update_fields=["status", "resolved_by"])
        counts.add(message, session.channel_id)
        counts.save()
        hints.tell(session)
        return message


def _locked(person: Person, session_id: int, message_id: int) -> tuple[Session, Message]:
    """An outbound message and its session, locked, if this person may resolve it."""
    session = locking.locked_session(session_id)
    locking.demand_visible(session, person)
    message = session.messages.filter(pk=message_id, direction=Message.Direction.OUTBOUND).first()
    if message is None:
        raise NotFoundError
    if not may_resolve(session, person):
        raise RefusedError(_("Only people who may answer here, or an administrator, can do this."))
    return session, message


def _cancel(message: Message) -> None:
    message.status, message.concluded_at = Status.CANCELLED, timezone.now()
    message.save(update_fields=["status", "concluded_at"])


def _cancel_in(session_id: int) -> int:
    with transaction.atomic():
        session = locking.locked_session(session_id)
        waiting = Message.objects.filter(session_id=session_id, status=Status.QUEUED)
        cancelled = waiting.update(status=Status.CANCELLED, concluded_at=timezone.now())
        turns.renew([session_id], timezone.now())
        hints.tell(session)
        return cancelled


def _status(message: Message) -> dict[str, str]:
    return {"status": message.get_status_display().lower()}
