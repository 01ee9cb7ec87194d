"""Hints: for each thing that happens to a session, exactly those who may see it hear of it, after the commit."""

from __future__ import annotations

import datetime as dt
import json
import socket
import time
import uuid
from queue import SimpleQueue

import pytest
import redis
from django.db import transaction
from django.utils import timezone

from channels_app.providers.base import SendOutcome, SendResult
from messaging.broker import hints
from messaging.files import fetching, previews, public_http, retention, taking_out
from messaging.models import Attachment, Message, Session
from messaging.models.person import Person
from messaging.outbound import answering, resolving, starting
from messaging.sending import claims, expiry
from messaging.sending.recording import Settled, record
from messaging.sessions import archiving, closing, pickup, read_marks, transfer
from tests.conftest import CUSTOMER, NUMBER, OTHER_NUMBER
from tests.messaging.arrivals import arrive
from tests.messaging.files.stored_files import picture
from tests.support.scripted_server import ScriptedServer, http_answer
from tests.support.stack import free_ports
from tests.support.workers import Broker

pytestmark = pytest.mark.django_db(transaction=True)

LAST = "the last"
OVERSEERS = hints.OVERSEERS


@pytest.fixture(scope="module")
def broker():
    broker = Broker().start()
    yield broker
    broker.kill()


@pytest.fixture
def afresh(monkeypatch):
    """The thread that publishes is started anew, for the broker that the settings name by now."""
    monkeypatch.setattr(hints, "_waiting", SimpleQueue())
    monkeypatch.setattr(hints, "_thread", None)


@pytest.fixture
def heard(broker, afresh, settings):
    """`heard()` gives what was published since it was asked last: topics by session."""
    settings.REDIS_URL = broker.url
    subscription = redis.Redis.from_url(broker.url).pubsub(ignore_subscribe_messages=True)
    subscription.subscribe(hints.BROKER_CHANNEL)
    subscription.get_message(timeout=5)

    def heard() -> dict[int, set[str]]:
        hints._put(0, frozenset({LAST}))
        found: dict[int, set[str]] = {}
        while 0 not in found:
            message = subscription.get_message(timeout=5)
            for session_id, topics in json.loads(message["data"]) if message else ():
                found.setdefault(session_id, set()).update(topics)
        del found[0]
        return found

    yield heard
    subscription.close()


def seat(extension) -> str:
    return hints.of_extension(extension.pk)


def support(queue) -> str:
    return hints.of_queue(queue.pk)


def answered(seat_, session, text="Hi"):
    return answering.answer(Person.at(seat_), session.pk, text, uuid.uuid4())


def test_what_happens_to_a_session_is_told_to_who_sees_it_and_to_who_loses_it(
    heard, channel, rule, queue, anna, ben, carla
):
    rule.channel.allow_takeover = True
    rule.channel.save()
    arrive(channel)
    session = Session.objects.get()
    of_queue = {OVERSEERS, support(queue)}
    assert heard() == {session.pk: of_queue}

    arrive(channel)
    assert heard() == {session.pk: of_queue}
    answered(ben, session)
    assert heard() == {session.pk: of_queue}
    pickup.pick_up(Person.at(ben), session.pk)
    assert heard() == {session.pk: {*of_queue, seat(ben)}}
    arrive(channel)
    assert seat(ben) in heard()[session.pk]
    starting.start(Person.at(anna), rule.pk, CUSTOMER, "It is mine now", uuid.uuid4())
    assert {seat(anna), seat(ben), OVERSEERS} <= heard()[session.pk]
    transfer.transfer(Person.at(anna), session.pk, carla)
    assert {seat(anna), seat(carla), OVERSEERS} <= heard()[session.pk]
    transfer.transfer(Person.at(carla), session.pk, queue)
    assert {seat(carla), *of_queue} <= heard()[session.pk]
    closing.close(Person.at(anna), session.pk)
    assert heard() == {session.pk: of_queue}

    starting.start(Person.at(anna), rule.pk, CUSTOMER, "Hello again", uuid.uuid4())
    [(started, topics)] = heard().items()
    assert started != session.pk
    assert topics == {seat(anna), OVERSEERS}


