"""Routing: the session that an inbound message goes into, found or opened, its row taken for the message."""

from __future__ import annotations

import datetime as dt

from channels_app.models import Channel, Extension, MessageQueue, RoutingRule
from channels_app.providers.base import InboundMessage
from messaging.broker import hints
from messaging.models import Message, Session, SessionEvent
from messaging.models.insertion import insert, insert_unless_taken
from messaging.models.repeats import Likeness
from messaging.models.session_arrivals import Route


def find_route(channel: Channel, inbound: InboundMessage, likeness: Likeness) -> Route:
    """Where a message goes, and whether it looks like a repeat. Raises `RoutingRule.DoesNotExist`."""
    route = Session.objects.route(channel.pk, inbound.recipient, inbound.sender, likeness)
    if route is None:
        raise RoutingRule.DoesNotExist
    return route


def take_session(channel: Channel, route: Route, inbound: InboundMessage, likeness: Likeness) -> int:
    """Takes the row of the session that the message goes into, which from now on nobody else can change.

    If somebody changed the session since it was looked up, a repeat may have come in meanwhile: looks again. Gives
    the session's id. Raises `RoutingRule.DoesNotExist` if the rule was deleted just now.
    """
    now = likeness.at
    if route.session_id is not None:
        if Session.objects.join_as_seen(route, now):
            hints.tell_of(route.session_id, [route.holder_id], route.queue_id)
            return route.session_id
        if _join(route, route.session_id, likeness):
            return route.session_id
    while True:
        opened = _open(channel, route.rule_id, inbound, now)
        if opened is not None:
            return opened
        other = Session.objects.filter(
            channel=channel,
            our_number=inbound.recipient,
            customer_number=inbound.sender,
            status=Session.Status.OPEN,
        ).first()
        if other is not None and _join(route, other.pk, likeness):
            return other.pk


def _join(route: Route, session_id: int, likeness: Likeness) -> bool:
    """Joins a session that others use too; False if it was closed."""
    if not Session.objects.join(session_id, likeness.at):
        return False
    hints.tell_by_id([session_id])
    route.repeated = Message.objects.has_repeat_of(likeness)
    return True


def _open(channel: Channel, rule_id: int, inbound: InboundMessage, now: dt.datetime) -> int | None:
    """A new session at the rule's destination; None if somebody else has just opened one."""
    session = Session(
        channel=channel,
        our_number=inbound.recipient,
        customer_number=inbound.sender,
        opened_at=now,
        last_activity_at=now,
        waiting_since=now,
    )
    match RoutingRule.objects.destination_of(rule_id):
        case MessageQueue() as queue:
            session.put_into(queue)
        case Extension() as extension:
            session.give_to(extension)
    if not insert_unless_taken(session, "(channel_id, our_number, customer_number) WHERE status = 'open'"):
        return None
    insert(SessionEvent(session=session, kind=SessionEvent.Kind.STARTED, at=now))
    hints.tell(session)
    return session.pk
