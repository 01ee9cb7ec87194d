"""Whose message leaves next: answers before bulk, bulk at least every tenth place, sessions in turns."""

import threading
from functools import partial

import pytest
from django.utils import timezone

from channels_app.providers.base import SendOutcome, SendResult
from messaging.models import Message, SendingState, Session
from messaging.sending import loop
from messaging.sending.claims import Wanted, claim
from messaging.sending.draining import Drain
from messaging.sending.lease import Lease
from messaging.sending.recording import Settled, record
from tests.benchmarks import backlog
from tests.support.threads import at_once


@pytest.fixture
def busy(channel, rule):
    """Makes sessions with so many queued messages each: `busy([3, 1, 1])`, or bulk ones."""

    def busy(counts, priority=0):
        for count in counts:
            number = Session.objects.count()
            session = Session.objects.create(
                channel=channel,
                our_number=rule.number,
                customer_number=f"+1305000{number:04}",
                opened_at="2026-01-01T00:00Z",
                last_activity_at="2026-01-01T00:00Z",
                send_priority=priority,
                send_turn_at="2026-01-01T00:00Z",
            )
            for place in range(count):
                Message.objects.create(
                    session=session,
                    direction="outbound",
                    status="queued",
                    text=f"{number}.{place}",
                    created_at=timezone.now(),
                    origin="api" if priority else "agent",
                    priority=priority,
                )

    return busy


def send_all(channel, places=1, bulk_at=()):
    """Claims and settles until nothing is left; gives the texts in the order of their claims."""
    texts = []
    while claims := claim([Wanted(channel.pk, places, bulk_at)]):
        texts.append([each.message.text for each in claims])
        sent = SendResult(SendOutcome.SENT)
        record([Settled(each.message_id, each.session_id, each.claim, sent) for each in claims])
    return texts


@pytest.mark.django_db
def test_sessions_take_turns_and_keep_their_own_order(channel, busy):
    busy([3, 1, 2])

    assert send_all(channel) == [["0.0"], ["1.0"], ["2.0"], ["0.1"], ["2.1"], ["0.2"]]


@pytest.mark.django_db
def test_of_one_session_only_one_message_is_on_its_way(channel, busy):
    busy([3, 1])

    assert send_all(channel, places=5) == [["0.0", "1.0"], ["0.1"], ["0.2"]]


@pytest.mark.django_db
def test_answers_go_before_bulk(channel, busy):
    busy([1, 1], priority=Message.Priority.BULK)
    busy([1, 1])

    assert send_all(channel) == [["2.0"], ["3.0"], ["0.0"], ["1.0"]]


@pytest.mark.django_db
def test_a_place_for_bulk_is_bulks_while_any_waits(channel, busy):
    busy([1] * 2, priority=Message.Priority.BULK)
    busy([1] * 9)

    first, second = send_all(channel, places=6, bulk_at=(3,))
    assert [text in ("0.0", "1.0") for text in first] == [False, False, False, True, False, False]
    assert [text in ("0.0", "1.0") for text in second] == [False, False, False, True, False]


@pytest.mark.django_db
def test_every_tenth_place_is_bulks_however_long_the_claims_are(channel, busy):
    busy([1] * 8, priority=Message.Priority.BULK)
    busy([1] * 90)
    drain = Drain(channel.pk, Lease.acquire(channel.pk), threading.Event())
    texts = []
    for places in (3, 20, 9, 1, 17, 9, 9, 12):
        claims = claim([Wanted(channel.pk, places, drain.bulk_at(places))])
        drain.note_claimed(places, len(claims))
        texts += [each.message.text for each in claims]

    assert [place for place, text in enumerate(texts, 1) if int(text.partition(".")[0]) < 8] == [
        10,
        20,
        30,
        40,
        50,
        60,
        70,
        80,
    ]


@pytest.mark.django_db
def test_an_answer_in_a_session_of_bulk_lifts_the_session_but_not_over_what_was_written_before(channel, busy):
    busy([1] * 3, priority=Message.Priority.BULK)
    bulk = Session.objects.latest("pk")
    Message.objects.create(
        session=bulk,
        direction="outbound",
        status="queued",
        text="answer",
        created_at=timezone.now(),
        origin="agent",
    )
    Session.objects.filter(pk=bulk.pk).update(send_priority=0)

    assert [text for [text] in send_all(channel)][:2] == ["2.0", "answer"]


@pytest.mark.django_db(transaction=True)
def test_at_least_every_tenth_departure_is_bulk_while_both_wait(channel, busy, apidaze):
    channel.base_url, channel.sending_rate = apidaze.base_url, 100
    channel.set_credentials({"api_key": "demo-key", "api_secret": "demo-secret"})
    channel.save()
    busy([1] * 10, priority=Message.Priority.BULK)
    busy([1] * 90)

    while Message.objects.filter(status="queued").exists():  # as the clock would ring after a pause
        SendingState.objects.update(waits_until=None)
        loop.drain(channel.pk)

    bulk = [int(str(sent["body"]).partition(".")[0]) < 10 for sent in apidaze.received()]
    assert len(bulk) == 100
    # Departures of one claim may change places on the way: looked at in windows of two claims' length.
    assert all(any(bulk[start : start + 20]) for start in range(80))
    assert sum(bulk[:50]) <= 10


@pytest.mark.django_db(transaction=True)
def test_the_order_of_a_session_holds_through_retries(channel, rule, apidaze):
    channel.base_url = apidaze.base_url
    channel.set_credentials({"api_key": "demo-key", "api_secret": "demo-secret"})
    channel.save()
    backlog.fill(channel, 12, sessions=2)
    apidaze.set_faults({"kind": "too_many_requests", "probability": 0.3, "retry_after": 1})

    while Message.objects.filter(status="queued").exists():
        SendingState.objects.update(waits_until=None)
        loop.drain(channel.pk)

    by_customer: dict[str, list[int]] = {}
    for request in apidaze.received():
        if request["taken"]:
            by_customer.setdefault(request["to"], []).append(int(request["body"].partition("-")[2]))
    assert sum(map(len, by_customer.values())) == 12
    assert all(numbers == sorted(numbers) for numbers in by_customer.values())


@pytest.mark.django_db(transaction=True)
def test_drains_of_one_process_share_a_loop_that_outlives_whoever_serves_it(channel, busy, apidaze):
    channel.base_url, channel.sending_rate = apidaze.base_url, 50
    channel.set_credentials({"api_key": "demo-key", "api_secret": "demo-secret"})
    channel.save()
    busy([1, 1])
    others = [backlog.make_channel(number, apidaze.base_url, 20) for number in range(3)]
    for place, other in enumerate(others):
        backlog.fill(other, 20 * (place + 1))

    at_once(*(partial(loop.drain, each.pk) for each in [channel, *others]))

    assert not Message.objects.exclude(status="sent").exists()
    assert len(apidaze.received()) == 2 + 20 + 40 + 60