def test_each_step_of_a_message_is_told(heard, channel, anna_rule, anna):
    arrive(channel, recipient=OTHER_NUMBER)
    session = Session.objects.get()
    mine = {session.pk: {seat(anna), OVERSEERS}}
    heard()

    message = answered(anna, session)
    assert heard() == mine
    [claim] = claims.claim([claims.Wanted(channel.pk, 1)])
    assert heard() == mine
    record([Settled(message.pk, session.pk, claim.claim, SendResult(SendOutcome.UNCONFIRMED))])
    assert heard() == mine
    resolving.it_was_sent(Person.at(anna), session.pk, message.pk)
    assert heard() == mine
    waits = answered(anna, session)
    heard()
    resolving.cancel(Person.at(anna), session.pk, waits.pk)
    assert heard() == mine
    refused = answered(anna, session)
    Message.objects.filter(pk=refused.pk).update(created_at=timezone.now() - dt.timedelta(hours=25))
    heard()
    assert expiry.fail_waited_too_long() == 1
    assert heard() == mine
    resolving.send_again(Person.at(anna), session.pk, refused.pk)
    assert heard() == mine
    assert resolving.cancel_all_waiting(channel) == 1
    assert heard() == mine


def test_files_that_come_and_go_are_told(heard, bring, queue):
    message = bring({"a.txt": b"one"})
    waiting = {message.session_id: {support(queue), OVERSEERS}}
    heard()
    taking_out.take_out(message.pk)
    assert heard() == waiting
    Attachment.objects.update(expires_at=timezone.now())
    assert retention.purge() == 1
    assert heard() == waiting

    shown = bring({"a.jpg": picture()})
    taking_out.take_out(shown.pk)
    heard()
    assert previews.make_due() == 1
    assert heard() == waiting

    broken = bring("no files at all")
    taking_out.take_out(broken.pk)
    heard()
    assert taking_out.read_again(broken.pk)
    assert heard() == waiting


def test_a_file_that_is_fetched_or_never_will_be_is_told(heard, bring, queue, monkeypatch):
    monkeypatch.setattr(public_http, "is_public", lambda address: True)
    monkeypatch.setattr(public_http, "is_own", lambda connection: False)
    with ScriptedServer(http_answer(200, b"one"), http_answer(404)) as server:
        message = bring([f"{server.url}/one", f"{server.url}/two"], field="media_urls")
        taking_out.take_out(message.pk)
        heard()
        for each, state in zip(Attachment.objects.order_by("pk"), ("stored", "broken"), strict=True):
            fetching.fetch(each.pk)
            each.refresh_from_db()
            assert each.state == state
            assert heard() == {message.session_id: {support(queue), OVERSEERS}}


def test_what_is_ones_own_is_told_to_ones_own_pages_alone(heard, channel, rule, anna):
    arrive(channel)
    [message] = Message.objects.all()
    heard()
    mine = {message.session_id: {seat(anna)}}
    read_marks.mark_read(Person.at(anna), message.session_id, message.pk)
    assert heard() == mine
    read_marks.mark_read(Person.at(anna), message.session_id, message.pk)
    assert heard() == {}
    archiving.archive(Person.at(anna), message.session_id, message.pk)
    assert heard() == mine
    archiving.unarchive(Person.at(anna), message.session_id)
    assert heard() == mine


def test_nothing_is_told_of_what_is_rolled_back(heard, channel, rule, anna):
    arrive(channel)
    session = Session.objects.get()
    heard()
    with transaction.atomic():
        pickup.pick_up(Person.at(anna), session.pk)
        answered(anna, session)
        transaction.set_rollback(True)
    assert heard() == {}


def test_a_silent_broker_holds_up_neither_a_webhook_nor_a_press(
    afresh, monkeypatch, settings, client, channel, rule, anna
):
    monkeypatch.setattr(hints, "TIMEOUT", 5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        arrive(channel)
        session = Session.objects.get()
        silent.settimeout(5)
        connection, _address = silent.accept()
        with connection:
            body = {"caller_id_number": CUSTOMER[1:], "destination_number": NUMBER[1:], "text": "Hi"}
            address = f"/webhooks/apidaze/{channel.webhook_token}/"
            assert client.post(address, body, content_type="application/json").status_code == 200
            answered(anna, session)
            # Whoever publishes waits still: it would have hung up after its time-out.
            connection.setblocking(False)
            assert connection.recv(10_000)
            with pytest.raises(BlockingIOError):
                connection.recv(1)


def test_a_broker_that_is_not_there_costs_a_webhook_nothing_and_is_tried_once_in_a_while(
    afresh, monkeypatch, settings, caplog, channel, rule
):
    monkeypatch.setattr(hints, "REST_AFTER_ERROR", 60)
    settings.REDIS_URL = f"redis://127.0.0.1:{free_ports(1)[0]}/0"
    for _number in range(30):
        arrive(channel)
    assert Message.objects.count() == 30
    hints._put(0, frozenset({LAST}))
    deadline = time.monotonic() + 5
    while not hints._waiting.empty() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert hints._waiting.empty()
    assert hints._thread.is_alive()
    assert [record.message for record in caplog.records if record.name == "messaging.broker.hints"] == [
        "the broker does not answer (ConnectionError); open pages ask by themselves"
    ]
