"""What comes in: one transaction from a webhook's message to the session it belongs to."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from channels_app.models import Channel, Extension, MessageQueue, RoutingRule
from channels_app.providers.base import InboundMessage
from messaging.broker import hints
from messaging.models import Message, Session, SessionEvent, TrafficCount, UnroutableMessage, WebhookLogEntry
from messaging.models.insertion import insert, insert_unless_taken
from messaging.models.traffic import quarter_of

REPEAT_WINDOW = dt.timedelta(seconds=10)
Outcome = WebhookLogEntry.Outcome


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message and what is known of its request: for the webhook log, and where its files are kept."""

    inbound: InboundMessage
    fingerprint: str
    body_file: str = ""
    source: str = ""
    logged_body: str = ""


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
    now = timezone.now()
    with transaction.atomic():
        message, outcome = None, Outcome.UNROUTABLE
        routed = _route(channel, arrival, now)
        try:
            if routed is None:
                raise RoutingRule.DoesNotExist
            message, outcome = _store(channel, routed, arrival, now)
        except RoutingRule.DoesNotExist:  # or it was deleted just now
            outcome = _keep_unroutable(channel, arrival, now)
        return _log(channel, arrival, outcome, message, now)


def deliver(
    channel: Channel, arrival: Arrival, received_at: dt.datetime, *, was_repeat: bool
) -> Message | None:
    """Stores a message that waited as unroutable, now that its number has a rule. None if it is a repeat.

    `was_repeat`: it was marked as a possible repeat when it came. To be called inside a transaction. Raises
    `RoutingRule.DoesNotExist`.
    """
    now = timezone.now()
    routed = _route(channel, arrival, now)
    if routed is None:
        raise RoutingRule.DoesNotExist
    routed.repeated = routed.repeated or was_repeat
    return _store(channel, routed, arrival, now, received_at=received_at)[0]


@dataclass(slots=True)
class Routed:
    """Where a message goes: its number's rule, the customer's open session, and whether it looks like a repeat.

    `session_active_at` is as the database's driver gives it: only to be compared by the database.
    """

    rule_id: int
    session_id: int | None
    session_active_at: Any
    repeated: bool
    holder_id: int | None
    queue_id: int | None


# Written out, since Django took longer to build it than the database to answer. A sender ID never receives. The
# condition NOT fingerprint = '' is that of the index, without which SQLite does not use it.
_ROUTE = """
    SELECT rule.id, session.id, session.last_activity_at, session.holder_id, session.queue_id, EXISTS (
        SELECT 1 FROM messaging_message same
        WHERE same.fingerprint = %s AND NOT (same.fingerprint = '') AND (%s OR same.created_at >= %s)
    )
    FROM channels_app_routingrule rule
    LEFT JOIN messaging_session session
        ON session.channel_id = rule.channel_id AND session.our_number = rule.number
        AND session.customer_number = %s AND session.status = 'open'
    WHERE rule.channel_id = %s AND rule.number = %s AND rule.number LIKE '+%%'
"""
_JOIN_AS_SEEN = """
    UPDATE messaging_session SET last_activity_at = %s, waiting_since = COALESCE(waiting_since, %s)
    WHERE id = %s AND status = 'open' AND last_activity_at = %s
"""


def _route(channel: Channel, arrival: Arrival, now: dt.datetime) -> Routed | None:
    inbound = arrival.inbound
    adapt = connection.ops.adapt_datetimefield_value
    repeats: list[Any] = [arrival.fingerprint, inbound.message_id != "", adapt(now - REPEAT_WINDOW)]
    with connection.cursor() as cursor:
        cursor.execute(_ROUTE, [*repeats, inbound.sender, channel.pk, inbound.recipient])
        found = cursor.fetchone()
    if found is None:
        return None
    rule_id, session_id, session_active_at, holder_id, queue_id, repeated = found
    return Routed(rule_id, session_id, session_active_at, bool(repeated), holder_id, queue_id)


def _repeats(arrival: Arrival, now: dt.datetime) -> QuerySet[Message]:
    # The exclusion is the condition of the index, without which SQLite does not use it.
    same = Message.objects.filter(fingerprint=arrival.fingerprint).exclude(fingerprint="")
    return same if arrival.inbound.message_id else same.filter(created_at__gte=now - REPEAT_WINDOW)


