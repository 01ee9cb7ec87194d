"""Who may do what with a session that they see: answer, pick up, take over, transfer, close, resolve."""

from __future__ import annotations

from channels_app.models import Extension, MessageQueue
from messaging.models.person import Person
from messaging.models.session_access import too_long_ago, waits_too_long
from messaging.models.sessions import Session


def may_answer(session: Session, extension: Extension | None) -> bool:
    """Whether `extension` may write in an open session: its holder, or where nobody holds it, an agent of its queue.

    The queue's mode decides what an answer does, not who may answer: see `messaging.sessions.pickup`.
    """
    if extension is None or not session.is_open:
        return False
    if session.holder_id is not None:
        return session.holder_id == extension.pk
    return extension.pk in session.queue_agents


def may_pick_up(session: Session, extension: Extension | None) -> bool:
    """Whether the pick-up button is there for `extension`: never where the queue's mode is *Pickup disabled*."""
    return (
        session.holder_id is None
        and may_answer(session, extension)
        and session.queue is not None
        and session.queue.mode != MessageQueue.Mode.DISABLED
    )


def may_take_over(session: Session, extension: Extension | None) -> bool:
    """Whether `extension`, an agent of its queue, may take over a session that waits too long for an absent holder."""
    if extension is None or session.holder_id in (None, extension.pk) or session.waiting_since is None:
        return False
    if session.waiting_since > too_long_ago() or extension.pk not in session.queue_agents:
        return False
    return Session.objects.filter(waits_too_long(), pk=session.pk).exists()


def may_move(session: Session, person: Person) -> bool:
    """Whether `user` may transfer and close: who may answer; supervisors and administrators always."""
    return session.is_open and (person.oversees or may_answer(session, person.extension))


def may_resolve(session: Session, person: Person) -> bool:
    """Whether a person may cancel, send again and say *it was sent* in a session that the person may see.

    Who may answer now, and administrators; in a closed session, which nobody may answer, the agents who see it.
    """
    if person.user.is_administrator:
        return True
    if session.is_open:
        return may_answer(session, person.extension)
    return Session.objects.filter(pk=session.pk).seen_from(person.extension).exists()
