"""Receiving: one transaction from a webhook's message to its place in a session, its count and its line in the log."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from channels_app.models import Channel, RoutingRule
from channels_app.providers.base import InboundMessage
from messaging.inbound.routing import find_route, take_session
from messaging.models import Message, TrafficCount, UnroutableMessage, WebhookLogEntry
from messaging.models.insertion import insert, insert_unless_taken
from messaging.models.repeats import Likeness
from messaging.models.session_arrivals import Route
from messaging.models.traffic import quarter_of

Outcome = WebhookLogEntry.Outcome


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message and what is known of its request: for the webhook log, and where its files are kept."""

    inbound: InboundMessage
    fingerprint: str
    body_file: str = ""
    source: str = ""
    logged_body: str = ""

    def likeness(self, now: dt.datetime) -> Likeness:
        return Likeness(self.fingerprint, self.inbound.message_id != "", now)


def fingerprint(channel: Channel, message: InboundMessage) -> str:
    """Equal for two deliveries only if id, sender, number, text and files are all the same."""
    parts = [
        channel.pk,
        message.message_id,
        message.sender,
        message.recipient,
        message.text,
        message.files_digest,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def receive(channel: Channel, arrival: Arrival) -> WebhookLogEntry:
    """Stores a message with its webhook log line, in the session it belongs to or as unroutable.

    When this returns, it is on disk. Raises `django.db.Error` if it could not be stored: nothing is, then.
    """
    likeness = arrival.likeness(timezone.now())
    with transaction.atomic():
        message = None
        try:
            route = find_route(channel, arrival.inbound, likeness)
            message, outcome = _store(channel, route, arrival, likeness, likeness.at)
        except RoutingRule.DoesNotExist:  # perhaps it was deleted just now
            outcome = _keep_unroutable(channel, arrival, likeness)
        return _log(channel, arrival, outcome, message, likeness.at)


def deliver(
    channel: Channel, arrival: Arrival, received_at: dt.datetime, *, was_repeat: bool
) -> Message | None:
    """Stores a message that waited as unroutable, now that its number has a rule. None if it is a repeat.

    `was_repeat`: it was marked as a possible repeat when it came. To be called inside a transaction. Raises
    `RoutingRule.DoesNotExist`.
    """
    likeness = arrival.likeness(timezone.now())
    route = find_route(channel, arrival.inbound, likeness)
    route.repeated = route.repeated or was_repeat
    return _store(channel, route, arrival, likeness, received_at)[0]


def _store(
    channel: Channel, route: Route, arrival: Arrival, likeness: Likeness, received_at: dt.datetime
) -> tuple[Message | None, Outcome]:
    if not likeness.has_id:
        message = _insert(channel, route, arrival, likeness, received_at)
    elif route.repeated:
        message = None
    else:
        with transaction.atomic():  # a repeat leaves no trace in a session: it neither opens nor touches one
            message = _insert(channel, route, arrival, likeness, received_at)
            transaction.set_rollback(message is None)
    if message is None:
        return None, Outcome.REPEAT
    insert(
        TrafficCount(
            channel=channel,
            quarter_at=quarter_of(message.created_at),
            received=1,
            with_files=1 if arrival.body_file else 0,
        )
    )
    return message, Outcome.POSSIBLE_REPEAT if message.possible_repeat else Outcome.STORED


def _insert(
    channel: Channel, route: Route, arrival: Arrival, likeness: Likeness, received_at: dt.datetime
) -> Message | None:
    """The message, stored in its session; None if one with the same id, and all else the same, is stored already."""
    inbound = arrival.inbound
    session_id = take_session(channel, route, inbound, likeness)
    message = Message(
        session_id=session_id,
        direction=Message.Direction.INBOUND,
        status=Message.Status.RECEIVED,
        text=inbound.text,
        created_at=received_at,
        itsp_message_id=inbound.message_id,
        fingerprint=arrival.fingerprint,
        possible_repeat=route.repeated and not likeness.has_id,
        body_file=arrival.body_file,
        has_files=inbound.has_files,
    )
    if not likeness.has_id:
        insert(message)
        return message
    is_new = insert_unless_taken(
        message, "(fingerprint) WHERE direction = 'inbound' AND NOT (itsp_message_id = '')"
    )
    return message if is_new else None


def _keep_unroutable(channel: Channel, arrival: Arrival, likeness: Likeness) -> Outcome:
    inbound = arrival.inbound
    repeated = UnroutableMessage.objects.has_repeat_of(likeness) or Message.objects.has_repeat_of(likeness)
    if likeness.has_id and repeated:
        return Outcome.REPEAT
    message = UnroutableMessage(
        channel=channel,
        sender=inbound.sender,
        recipient=inbound.recipient,
        text=inbound.text,
        received_at=likeness.at,
        itsp_message_id=inbound.message_id,
        fingerprint=arrival.fingerprint,
        possible_repeat=repeated,
        body_file=arrival.body_file,
    )
    is_new = insert_unless_taken(message, "(fingerprint) WHERE NOT (itsp_message_id = '')")
    return Outcome.UNROUTABLE if is_new else Outcome.REPEAT


def _log(
    channel: Channel, arrival: Arrival, outcome: Outcome, message: Message | None, now: dt.datetime
) -> WebhookLogEntry:
    entry = WebhookLogEntry(
        received_at=now,
        channel=channel,
        source=arrival.source,
        sender=arrival.inbound.sender,
        recipient=arrival.inbound.recipient,
        outcome=outcome,
        body=arrival.logged_body,
        message=message,
    )
    insert(entry)
    return entry
