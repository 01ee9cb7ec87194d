"""The clean-up tasks: right at their boundaries, and safe to run twice."""

import datetime as dt
import json
import os
import time
import uuid

import pytest
from django.utils import timezone

from messaging import tasks
from messaging.files import retention
from messaging.models import Message, Session, TrafficCount, WebhookLogEntry
from messaging.models.person import Person
from messaging.models.traffic import quarter_of
from messaging.outbound import answering
from messaging.sending import expiry
from messaging.sessions import closing
from messaging.traffic import counting, rollups
from tests.conftest import CUSTOMER, NUMBER, OTHER_NUMBER
from tests.messaging.arrivals import arrive


@pytest.fixture
def idle_channel(channel):
    channel.close_automatically, channel.session_timeout_days = True, 7
    channel.save()
    return channel


def test_an_idle_session_is_closed_after_the_channels_days_and_says_so(idle_channel, rule, time_machine):
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    arrive(idle_channel)
    time_machine.move_to("2026-03-08T11:59:59Z", tick=False)
    assert closing.close_idle() == 0

    time_machine.move_to("2026-03-08T12:00:00Z", tick=False)
    assert (closing.close_idle(), closing.close_idle()) == (1, 0)
    session = Session.objects.get()
    assert (session.status, session.closed_at) == ("closed", timezone.now())
    assert [event.kind for event in session.events.all()] == ["started", "closed_automatically"]


def test_nothing_is_closed_where_the_channel_does_not_ask_for_it(channel, rule):
    arrive(channel)
    Session.objects.update(last_activity_at=timezone.now() - dt.timedelta(days=400))

    assert closing.close_idle() == 0


def test_a_session_with_a_queued_message_is_not_closed(idle_channel, anna_rule, anna):
    arrive(idle_channel, recipient=OTHER_NUMBER)
    answering.answer(Person.at(anna), Session.objects.get().pk, "Hi", uuid.uuid4())
    Session.objects.update(last_activity_at=timezone.now() - dt.timedelta(days=400))

    assert closing.close_idle() == 0


def test_many_idle_sessions_are_closed_in_batches(idle_channel, rule):
    for number in range(7):
        arrive(idle_channel, sender=f"+1305767326{number}")
    Session.objects.update(last_activity_at=timezone.now() - dt.timedelta(days=8))

    assert closing.close_idle(batch=3) == 7


def test_what_waited_too_long_fails_at_24_hours(channel, anna_rule, anna, time_machine):
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    arrive(channel, recipient=OTHER_NUMBER)
    message = answering.answer(Person.at(anna), Session.objects.get().pk, "Hi", uuid.uuid4())
    time_machine.move_to("2026-03-02T11:59:59Z", tick=False)
    assert expiry.fail_waited_too_long() == 0

    time_machine.move_to("2026-03-02T12:00:00Z", tick=False)
    assert (expiry.fail_waited_too_long(), expiry.fail_waited_too_long()) == (1, 0)
    message.refresh_from_db()
    assert (message.status, message.failure_code) == ("failed", "waited_too_long")
    assert Session.objects.get().send_priority is None


def test_the_webhook_log_is_kept_seven_days(channel, rule, time_machine):
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    arrive(channel)
    time_machine.move_to("2026-03-08T11:59:59Z", tick=False)
    tasks.trim_webhook_log()
    assert WebhookLogEntry.objects.exists()

    time_machine.move_to("2026-03-08T12:00:01Z", tick=False)
    tasks.trim_webhook_log()
    tasks.trim_webhook_log()
    assert not WebhookLogEntry.objects.exists()
    assert Message.objects.exists()


def test_folding_keeps_every_sum(channel, rule, time_machine):
    for minute in (0, 1, 14, 15, 29, 30):
        time_machine.move_to(dt.datetime(2026, 3, 1, 12, minute, tzinfo=dt.UTC), tick=False)
        arrive(channel, f"{minute}")
    before = rollups.sums("channel", None, None, None)

    assert (counting.fold_traffic(), counting.fold_traffic()) == (3, 0)

    assert rollups.sums("channel", None, None, None) == before
    assert [row.received for row in TrafficCount.objects.order_by("quarter_at")] == [3, 2, 1]


def test_a_quarter_hour_starts_in_utc_wherever_one_is():
    nepal = dt.timezone(dt.timedelta(hours=5, minutes=45))
    moment = dt.datetime(2026, 3, 1, 0, 7, tzinfo=nepal)

    assert quarter_of(moment) == dt.datetime(2026, 2, 28, 18, 15, tzinfo=dt.UTC)


def test_the_spool_keeps_what_a_message_needs_and_nothing_else(channel, rule, client, settings, tmp_path):
    settings.SPOOL_FOLDER = tmp_path
    body = {"caller_id_number": CUSTOMER[1:], "text": "Look", "files": {"a.txt": "SGVsbG8="}}
    for number in (NUMBER, "+15550000000"):  # the second has no rule
        body["destination_number"] = number
        address = f"/webhooks/apidaze/{channel.webhook_token}/"
        assert client.post(address, json.dumps(body), content_type="application/json").status_code == 200
    needed = set(tmp_path.iterdir())
    for name in ("of-a-request-that-got-503.body", "half.body.part", "new.body"):
        (tmp_path / name).write_bytes(b"x")
    two_days_ago = time.time() - 2 * 86_400
    for path in tmp_path.iterdir():
        if path.name != "new.body":
            os.utime(path, (two_days_ago, two_days_ago))

    assert retention.sweep_spool() == 2
    assert set(tmp_path.iterdir()) == needed | {tmp_path / "new.body"}
    assert len(needed) == 2
