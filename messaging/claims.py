"""Claims: which messages leave next. `queued → sending`, committed before a byte leaves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from channels_app.providers.base import OutboundMessage
from messaging.models import Message, Session


@dataclass(frozen=True, slots=True)
class Claim:
    """One message that this process, and no other, may hand over."""

    message_id: int
    session_id: int
    claim: uuid.UUID
    message: OutboundMessage


def claim_next(channel_id: int, limit: int, *, bulk_places: int = 0) -> list[Claim]:
    """Claims the oldest queued message of up to `limit` sessions whose turn it is.

    Answers go before bulk, but for `bulk_places` that are bulk's as long as any waits; within the same, sessions
    take turns. Lock order: the sessions, then their messages.
    """
    if limit <= 0:
        return []
    with transaction.atomic():
        bulk = _ready(channel_id).filter(send_priority=Message.Priority.BULK)
        session_ids = list(bulk.values_list("pk", flat=True)[:bulk_places]) if bulk_places else []
        rest = _ready(channel_id).exclude(pk__in=session_ids) if session_ids else _ready(channel_id)
        session_ids += rest.values_list("pk", flat=True)[: limit - len(session_ids)]
        if not session_ids:
            return []
        claim = uuid.uuid4()
        claims = _heads(session_ids, claim)
        Message.objects.filter(pk__in=[each.message_id for each in claims]).update(
            status=Message.Status.SENDING, claim=claim, claimed_at=Now()
        )
        Session.objects.filter(pk__in=session_ids).update(send_priority=None, send_turn_at=None)
    return claims


def _ready(channel_id: int) -> QuerySet[Session]:
    """The channel's sessions whose oldest message may be claimed, in the order of their turns; locks them."""
    return (
        Session.objects.filter(channel_id=channel_id, send_priority__isnull=False)
        .order_by("send_priority", "send_turn_at", "id")
        .select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
    )


def _heads(session_ids: list[int], claim: uuid.UUID) -> list[Claim]:
    """The oldest queued message of each session, in the sessions' order. Their rows are locked."""
    queued = Message.objects.filter(session=OuterRef("pk"), status=Message.Status.QUEUED).order_by("id")
    heads = Session.objects.filter(pk__in=session_ids).annotate(head=Subquery(queued.values("pk")[:1]))
    rows = Message.objects.filter(pk__in=heads.values("head")).values_list(
        "pk", "session_id", "session__our_number", "session__customer_number", "text"
    )
    places = {session_id: place for place, session_id in enumerate(session_ids)}
    return [
        Claim(message_id, session_id, claim, OutboundMessage(our_number, customer_number, text))
        for message_id, session_id, our_number, customer_number, text in sorted(
            rows, key=lambda row: places[row[1]]
        )
    ]
