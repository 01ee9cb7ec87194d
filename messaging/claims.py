"""Claims: which messages leave next. `queued → sending`, committed before a byte leaves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Now

from channels_app.providers.base import OutboundMessage
from messaging.models import Message, Session


@dataclass(frozen=True, slots=True)
class Claim:
    """One message that this process, and no other, may hand over."""

    message_id: int
    session_id: int
    channel_id: int
    claim: uuid.UUID
    message: OutboundMessage


def claim_next(channel_id: int, limit: int, *, bulk_first: bool = False) -> list[Claim]:
    """Claims the oldest queued message of up to `limit` sessions whose turn it is.

    Answers go before bulk, or the other way round with `bulk_first`; within the same, sessions take turns. Lock
    order: the sessions, then their messages.
    """
    if limit <= 0:
        return []
    priority = "-send_priority" if bulk_first else "send_priority"
    with transaction.atomic():
        ready = (
            Session.objects.filter(channel_id=channel_id, send_priority__isnull=False)
            .order_by(priority, "send_turn_at", "id")
            .select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
        )
        session_ids = list(ready.values_list("pk", flat=True)[:limit])
        if not session_ids:
            return []
        messages = _heads(session_ids)
        claim = uuid.uuid4()
        Message.objects.filter(pk__in=[message.pk for message in messages]).update(
            status=Message.Status.SENDING, claim=claim, claimed_at=Now()
        )
        Session.objects.filter(pk__in=session_ids).update(send_priority=None, send_turn_at=None)
    return [
        Claim(
            message.pk,
            message.session_id,
            channel_id,
            claim,
            OutboundMessage(message.session.our_number, message.session.customer_number, message.text),
        )
        for message in messages
    ]


def _heads(session_ids: list[int]) -> list[Message]:
    """The oldest queued message of each session, in the sessions' order. Their rows are locked."""
    queued = Message.objects.filter(session=OuterRef("pk"), status=Message.Status.QUEUED).order_by("id")
    heads = Session.objects.filter(pk__in=session_ids).annotate(head=Subquery(queued.values("pk")[:1]))
    messages = Message.objects.filter(pk__in=heads.values("head")).select_related("session")
    places = {session_id: place for place, session_id in enumerate(session_ids)}
    return sorted(messages, key=lambda message: places[message.session_id])
