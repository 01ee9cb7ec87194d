"""Closing sessions: by hand, or by itself after the channel's days without activity."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import Channel
from messaging.broker import hints
from messaging.models import Message, Session, SessionEvent
from messaging.models.person import Person
from messaging.models.session_rights import may_move
from messaging.refusal import RefusedError
from messaging.sessions import locking
from messaging.sessions.timeline import note


def close(person: Person, session_id: int) -> Session:
    """Closes an open session; what was written still leaves. Closing a closed one is no error.

    Raises `RefusedError`, `NotFoundError`.
    """
    with transaction.atomic():
        session = locking.locked_session(session_id)
        locking.demand_visible(session, person)
        if not session.is_open:
            return session
        if not may_move(session, person):
            raise RefusedError(_("You can't close this session: somebody else has it."))
        now = timezone.now()
        _close(session, now)
        note(session, SessionEvent.Kind.CLOSED, now, actor=person.extension, actor_name=person.name)
        return session


def close_idle(batch: int = 500) -> int:
    """Closes the sessions that were idle for their channel's days; returns how many.

    Each is looked at again with its row locked, so a message that has just arrived keeps it open.
    """
    closed = 0
    for channel in Channel.objects.filter(close_automatically=True):
        idle_since = timezone.now() - dt.timedelta(days=channel.session_timeout_days)
        while True:
            ids = list(_idle(channel, idle_since).values_list("pk", flat=True)[:batch])
            closed_now = sum(_close_if_idle(channel, pk, idle_since) for pk in ids)
            closed += closed_now
            if closed_now == 0:
                break
    return closed


def _idle(channel: Channel, idle_since: dt.datetime) -> QuerySet[Session]:
    on_their_way = Message.objects.filter(
        session=OuterRef("pk"), status__in=[Message.Status.QUEUED, Message.Status.SENDING]
    )
    return Session.objects.filter(
        ~Exists(on_their_way),
        channel=channel,
        status=Session.Status.OPEN,
        last_activity_at__lte=idle_since,
    )


def _close_if_idle(channel: Channel, session_id: int, idle_since: dt.datetime) -> bool:
    with transaction.atomic():
        session = locking.locked_session(session_id)
        if not _idle(channel, idle_since).filter(pk=session.pk).exists():
            return False
        now = timezone.now()
        _close(session, now)
        note(session, SessionEvent.Kind.CLOSED_AUTOMATICALLY, now)
        return True


def _close(session: Session, now: dt.datetime) -> None:
    session.status, session.closed_at, session.waiting_since = Session.Status.CLOSED, now, None
    session.save(update_fields=["status", "closed_at", "waiting_since"])
    hints.tell(session)
