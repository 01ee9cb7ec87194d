"""The lines between messages: each operation on a session is told in its timeline."""

from __future__ import annotations

import datetime as dt

from django.db.models import Max

from channels_app.models import Extension
from messaging.models import Message, Session, SessionEvent


def note(
    session: Session,
    kind: SessionEvent.Kind,
    at: dt.datetime,
    *,
    actor: Extension | None = None,
    actor_name: str = "",
    target_name: str = "",
) -> SessionEvent:
    """Adds a line to the timeline. The caller has the session locked, so the line's place is certain."""
    last = Message.objects.filter(session=session).aggregate(last=Max("id"))["last"]
    return SessionEvent.objects.create(
        session=session,
        kind=kind,
        at=at,
        actor=actor,
        actor_name=actor_name or (str(actor) if actor else ""),
        target_name=target_name,
        after_message_id=last or 0,
    )
