"""Where an inbound message goes."""

import uuid

import time_machine

from messaging.inbound import unroutable
from messaging.models import Message, Session, TrafficCount, UnroutableMessage
from messaging.models.person import Person
from messaging.outbound import answering
from messaging.sessions import closing
from tests.conftest import CUSTOMER, NUMBER, OTHER_NUMBER
from tests.messaging.arrivals import arrive


def test_a_message_to_a_queues_number_opens_a_session_without_a_holder(channel, rule, queue):
    arrive(channel)

    session = Session.objects.get()
    assert (session.queue, session.holder, session.status) == (queue, None, "open")
    assert (session.our_number, session.customer_number) == (NUMBER, CUSTOMER)
    assert [event.kind for event in session.events.all()] == ["started"]


def test_a_message_to_an_extensions_number_is_held_by_it_at_once(channel, anna_rule, anna):
    arrive(channel, recipient=OTHER_NUMBER)

    assert Session.objects.get().holder == anna


def test_the_next_message_joins_the_open_session(channel, rule):
    arrive(channel, "One")
    arrive(channel, "Two")

    assert [message.text for message in Session.objects.get().messages.all()] == ["One", "Two"]


def test_after_a_close_the_next_message_opens_a_new_session_at_the_rules_destination(
    channel, rule, queue, administrator
):
    arrive(channel)
    first = Session.objects.get()
    closing.close(Person(administrator), first.pk)

    arrive(channel)

    assert Session.objects.filter(status="open").get().queue == queue
    assert Session.objects.count() == 2


def test_a_changed_destination_holds_for_new_sessions_only(channel, rule, queue, carla, administrator):
    arrive(channel)
    rule.destination_queue, rule.destination_extension = None, carla
    rule.save()

    arrive(channel)
    assert Session.objects.get().queue == queue

    closing.close(Person(administrator), Session.objects.get().pk)
    arrive(channel)
    assert Session.objects.get(status="open").holder == carla


def test_a_number_nobody_has_is_kept_whole_as_unroutable(channel, rule):
    arrive(channel, "Lost?", recipient="+14105550100")

    kept = UnroutableMessage.objects.get()
    assert (kept.sender, kept.recipient, kept.text) == (CUSTOMER, "+14105550100", "Lost?")
    assert not Message.objects.exists()


def test_a_removed_rule_makes_even_an_open_sessions_messages_unroutable(channel, rule):
    arrive(channel, "One")
    rule.delete()

    arrive(channel, "Two")

    assert UnroutableMessage.objects.get().text == "Two"
    assert Session.objects.get().messages.count() == 1


def test_an_unroutable_message_is_delivered_once_its_number_has_a_rule(channel, queue, administrator):
    arrive(channel, "Waited")
    waiting = UnroutableMessage.objects.get()
    channel.rules.create(number=NUMBER, destination_queue=queue)

    unroutable.deliver(administrator, waiting.pk)

    waiting.refresh_from_db()
    assert waiting.resolution == "delivered"
    assert Session.objects.get().messages.get().text == "Waited"
    assert TrafficCount.objects.all().totals()["received"] == 1


def test_the_same_id_with_all_the_same_is_a_repeat_and_stored_once(channel, rule):
    arrive(channel, "Hello", message_id="7")

    assert arrive(channel, "Hello", message_id="7").outcome == "repeat"
    assert Message.objects.count() == 1


def test_the_same_id_with_another_text_is_another_message(channel, rule):
    arrive(channel, "Hello", message_id="7")
    arrive(channel, "Goodbye", message_id="7")
    arrive(channel, "Hello", message_id="7", sender="+13057673261")
    arrive(channel, "Hello", message_id="7", files_digest="ab")

    assert Message.objects.count() == 4


def test_an_unroutable_repeat_with_an_id_is_stored_once(channel):
    arrive(channel, message_id="7")

    assert arrive(channel, message_id="7").outcome == "repeat"
    assert UnroutableMessage.objects.count() == 1


def test_without_an_id_the_same_message_within_ten_seconds_is_stored_and_marked(channel, rule):
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False) as clock:
        arrive(channel, "Yes")
        clock.shift(9.9)
        arrive(channel, "Yes")
        clock.shift(10.1)
        arrive(channel, "Yes")

    assert [message.possible_repeat for message in Message.objects.all()] == [False, True, False]


def test_a_repeat_of_what_came_before_its_rule_was_deleted_is_recognised(channel, rule):
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False) as clock:
        arrive(channel, "Yes")
        arrive(channel, "With an id", message_id="a")
        rule.delete()
        clock.shift(9.9)
        arrive(channel, "Yes")
        clock.shift(10.1)
        arrive(channel, "Yes")
        repeat = arrive(channel, "With an id", message_id="a")

    assert [message.possible_repeat for message in UnroutableMessage.objects.order_by("pk")] == [True, False]
    assert repeat.outcome == "repeat"


def test_a_sender_that_is_no_number_opens_a_session_like_any_other(channel, rule):
    arrive(channel, "Your code is 1234", sender="Google")

    assert Session.objects.get().customer_number == "Google"


def test_two_customers_and_two_numbers_are_three_sessions(channel, rule, anna_rule):
    arrive(channel)
    arrive(channel, recipient=OTHER_NUMBER)
    arrive(channel, sender="+13057673261")

    assert Session.objects.count() == 3


def test_a_disabled_channel_still_stores_and_routes(channel, rule):
    channel.enabled = False
    channel.save()

    arrive(channel)

    assert Session.objects.get().messages.count() == 1


def test_a_recognised_repeat_changes_nothing(channel, anna_rule, anna):
    arrive(channel, recipient=OTHER_NUMBER, message_id="7")
    session = Session.objects.get()
    answering.answer(Person.at(anna), session.pk, "Hi", uuid.uuid4())
    arrive(channel, recipient=OTHER_NUMBER, message_id="7")
    session.refresh_from_db()
    assert session.waiting_since is None

    closing.close(Person.at(anna), session.pk)
    arrive(channel, recipient=OTHER_NUMBER, message_id="7")
    assert Session.objects.get().status == "closed"


def test_a_sender_id_never_receives(channel):
    channel.rules.create(number="ACME", registration="not_needed")

    assert arrive(channel, recipient="ACME").outcome == "unroutable"


def test_a_possible_repeat_is_still_marked_when_it_is_delivered(channel, queue, administrator):
    arrive(channel)
    arrive(channel)
    UnroutableMessage.objects.update(received_at="2026-01-01T00:00Z")
    channel.rules.create(number=NUMBER, destination_queue=queue)

    for waiting in UnroutableMessage.objects.order_by("id"):
        unroutable.deliver(administrator, waiting.pk)

    assert [message.possible_repeat for message in Message.objects.all()] == [False, True]
