"""Claims: which messages leave next. `queued → sending`, committed before a byte leaves."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import cast

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Now

from channels_app.models import Channel
from channels_app.providers.base import OutboundMessage
from messaging.broker import hints
from messaging.files import links
from messaging.models import Attachment, Message, Session

FILE_EXPIRED = "file_expired"
NO_DOMAIN = "no_domain"
NOT_HANDED_OVER = (FILE_EXPIRED, NO_DOMAIN)


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that only this process may hand over."""

    message_id: int
    session_id: int
    channel_id: int
    claim: uuid.UUID
    message: OutboundMessage
    refusal: str = ""  # why it must not be handed over at all: the code of its failure


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many messages of a channel to claim; places `bulk_at`, counted from 0, are for bulk while any is waiting."""

    channel_id: int
    places: int
    bulk_at: Collection[int] = ()


def claim(wanted: Sequence[Wanted]) -> list[Claim]:
    """Claims the oldest queued message of each session whose turn it is, for many channels at once.

    Answers go before bulk, except in bulk's own places; within each, sessions take turns. Lock order: the
    sessions, then their messages.
    """
    if not wanted:
        return []
    with transaction.atomic():
        session_ids = [session_id for each in wanted for session_id in _whose_turn(each)]
        if not session_ids:
            return []
        key = uuid.uuid4()
        claims = _heads(session_ids, key)
        Message.objects.filter(pk__in=[each.message_id for each in claims]).update(
            status=Message.Status.SENDING, claim=key, claimed_at=Now()
        )
        Session.objects.filter(pk__in=session_ids).update(send_priority=None, send_turn_at=None)
    return claims


def _whose_turn(wanted: Wanted) -> list[int]:
    """The sessions of a channel whose oldest message is claimed next, in the order of their turns; locks them."""
    bulk: list[int] = []
    if wanted.bulk_at:
        bulk = Session.objects.lock_ready(
            wanted.channel_id, len(wanted.bulk_at), priority=Message.Priority.BULK
        )
    anybody = Session.objects.lock_ready(wanted.channel_id, wanted.places)
    bulk_in_turn, rest = iter(bulk), iter([each for each in anybody if each not in bulk])
    turns: list[int] = []
    for place in range(wanted.places):
        of_bulk = next(bulk_in_turn, None) if place in wanted.bulk_at else None
        session_id = of_bulk if of_bulk is not None else next(rest, None)
        if session_id is not None:
            turns.append(session_id)
    return turns


def _heads(session_ids: list[int], key: uuid.UUID) -> list[Claim]:
    """The oldest queued message of each session, in the sessions' order. Their rows are locked."""
    queued = Message.objects.filter(session=OuterRef("pk"), status=Message.Status.QUEUED).order_by("id")
    heads = Session.objects.filter(pk__in=session_ids).annotate(head=Subquery(queued.values("pk")[:1]))
    rows = Message.objects.filter(pk__in=heads.values("head")).values_list(
        "pk",
        "session_id",
        "session__channel_id",
        "session__our_number",
        "session__customer_number",
        "session__holder_id",
        "session__queue_id",
        "text",
        "has_files",
    )
    places = {session_id: place for place, session_id in enumerate(session_ids)}
    claims: list[Claim] = []
    with_files: set[int] = set()
    for row in sorted(rows, key=lambda row: places[row[1]]):
        message_id, session_id, channel_id, our_number, customer_number, holder_id, queue_id = row[:7]
        text, has_files = row[7:]
        hints.tell_of(session_id, [holder_id], queue_id)
        outbound = OutboundMessage(our_number, customer_number, text)
        claims.append(Claim(message_id, session_id, channel_id, key, outbound))
        if has_files:
            with_files.add(message_id)
    return _with_files(claims, with_files) if with_files else claims


def _with_files(claims: list[Claim], message_ids: set[int]) -> list[Claim]:
    """The claims, with the file links of those messages that have files."""
    channel_ids = {each.channel_id for each in claims if each.message_id in message_ids}
    channels = Channel.objects.select_related("domain").in_bulk(channel_ids)
    files: dict[int, list[Attachment]] = {}
    for each in Attachment.objects.filter(message__in=message_ids).order_by("message", "position"):
        files.setdefault(cast(int, each.message_id), []).append(each)
    return [
        _with_links(claim, channels[claim.channel_id], files.get(claim.message_id, []))
        if claim.message_id in message_ids
        else claim
        for claim in claims
    ]


def _with_links(claim: Claim, channel: Channel, files: list[Attachment]) -> Claim:
    origin = channel.file_origin
    if not origin:
        return replace(claim, refusal=NO_DOMAIN)
    if not files or not all(each.is_there for each in files):
        return replace(claim, refusal=FILE_EXPIRED)
    message = replace(
        claim.message,
        text=claim.message.text or channel.accompanying_text,
        file_urls=tuple(links.address_of(origin, each) for each in files),
    )
    return replace(claim, message=message)
