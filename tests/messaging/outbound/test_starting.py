"""Starting a session: who may, and what happens with a customer's open session."""

import uuid
from functools import partial

import pytest

from messaging.inbox.list_windows import Tab
from messaging.inbox.session_list import read_list
from messaging.models import Message, Session
from messaging.models.person import Person
from messaging.outbound import starting
from messaging.refusal import RefusedError
from messaging.sessions import archiving, closing, pickup
from tests.conftest import CUSTOMER
from tests.messaging.arrivals import arrive
from tests.support.threads import at_once


@pytest.fixture
def start(rule):
    def start(seat, number=CUSTOMER, text="Hello", rule_id=None):
        return starting.start(Person.at(seat), rule_id or rule.pk, number, text, uuid.uuid4())

    return start


def test_who_starts_a_session_holds_it(start, anna, rule):
    message = start(anna, "+1 (305) 767-3260")

    session = Session.objects.get()
    assert (session.holder, session.customer_number) == (anna, CUSTOMER)
    assert (message.status, message.author, message.origin) == ("queued", anna, "agent")
    assert [event.kind for event in session.events.all()] == ["started"]


def test_who_is_not_allowed_cannot_start(start, ben):
    with pytest.raises(RefusedError, match="can't start sessions from this number"):
        start(ben)


@pytest.mark.parametrize("number", ["", "Google", "72345", "+1410", "305 767 3260", "+14102161183"])
def test_what_is_no_customers_number_is_refused_with_an_example(start, anna, number):
    with pytest.raises(RefusedError, match=r"for example \+1"):
        start(anna, number)
    assert not Session.objects.exists()


def test_ones_own_open_session_is_used(start, anna):
    start(anna, text="One")
    start(anna, text="Two")

    assert [message.text for message in Session.objects.get().messages.all()] == ["One", "Two"]


@pytest.mark.parametrize(("mode", "held"), [("manual", False), ("auto", True), ("disabled", False)])
def test_one_that_waits_in_ones_own_queue_is_answered_under_its_modes_rules(
    start, anna, channel, queue, mode, held
):
    queue.mode = mode
    queue.save()
    arrive(channel)

    start(anna)

    assert (Session.objects.get().holder == anna) is held


def test_another_holder_is_named_and_nothing_is_written(start, anna, ben, channel):
    arrive(channel)
    pickup.pick_up(Person.at(ben), Session.objects.get().pk)

    with pytest.raises(RefusedError, match="open session with 1002 Ben"):
        start(anna)
    assert not Message.objects.filter(direction="outbound").exists()


def test_another_queue_is_named(start, anna, channel, rule, queue):
    arrive(channel)
    queue.agents.remove(anna)

    with pytest.raises(RefusedError, match="waiting in the queue “Support”"):
        start(anna)


def test_where_the_channel_allows_it_the_writer_takes_over(start, anna, ben, channel):
    channel.allow_takeover = True
    channel.save()
    arrive(channel)
    session = Session.objects.get()
    pickup.pick_up(Person.at(ben), session.pk)

    start(anna)

    session.refresh_from_db()
    assert session.holder == anna
    assert session.messages.count() == 2
    event = session.events.get(kind="taken_over")
    assert (event.actor_name, event.target_name) == ("1001 Anna", "1002 Ben")
    assert not Session.objects.visible_to(Person.at(ben)).filter(pk=session.pk).exists()


def test_after_a_close_a_new_session_is_started(start, anna, administrator):
    start(anna)
    closing.close(Person(administrator), Session.objects.get().pk)
    start(anna)

    assert Session.objects.count() == 2


def test_a_disabled_channel_offers_no_number(start, anna, channel):
    channel.enabled = False
    channel.save()

    assert starting.rules_open_to(anna) == []
    with pytest.raises(RefusedError):
        start(anna)


def test_an_empty_text_starts_nothing(start, anna):
    with pytest.raises(RefusedError, match="Write a text first"):
        start(anna, text="  \n ")
    assert not Session.objects.exists()


def test_a_disabled_channel_is_the_reason_that_is_given(start, anna, channel):
    channel.enabled = False
    channel.save()

    with pytest.raises(RefusedError, match="is disabled"):
        start(anna)


def test_ones_own_archived_session_comes_back_when_one_writes_in_it(start, anna):
    session = start(anna).session
    archiving.archive(Person.at(anna), session.pk, 10**9)

    start(anna)

    assert [row.session_id for row in read_list(Person.at(anna), Tab.MINE).rows] == [session.pk]


@pytest.mark.django_db(transaction=True)
def test_one_key_for_several_customers_at_once_is_one_message_and_no_error(rule, anna):
    key = uuid.uuid4()

    results = at_once(
        *(partial(starting.start, Person.at(anna), rule.pk, f"+1305767320{n}", "Hi", key) for n in range(6))
    )

    assert sum(isinstance(result, Message) for result in results) == 1
    assert sum(isinstance(result, RefusedError) for result in results) == 5
    assert Message.objects.count() == 1


@pytest.mark.parametrize("number", ["+12161183", "Call me on +14102161183", "+1410216118", "+44 20"])
def test_a_number_without_its_area_code_or_within_words_is_none(start, anna, number):
    with pytest.raises(RefusedError, match="is not a phone number"):
        start(anna, number)
