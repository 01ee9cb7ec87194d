"""What is written down of claimed messages: once, by whose claim it is, and what a late answer may still change."""

import uuid

import pytest

from channels_app.providers.base import SendOutcome, SendResult
from messaging.models import Session, TrafficCount
from messaging.models.person import Person
from messaging.outbound import answering, resolving
from messaging.sending import claims
from messaging.sending.recording import Settled, record
from tests.conftest import OTHER_NUMBER
from tests.messaging.arrivals import arrive

SENT, FAILED, UNCONFIRMED = SendOutcome.SENT, SendOutcome.FAILED, SendOutcome.UNCONFIRMED


@pytest.fixture
def message(channel, anna_rule, anna):
    arrive(channel, recipient=OTHER_NUMBER)
    return answering.answer(Person.at(anna), Session.objects.get().pk, "Hi", uuid.uuid4())


@pytest.fixture
def settle(channel, message):
    """Records outcomes of the message's one claim, or of another's."""
    [claim] = claims.claim([claims.Wanted(channel.pk, 1)])

    def settle(outcome, claim_id=None):
        record([Settled(claim.message_id, claim.session_id, claim_id or claim.claim, SendResult(outcome))])
        message.refresh_from_db()
        return message.status

    return settle


def counted():
    totals = TrafficCount.objects.all().totals()
    return totals["sent"], totals["failed"], totals["unconfirmed"]


@pytest.mark.django_db
def test_what_is_recorded_twice_counts_once(settle):
    assert [settle(SENT), settle(SENT), settle(FAILED)] == ["sent"] * 3
    assert counted() == (1, 0, 0)


@pytest.mark.django_db
def test_only_the_claims_owner_records(settle):
    assert settle(SENT, claim_id=uuid.uuid4()) == "sending"
    assert counted() == (0, 0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("truth", "status", "counts"), [(SENT, "sent", (1, 0, 0)), (FAILED, "failed", (0, 1, 0))]
)
def test_a_true_answer_that_comes_late_still_counts(settle, truth, status, counts):
    assert settle(UNCONFIRMED) == "unconfirmed"
    assert counted() == (0, 1, 1)

    assert settle(truth) == status
    assert counted() == counts


@pytest.mark.django_db
def test_but_not_once_a_person_has_resolved_it(settle, message, anna):
    settle(UNCONFIRMED)
    resolving.it_was_sent(Person.at(anna), message.session_id, message.pk)

    assert settle(FAILED) == "sent"
    assert counted() == (1, 0, 0)


@pytest.mark.django_db
def test_a_late_return_does_not_queue_again_what_may_have_arrived(settle):
    settle(UNCONFIRMED)

    assert settle(SendOutcome.NOT_DEPARTED) == "unconfirmed"


@pytest.mark.django_db
def test_what_did_not_depart_is_claimed_again(settle, channel):
    assert settle(SendOutcome.NOT_DEPARTED) == "queued"
    assert len(claims.claim([claims.Wanted(channel.pk, 1)])) == 1


@pytest.mark.django_db
def test_a_late_answer_does_not_let_a_third_message_pass_the_second(settle, message, anna, channel):
    for text in ("Second", "Third"):
        answering.answer(Person.at(anna), message.session_id, text, uuid.uuid4())
    settle(UNCONFIRMED)
    [second] = claims.claim([claims.Wanted(channel.pk, 5)])

    settle(SENT)

    assert second.message.text == "Second"
    assert claims.claim([claims.Wanted(channel.pk, 5)]) == []
