"""The invariants of sessions, with real concurrency: several threads at the same instant, on both databases."""

import datetime as dt
import uuid
from functools import partial

import pytest
from django.db import IntegrityError
from django.utils import timezone

from messaging.models import Message, Session, SessionEvent
from messaging.models.person import Person
from messaging.outbound import answering, starting
from messaging.refusal import RefusedError
from messaging.sessions import closing, pickup
from tests.conftest import CUSTOMER
from tests.messaging.arrivals import arrive
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def test_messages_of_a_new_customer_that_arrive_at_once_open_one_session(channel, rule):
    for round_number in range(ROUNDS):
        sender = f"+1305767326{round_number}"
        results = at_once(*(partial(arrive, channel, f"{n}", sender=sender) for n in range(8)))

        assert [entry.outcome for entry in results] == ["stored"] * 8
        session = Session.objects.get(customer_number=sender)
        assert sorted(message.text for message in session.messages.all()) == [f"{n}" for n in range(8)]
        assert session.events.count() == 1


def test_the_database_itself_refuses_a_second_open_session(channel, rule):
    arrive(channel)
    session = Session.objects.get()
    session.pk = None

    with pytest.raises(IntegrityError):
        session.save(force_insert=True)


def test_when_all_pick_up_at_once_exactly_one_wins_and_the_others_are_told_who(
    channel, rule, queue, anna, ben
):
    for round_number in range(ROUNDS):
        arrive(channel, sender=f"+1305767326{round_number}")
        session = Session.objects.latest("pk")

        results = at_once(
            *(partial(pickup.pick_up, Person.at(seat), session.pk) for seat in (anna, ben, anna, ben))
        )

        session.refresh_from_db()
        winner, loser = (anna, ben) if session.holder == anna else (ben, anna)
        refusals = [result for result in results if isinstance(result, RefusedError)]
        assert len(refusals) == 2
        assert {str(refusal) for refusal in refusals} == {f"{winner} has this session now."}
        assert session.events.filter(kind=SessionEvent.Kind.PICKED_UP).count() == 1
        assert loser != session.holder


def test_in_auto_mode_the_first_answer_wins_and_the_others_are_not_sent(channel, rule, queue, anna, ben):
    queue.mode = queue.Mode.AUTO
    queue.save()
    for round_number in range(ROUNDS):
        arrive(channel, sender=f"+1305767326{round_number}")
        session = Session.objects.latest("pk")

        results = at_once(
            *(
                partial(answering.answer, Person.at(seat), session.pk, f"From {seat}", uuid.uuid4())
                for seat in (anna, ben)
            )
        )

        session.refresh_from_db()
        [message] = session.messages.filter(direction="outbound")
        assert message.author == session.holder
        assert sum(isinstance(result, RefusedError) for result in results) == 1


def test_one_press_that_arrives_many_times_at_once_is_one_message(channel, anna_rule, anna):
    arrive(channel, recipient=anna_rule.number)
    session = Session.objects.get()
    key = uuid.uuid4()

    results = at_once(*(partial(answering.answer, Person.at(anna), session.pk, "Hi", key) for _ in range(6)))

    message = Message.objects.get(direction="outbound")
    assert [result.pk for result in results] == [message.pk] * 6


def test_one_press_that_starts_a_session_many_times_at_once_is_one_message(channel, rule, anna):
    key = uuid.uuid4()

    results = at_once(
        *(partial(starting.start, Person.at(anna), rule.pk, CUSTOMER, "Hi", key) for _ in range(6))
    )

    message = Message.objects.get()
    assert [result.pk for result in results] == [message.pk] * 6
    assert Session.objects.get().holder == anna


def test_a_start_and_an_arriving_message_at_once_end_in_one_session(channel, rule, anna):
    for round_number in range(ROUNDS):
        sender = f"+1305767326{round_number}"
        at_once(
            partial(arrive, channel, sender=sender),
            partial(starting.start, Person.at(anna), rule.pk, sender, "Hi", uuid.uuid4()),
        )

        session = Session.objects.get(customer_number=sender)
        assert session.messages.count() == 2


def test_no_message_ever_lands_in_a_session_that_closes_at_the_same_instant(channel, rule, administrator):
    for round_number in range(ROUNDS):
        sender = f"+1305767326{round_number}"
        arrive(channel, "first", sender=sender)
        first = Session.objects.latest("pk")

        at_once(
            partial(closing.close, Person(administrator), first.pk),
            *(partial(arrive, channel, f"{n}", sender=sender) for n in range(4)),
        )

        closed_event = first.events.get(kind=SessionEvent.Kind.CLOSED)
        assert not first.messages.filter(pk__gt=closed_event.after_message_id).exists()
        assert Message.objects.filter(session__customer_number=sender).count() == 5


def test_a_message_that_meets_the_automatic_close_is_in_an_open_session(channel, rule):
    channel.close_automatically, channel.session_timeout_days = True, 1
    channel.save()
    for round_number in range(ROUNDS):
        sender = f"+1305767326{round_number}"
        arrive(channel, "old", sender=sender)
        Session.objects.filter(customer_number=sender).update(
            last_activity_at=timezone.now() - dt.timedelta(days=2)
        )

        at_once(closing.close_idle, partial(arrive, channel, "new", sender=sender), closing.close_idle)

        assert Message.objects.get(text="new", session__customer_number=sender).session.status == "open"
        assert SessionEvent.objects.filter(
            kind="closed_automatically", session__customer_number=sender
        ).count() in (0, 1)


def test_identical_messages_at_once_are_all_stored_and_all_but_one_marked(channel, rule):
    arrive(channel, "opens the session")

    at_once(*(partial(arrive, channel, "Yes") for _ in range(6)))

    marks = Message.objects.filter(text="Yes").values_list("possible_repeat", flat=True)
    assert sorted(marks) == [False] + [True] * 5


def test_repeats_with_an_id_at_once_are_stored_once(channel, rule):
    results = at_once(*(partial(arrive, channel, "Yes", message_id="7") for _ in range(6)))

    assert sorted(entry.outcome for entry in results) == ["repeat"] * 5 + ["stored"]
    assert Message.objects.count() == 1