def _store(
    channel: Channel,
    routed: Routed,
    arrival: Arrival,
    now: dt.datetime,
    *,
    received_at: dt.datetime | None = None,
) -> tuple[Message | None, Outcome]:
    if not arrival.inbound.message_id:
        message = _insert(channel, routed, arrival, now, received_at or now)
    elif routed.repeated:
        message = None
    else:
        with transaction.atomic():  # a repeat leaves no trace in a session: it neither opens nor touches one
            message = _insert(channel, routed, arrival, now, received_at or now)
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
    channel: Channel, routed: Routed, arrival: Arrival, now: dt.datetime, received_at: dt.datetime
) -> Message | None:
    """The message, stored in its session; None if one with the same id, and all else the same, is stored already."""
    inbound = arrival.inbound
    session_id = _take_session(channel, routed, arrival, now)
    message = Message(
        session_id=session_id,
        direction=Message.Direction.INBOUND,
        status=Message.Status.RECEIVED,
        text=inbound.text,
        created_at=received_at,
        itsp_message_id=inbound.message_id,
        fingerprint=arrival.fingerprint,
        possible_repeat=routed.repeated and not inbound.message_id,
        body_file=arrival.body_file,
        has_files=inbound.has_files,
    )
    if not inbound.message_id:
        insert(message)
        return message
    is_new = insert_unless_taken(
        message, "(fingerprint) WHERE direction = 'inbound' AND NOT (itsp_message_id = '')"
    )
    return message if is_new else None


def _take_session(channel: Channel, routed: Routed, arrival: Arrival, now: dt.datetime) -> int:
    """Takes the row of the session that the message goes into, which from now on nobody else can change.

    If somebody changed the session since it was looked up, a repeat may have come in meanwhile: looks again.
    """
    if routed.session_id is not None:
        if _join_as_seen(routed, now):
            hints.tell_of(routed.session_id, [routed.holder_id], routed.queue_id)
            return routed.session_id
        if _join(routed.session_id, now):
            hints.tell_by_id([routed.session_id])
            routed.repeated = _repeats(arrival, now).exists()
            return routed.session_id
    inbound = arrival.inbound
    while True:
        opened = _open(channel, routed.rule_id, inbound, now)
        if opened is not None:
            return opened
        other = Session.objects.filter(
            channel=channel,
            our_number=inbound.recipient,
            customer_number=inbound.sender,
            status=Session.Status.OPEN,
        ).first()
        if other is not None and _join(other.pk, now):
            hints.tell_by_id([other.pk])
            routed.repeated = _repeats(arrival, now).exists()
            return other.pk


def _join_as_seen(routed: Routed, now: dt.datetime) -> bool:
    """As `_join`, if nobody has changed the session since it was looked up."""
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(_JOIN_AS_SEEN, [at, at, routed.session_id, routed.session_active_at])
        return bool(cursor.rowcount == 1)


def _join(session_id: int, now: dt.datetime) -> bool:
    """Takes the row of an open session for a message; False if it was closed."""
    return bool(
        Session.objects.filter(pk=session_id, status=Session.Status.OPEN).update(
            last_activity_at=now, waiting_since=Coalesce("waiting_since", now)
        )
    )


_DESTINATION = """
    SELECT extension.id, extension.number, extension.name, queue.id, queue.name
    FROM channels_app_routingrule rule
    LEFT JOIN channels_app_extension extension ON extension.id = rule.destination_extension_id
    LEFT JOIN channels_app_messagequeue queue ON queue.id = rule.destination_queue_id
    WHERE rule.id = %s
"""


def _open(channel: Channel, rule_id: int, inbound: InboundMessage, now: dt.datetime) -> int | None:
    """A new session at the rule's destination; None if somebody else has just opened one.

    Raises `RoutingRule.DoesNotExist`.
    """
    session = Session(
        channel=channel,
        our_number=inbound.recipient,
        customer_number=inbound.sender,
        opened_at=now,
        last_activity_at=now,
        waiting_since=now,
    )
    with connection.cursor() as cursor:
        cursor.execute(_DESTINATION, [rule_id])
        destination = cursor.fetchone()
    if destination is None:
        raise RoutingRule.DoesNotExist
    extension_id, number, extension_name, queue_id, queue_name = destination
    if queue_id is not None:
        session.put_into(MessageQueue(id=queue_id, name=queue_name))
    elif extension_id is not None:
        session.give_to(Extension(id=extension_id, number=number, name=extension_name))
    if not insert_unless_taken(session, "(channel_id, our_number, customer_number) WHERE status = 'open'"):
        return None
    insert(SessionEvent(session=session, kind=SessionEvent.Kind.STARTED, at=now))
    hints.tell(session)
    return session.pk


def _keep_unroutable(channel: Channel, arrival: Arrival, now: dt.datetime) -> Outcome:
    inbound = arrival.inbound
    recent = UnroutableMessage.objects.filter(fingerprint=arrival.fingerprint)
    stored = Message.objects.filter(fingerprint=arrival.fingerprint)
    if inbound.message_id and (recent.exists() or stored.exists()):
        return Outcome.REPEAT
    message = UnroutableMessage(
        channel=channel,
        sender=inbound.sender,
        recipient=inbound.recipient,
        text=inbound.text,
        received_at=now,
        itsp_message_id=inbound.message_id,
        fingerprint=arrival.fingerprint,
        possible_repeat=not inbound.message_id
        and recent.filter(received_at__gte=now - REPEAT_WINDOW).exists(),
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
