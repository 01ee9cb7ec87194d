"""Whose turn it is: the session row says whether its oldest queued message may be claimed, and since when.

A session is ready when something is queued in it and nothing is on its way, so its messages leave in order. It
goes to the back of its channel's line each time one of its messages is claimed, so sessions take turns. An index
keeps this, so a claim costs the same with ten waiting messages and with a million.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from messaging.models import Message, Session


def take_place(session: Session, message: Message, now: dt.datetime) -> None:
    """Puts a locked session in line with a new message; the caller saves the session."""
    if session.send_priority is not None:
        session.send_priority = min(session.send_priority, message.priority)
        return
    on_its_way = Message.objects.filter(session=session, status=Message.Status.SENDING)
    if not on_its_way.exists():
        session.send_priority, session.send_turn_at = message.priority, now


def renew(session_ids: Collection[int], now: dt.datetime) -> None:
    """Recomputes whether locked sessions are ready, after messages of theirs were settled."""
    Session.objects.renew_turns(session_ids, now)
