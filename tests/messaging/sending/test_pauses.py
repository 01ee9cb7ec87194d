"""When a whole channel waits, and what ends its wait."""

import threading
import time
import uuid

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from channels_app.models.failures import FailureCode
from channels_app.providers.base import SendOutcome, SendResult
from messaging.models import Message, SendingState, Session
from messaging.models.person import Person
from messaging.outbound import answering
from messaging.sending import backoff, checking, claims, lease, loop
from messaging.sending.draining import Drain
from tests.benchmarks import backlog
from tests.conftest import OTHER_NUMBER
from tests.messaging.arrivals import arrive
from tests.support.scripted_server import ACCEPTED, ScriptedServer, json_answer
from tests.support.simulator import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def write(channel, anna_rule, anna):
    def write(sender="+13057673260"):
        arrive(channel, sender=sender, recipient=OTHER_NUMBER)
        session = Session.objects.get(customer_number=sender)
        return answering.answer(Person.at(anna), session.pk, "Hi", uuid.uuid4())

    return write


@pytest.fixture
def against_apidaze(channel, apidaze):
    channel.base_url = apidaze.base_url
    channel.set_credentials({"api_key": "demo-key", "api_secret": "demo-secret"})
    channel.save()
    return channel


@pytest.fixture
def never_stopping():
    """Lets a test stop the drains of its process without stopping those of the next test."""
    yield
    loop._stopping.clear()


def waits():
    until = SendingState.objects.get().waits_until
    return (until - timezone.now()).total_seconds() if until else 0


def test_a_success_that_was_under_way_does_not_end_the_wait_that_a_429_asked_for(channel, write):
    both_are_there = threading.Barrier(2)

    def slow_down(connection):
        both_are_there.wait(10)
        connection.sendall(json_answer(429, {"error": "slow"}, {"Retry-After": "60"}))

    def later(connection):
        both_are_there.wait(10)
        time.sleep(0.6)
        connection.sendall(ACCEPTED)

    with ScriptedServer(slow_down, later) as server:
        channel.base_url = server.url
        channel.save()
        write()
        write("+13057673261")
        loop.drain(channel.pk)

    assert sorted(Message.objects.filter(direction="outbound").values_list("status", flat=True)) == [
        "queued",
        "sent",
    ]
    assert waits() > 30


def test_a_good_check_does_not_end_it_either(against_apidaze):
    SendingState.objects.create(channel=against_apidaze)
    backoff.slow_down(against_apidaze.pk, 3600)

    assert checking.check(against_apidaze)

    assert waits() > 3000


def test_of_several_times_that_the_itsp_asks_for_the_longest_counts(channel):
    SendingState.objects.create(channel=channel)
    for seconds in (1, 60, 5):
        backoff.slow_down(channel.pk, seconds)

    assert waits() > 30


def test_a_check_without_an_answer_lets_no_held_queue_go(against_apidaze, apidaze):
    against_apidaze.record_failure(FailureCode.CREDENTIALS)
    apidaze.set_fault("server_error")

    checking.check(against_apidaze)

    against_apidaze.refresh_from_db()
    assert against_apidaze.holds_queue


def test_one_refused_connection_among_returned_claims_is_a_reason_to_wait(channel):
    drain = Drain(channel.pk, lease.Lease.acquire(channel.pk), threading.Event())
    drain.load(channel)

    drain.heed(
        [SendResult(SendOutcome.NOT_DEPARTED, code="connection"), SendResult(SendOutcome.NOT_DEPARTED)]
    )

    assert waits() > 0


def test_a_failing_claim_gives_its_senders_back_and_is_not_tried_in_a_loop(channel, write, monkeypatch):
    """The database fails in one place only, at one moment: no outside fault is that precise."""
    write()
    free, tries = loop._free_senders._value, []

    def broken(*args, **options):
        tries.append(1)
        raise DatabaseError

    monkeypatch.setattr(loop, "claim", broken)
    loop.drain(channel.pk)

    assert loop._free_senders._value == free
    assert len(tries) == 2  # once more, and then not before the clock rings


def test_a_channel_that_finds_no_free_sender_waits_calmly(channel, write, monkeypatch, never_stopping):
    write()
    monkeypatch.setattr(loop, "_free_senders", threading.Semaphore(0))
    leases = []
    acquire = lease.Lease.acquire.__func__
    monkeypatch.setattr(
        lease.Lease, "acquire", classmethod(lambda cls, pk: (leases.append(pk), acquire(cls, pk))[1])
    )
    stop = threading.Timer(1.0, loop._stopping.set)
    stop.start()

    loop.drain(channel.pk)

    stop.join()
    assert len(leases) == 1


def test_nothing_leaves_that_has_waited_too_long(against_apidaze, apidaze, write, settings):
    message = write()
    Message.objects.filter(pk=message.pk).update(created_at=timezone.now() - timezone.timedelta(hours=25))

    loop.drain(against_apidaze.pk)

    message.refresh_from_db()
    assert (message.status, message.failure_code, apidaze.received()) == ("failed", "waited_too_long", [])


def test_an_answer_to_an_old_key_does_not_hold_the_queue_of_the_new_one(channel, write, apidaze):
    asked = threading.Event()

    def no_such_key(connection):
        asked.set()
        time.sleep(1.5)
        connection.sendall(json_answer(401, {"message": "no"}))

    with ScriptedServer(no_such_key) as server:
        channel.base_url = server.url
        channel.save()
        message = write()
        draining = threading.Thread(target=loop.drain, args=[channel.pk])
        draining.start()
        assert asked.wait(10)
        channel.base_url = apidaze.base_url
        channel.set_credentials({"api_key": "demo-key", "api_secret": "demo-secret"})
        channel.save()
        draining.join(30)

    message.refresh_from_db()
    channel.refresh_from_db()
    assert (message.status, channel.holds_queue, len(apidaze.received())) == ("sent", False, 1)


def test_two_silent_itsps_leave_senders_for_the_third_channel(apidaze):
    """Over 5 s: each send to a silent ITSP waits for `SEND_TIMEOUT`, and they need several rounds."""
    with Simulator() as silent:
        silent.set_fault("silence")
        lost = [backlog.make_channel(number, silent.base_url, 1000) for number in range(2)]
        for each in lost:
            backlog.fill(each, 200, sessions=200)
        busy = [threading.Thread(target=loop.drain, args=[each.pk]) for each in lost]
        for thread in busy:
            thread.start()
        while Message.objects.filter(status="sending").count() < 180:
            time.sleep(0.05)
        good = backlog.make_channel(2, apidaze.base_url, 100)
        backlog.fill(good, 5)
        loop.drain(good.pk)

        of_the_good = Message.objects.filter(session__channel=good)
        assert set(of_the_good.values_list("status", flat=True)) == {"sent"}
        for thread in busy:
            thread.join(60)


def test_what_cannot_be_recorded_holds_up_no_other(channel, write, apidaze):
    this_loop = loop.Loop()
    drain = Drain(channel.pk, lease.Lease.acquire(channel.pk), threading.Event())
    drain.load(channel)
    bad, good = write(), write("+13057673261")
    claimed = claims.claim([claims.Wanted(channel.pk, 2)])
    drain.note_claimed(2, 2)
    for claim in claimed:
        message_id = "\0" if claim.message_id == bad.pk and connection.vendor == "postgresql" else "id"
        this_loop._settled.put((drain, claim, SendResult(SendOutcome.SENT, message_id=message_id)))

    this_loop._record()

    good.refresh_from_db()
    assert (good.status, drain.in_flight) == ("sent", 0)
