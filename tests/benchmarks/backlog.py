"""Channels with messages that wait, put straight into the tables."""

from __future__ import annotations

import datetime as dt

from django.core.management import call_command

from channels_app.models import Channel, Extension, MessageQueue, RoutingRule, User
from messaging.models import Message, Session


def empty() -> None:
    """Forgets everything of the run before; to delete 100,000 messages one by one would take minutes."""
    call_command("flush", "--no-input", verbosity=0)


def make_channel(number: int, base_url: str, rate: int) -> Channel:
    """A channel against the simulator, with one number that goes to a queue."""
    channel = Channel(name=f"Channel {number}", itsp="apidaze", base_url=base_url, sending_rate=rate)
    channel.set_credentials({"api_key": "demo-key", "api_secret": "demo-secret"})
    channel.save()
    queue, _made = MessageQueue.objects.get_or_create(name="Bench", defaults={"mode": "disabled"})
    RoutingRule.objects.create(
        channel=channel, number=f"+1410200{number:04}", destination_queue=queue, registration="registered"
    )
    return channel


def make_seat() -> Extension:
    """The extension that writes."""
    user, _made = User.objects.get_or_create(username="bench")
    return Extension.objects.get_or_create(number="9000", defaults={"name": "Bench", "user": user})[0]


def fill(channel: Channel, messages: int, sessions: int = 1000) -> None:
    """Lets this many messages wait, spread over the sessions, all ready to send."""
    now = dt.datetime.now(dt.UTC)
    rule = channel.rules.get()
    made = Session.objects.bulk_create(
        Session(
            channel=channel,
            our_number=rule.number,
            customer_number=f"+1305{number:07}",
            opened_at=now,
            last_activity_at=now,
            send_priority=0,
            send_turn_at=now,
        )
        for number in range(min(sessions, messages))
    )
    write(made, messages)


def fill_more(channel: Channel, messages: int) -> None:
    """Lets more messages wait in the sessions that a channel has, where nothing is queued or on its way."""
    now = dt.datetime.now(dt.UTC)
    sessions = list(channel.sessions.all())
    write(sessions, messages)
    channel.sessions.update(send_priority=0, send_turn_at=now)


def write(sessions: list[Session], messages: int) -> None:
    now, seat = dt.datetime.now(dt.UTC), make_seat()
    start = Message.objects.count()
    Message.objects.bulk_create(
        (
            Message(
                session=sessions[number % len(sessions)],
                direction="outbound",
                status="queued",
                text=f"{sessions[0].channel_id}-{start + number}",
                created_at=now,
                author=seat,
                author_name=str(seat),
                origin="agent",
                segments=1,
            )
            for number in range(messages)
        ),
        batch_size=2000,
    )


def make_idle_session() -> int:
    """A session of a channel of its own, which the clean-up closes; gives its id."""
    channel = make_channel(9999, "http://127.0.0.1:1", 1)
    Channel.objects.filter(pk=channel.pk).update(close_automatically=True, session_timeout_days=1)
    history(channel, 1)
    return int(channel.sessions.get().pk)


def reopen(session_id: int) -> None:
    """Lets a session be open, and idle for a year."""
    a_year_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=365)
    Session.objects.filter(pk=session_id).update(status="open", closed_at=None, last_activity_at=a_year_ago)


def is_open(session_id: int) -> bool:
    return Session.objects.filter(pk=session_id, status="open").exists()


def history(channel: Channel, messages: int, sessions: int = 2000) -> None:
    """Lets this many inbound messages have come in already, spread over open sessions."""
    now = dt.datetime.now(dt.UTC)
    rule = channel.rules.get()
    made = Session.objects.bulk_create(
        Session(
            channel=channel,
            our_number=rule.number,
            customer_number=f"+1305{number:07}",
            queue=rule.destination_queue,
            queue_name="Bench",
            opened_at=now,
            last_activity_at=now,
        )
        for number in range(min(sessions, messages))
    )
    Message.objects.bulk_create(
        (
            Message(
                session=made[number % len(made)],
                direction="inbound",
                status="received",
                text=f"before {number}",
                created_at=now,
                fingerprint=f"{number:064x}",
            )
            for number in range(messages)
        ),
        batch_size=5000,
    )
