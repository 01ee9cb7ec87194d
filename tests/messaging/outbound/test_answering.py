"""Writing an answer: what is stored, and what is refused with which words."""

import uuid

import pytest

from messaging.models import Message, Session
from messaging.models.person import Person
from messaging.outbound import answering
from messaging.refusal import RefusedError
from messaging.sessions import closing
from tests.conftest import OTHER_NUMBER
from tests.messaging.arrivals import arrive


@pytest.fixture
def session(channel, anna_rule):
    arrive(channel, recipient=OTHER_NUMBER)
    return Session.objects.get()


@pytest.fixture
def answer(anna, session):
    def answer(text="Hi", key=None):
        return answering.answer(Person.at(anna), session.pk, text, key or uuid.uuid4())

    return answer


def test_line_ends_are_stored_as_newlines(answer):
    assert answer("one\r\ntwo\rthree").text == "one\ntwo\nthree"


def test_1600_code_points_are_taken_and_one_more_is_refused_with_the_length(answer):
    assert answer("😀" * 1600).status == "queued"
    with pytest.raises(RefusedError, match="1,601 characters; a message takes at most 1,600"):
        answer("😀" * 1601)


def test_control_characters_and_lone_surrogates_do_not_get_in(answer):
    assert answer("a\x00b\ud800c\x1bd").text == "abcd"


def test_a_repeat_with_the_same_key_returns_the_first_even_after_a_close(answer, session, administrator):
    key = uuid.uuid4()
    first = answer("One", key)
    closing.close(Person(administrator), session.pk)

    assert answer("One", key).pk == first.pk
    assert Message.objects.filter(direction="outbound").count() == 1


def test_a_colleagues_key_gives_nothing_of_the_colleagues_message(answer, ben, channel, rule, session):
    key = uuid.uuid4()
    answer("Secret", key)
    arrive(channel)
    waiting = Session.objects.exclude(pk=session.pk).get()

    mine = answering.answer(Person.at(ben), waiting.pk, "Mine", key)

    assert mine.text == "Mine"


def test_an_answer_ends_the_customers_wait(answer, session):
    assert session.waiting_since is not None
    answer()
    session.refresh_from_db()
    assert session.waiting_since is None


def test_a_closed_session_takes_no_new_text(answer, session, administrator):
    closing.close(Person(administrator), session.pk)
    with pytest.raises(RefusedError, match="is closed"):
        answer()


def test_a_removed_number_cannot_answer(answer, anna_rule):
    anna_rule.delete()
    with pytest.raises(RefusedError, match="This number was removed"):
        answer()


def test_a_disabled_channel_takes_nothing_new(answer, channel):
    channel.enabled = False
    channel.save()
    with pytest.raises(RefusedError, match="is disabled"):
        answer()


def test_a_sender_that_is_no_number_cannot_be_answered(channel, anna, anna_rule):
    arrive(channel, sender="Google", recipient=OTHER_NUMBER)
    session = Session.objects.get(customer_number="Google")
    with pytest.raises(RefusedError, match="“Google” is not a phone number"):
        answering.answer(Person.at(anna), session.pk, "Hi", uuid.uuid4())
