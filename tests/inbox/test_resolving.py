"""The buttons under a message: who gets which, and what they do."""

import uuid

import pytest
from django.utils import timezone

from messaging.models import Message, Session
from messaging.models.person import Person
from messaging.outbound import answering
from messaging.outbound.waiting import leaves_in
from tests.benchmarks import backlog
from tests.conftest import OTHER_NUMBER
from tests.messaging.arrivals import arrive


@pytest.fixture
def message(channel, anna_rule, anna):
    arrive(channel, recipient=OTHER_NUMBER)
    return answering.answer(Person.at(anna), Session.objects.get().pk, "Hi", uuid.uuid4())


@pytest.fixture
def as_anna(client, anna):
    client.force_login(anna.user)
    return client


def conclude(message, status):
    Message.objects.filter(pk=message.pk).update(status=status, concluded_at=timezone.now())
    Session.objects.update(send_priority=None, send_turn_at=None)


def page_of(client, message):
    return client.get(f"/inbox/{message.session_id}/").content.decode()


@pytest.mark.parametrize(
    ("status", "buttons"),
    [
        ("queued", {"cancel"}),
        ("sent", set()),
        ("failed", {"send-again"}),
        ("unconfirmed", {"send-again", "it-was-sent"}),
        ("cancelled", set()),
    ],
)
def test_each_state_has_its_buttons(as_anna, message, status, buttons):
    if status != "queued":
        conclude(message, status)

    page = page_of(as_anna, message)

    offered = {name for name in ("cancel", "send-again", "it-was-sent") if f"/{message.pk}/{name}/" in page}
    assert offered == buttons


@pytest.mark.parametrize(
    ("status", "button", "after"),
    [
        ("queued", "cancel", ["cancelled"]),
        ("failed", "send-again", ["failed", "queued"]),
        ("unconfirmed", "it-was-sent", ["sent"]),
    ],
)
def test_a_button_does_what_it_says_once(as_anna, message, status, button, after):
    if status != "queued":
        conclude(message, status)

    for _ in range(2):
        as_anna.post(f"/inbox/{message.session_id}/{message.pk}/{button}/")

    outbound = Message.objects.filter(direction="outbound").order_by("id")
    assert [each.status for each in outbound] == after


def test_what_was_sent_again_says_so(as_anna, message):
    conclude(message, "failed")
    as_anna.post(f"/inbox/{message.session_id}/{message.pk}/send-again/")

    page = page_of(as_anna, message)
    again = Message.objects.get(resent_from=message)
    assert f'href="#message-{again.pk}">sent again below</a>' in page
    assert f'id="message-{again.pk}"' in page
    assert f"/{message.pk}/send-again/" not in page


@pytest.mark.parametrize("button", ["cancel", "send-again", "it-was-sent"])
def test_for_others_it_is_404_and_for_messages_that_are_none_too(client, ben, message, as_anna, button):
    assert as_anna.post(f"/inbox/{message.session_id}/999999/{button}/").status_code == 404
    client.force_login(ben.user)
    assert client.post(f"/inbox/{message.session_id}/{message.pk}/{button}/").status_code == 404


def test_what_leaves_at_once_says_nothing_about_it(as_anna, message):
    assert "leaves in about" not in page_of(as_anna, message)


def test_what_waits_behind_many_says_about_when_it_leaves(as_anna, message, channel):
    channel.sending_rate = 1
    channel.save()
    channel.rules.exclude(number=OTHER_NUMBER).delete()
    backlog.fill(channel, 120, sessions=60)
    session = Session.objects.get(pk=message.session_id)
    session.send_turn_at = timezone.now()
    session.save()

    assert "leaves in about 60 s" in page_of(as_anna, message)
    second = answering.answer(Person.at(session.holder), session.pk, "More", uuid.uuid4())
    session.refresh_from_db()
    assert leaves_in(session, [message.pk, second.pk])[second.pk] == pytest.approx(121, abs=1)
