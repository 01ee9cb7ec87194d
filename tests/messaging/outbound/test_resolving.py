"""Cancel, *Send again* and *It was sent*: who may, each once, and what the counts say."""

import uuid
from functools import partial

import pytest
from django.utils import timezone

from channels_app.models import User
from messaging.models import Message, Session, TrafficCount
from messaging.models.person import Person
from messaging.outbound import answering, resolving
from messaging.refusal import NotFoundError, RefusedError
from messaging.sending import claims, loop
from messaging.sessions import closing, transfer
from tests.conftest import OTHER_NUMBER
from tests.messaging.arrivals import arrive
from tests.support.threads import at_once


@pytest.fixture
def session(channel, anna_rule):
    arrive(channel, recipient=OTHER_NUMBER)
    return Session.objects.get()


@pytest.fixture
def write(session, anna):
    def write(status="queued", text="Hi"):
        message = answering.answer(Person.at(anna), session.pk, text, uuid.uuid4())
        if status != "queued":
            Message.objects.filter(pk=message.pk).update(status=status, concluded_at=timezone.now())
            Session.objects.update(send_priority=None, send_turn_at=None)
        return Message.objects.get(pk=message.pk)

    return write


@pytest.mark.django_db
class TestCancelling:
    def test_a_queued_message_is_taken_back(self, write, anna):
        message = write()

        resolving.cancel(Person.at(anna), Session.objects.get().pk, message.pk)
        resolving.cancel(Person.at(anna), Session.objects.get().pk, message.pk)

        message.refresh_from_db()
        assert message.status == "cancelled"
        assert Session.objects.get().send_priority is None
        assert TrafficCount.objects.all().totals()["failed"] == 0

    def test_the_next_one_still_leaves(self, write, anna):
        first = write()
        write()

        resolving.cancel(Person.at(anna), Session.objects.get().pk, first.pk)

        assert Session.objects.get().send_priority == 0

    def test_while_one_is_on_its_way_the_next_ones_still_wait_for_it(self, channel, write, anna):
        _first, second, _third = write(), write(), write()
        assert len(claims.claim([claims.Wanted(channel.pk, 5)])) == 1

        resolving.cancel(Person.at(anna), Session.objects.get().pk, second.pk)

        assert Session.objects.get().send_priority is None
        assert claims.claim([claims.Wanted(channel.pk, 5)]) == []

    @pytest.mark.parametrize("status", ["sent", "failed", "unconfirmed"])
    def test_what_has_left_cannot_be_taken_back(self, write, anna, status):
        with pytest.raises(RefusedError, match=f"Too late to cancel: this message is {status}"):
            resolving.cancel(Person.at(anna), Session.objects.get().pk, write(status).pk)

    def test_everything_that_waits_in_a_channel_can_be_taken_back_at_once(self, write, channel):
        write("sent")
        write()
        write()

        assert resolving.cancel_all_waiting(channel) == 2
        assert resolving.cancel_all_waiting(channel) == 0
        assert Session.objects.get().send_priority is None


@pytest.mark.django_db
class TestSendingAgain:
    @pytest.mark.parametrize("status", ["failed", "unconfirmed"])
    def test_it_makes_a_new_message_at_the_end_and_the_old_one_keeps_its_status(self, write, anna, status):
        old = write(status, "Important")

        new = resolving.send_again(Person.at(anna), Session.objects.get().pk, old.pk)

        old.refresh_from_db()
        assert (old.status, new.status, new.text, new.resent_from) == (status, "queued", "Important", old)
        assert Session.objects.get().send_priority == 0

    def test_what_was_sent_is_not_sent_again(self, write, anna):
        with pytest.raises(RefusedError, match="this message is sent"):
            resolving.send_again(Person.at(anna), Session.objects.get().pk, write("sent").pk)

    def test_not_in_a_closed_session(self, write, anna, session):
        old = write("failed")
        closing.close(Person.at(anna), session.pk)

        with pytest.raises(RefusedError, match="is closed"):
            resolving.send_again(Person.at(anna), Session.objects.get().pk, old.pk)


@pytest.mark.django_db
class TestItWasSent:
    def test_it_names_who_said_so_and_the_counts_follow(self, channel, write, anna):
        message = write("unconfirmed")
        TrafficCount.objects.create(channel=channel, quarter_at=timezone.now(), failed=1, unconfirmed=1)

        resolving.it_was_sent(Person.at(anna), Session.objects.get().pk, message.pk)
        resolving.it_was_sent(Person.at(anna), Session.objects.get().pk, message.pk)

        message.refresh_from_db()
        assert (message.status, message.resolved_by) == ("sent", "1001 Anna")
        totals = TrafficCount.objects.all().totals()
        assert (totals["sent"], totals["failed"], totals["unconfirmed"]) == (1, 0, 0)

    def test_what_failed_is_not_declared_sent(self, write, anna):
        with pytest.raises(RefusedError):
            resolving.it_was_sent(Person.at(anna), Session.objects.get().pk, write("failed").pk)


@pytest.mark.django_db
def test_others_may_do_nothing_and_administrators_everything(write, ben, supervisor, administrator):
    operations = [
        (resolving.cancel, "queued"),
        (resolving.send_again, "failed"),
        (resolving.it_was_sent, "unconfirmed"),
    ]
    for operation, status in operations:
        message = write(status)
        with pytest.raises(NotFoundError):
            operation(Person.at(ben), message.session_id, message.pk)
        with pytest.raises(RefusedError):
            operation(Person(supervisor), message.session_id, message.pk)
        operation(Person(administrator), message.session_id, message.pk)


@pytest.mark.django_db
def test_an_inbound_message_is_nothing_to_resolve(session, anna):
    with pytest.raises(NotFoundError):
        resolving.cancel(Person.at(anna), session.pk, session.messages.get().pk)


@pytest.mark.django_db(transaction=True)
def test_when_two_press_send_again_at_once_one_message_is_made(write, anna, administrator):
    old = write("failed")

    results = at_once(
        *(
            partial(resolving.send_again, person, old.session_id, old.pk)
            for person in 3 * [Person.at(anna), Person(administrator)]
        )
    )

    assert len({message.pk for message in results}) == 1
    assert Message.objects.filter(resent_from=old).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_cancel_and_a_departure_at_once_have_one_winner(channel, write, anna, apidaze):
    channel.base_url = apidaze.base_url
    channel.set_credentials({"api_key": "demo-key", "api_secret": "demo-secret"})
    channel.save()
    for _ in range(3):
        apidaze.clear()
        message = write()

        [cancelled, _drained] = at_once(
            partial(resolving.cancel, Person.at(anna), message.session_id, message.pk),
            partial(loop.drain, channel.pk),
        )

        message.refresh_from_db()
        left = len(apidaze.received())
        assert (message.status, left) == (
            ("sent", 1) if isinstance(cancelled, RefusedError) else ("cancelled", 0)
        )


@pytest.mark.django_db
def test_a_supervisor_with_a_seat_decides_nothing_in_a_colleagues_closed_session(
    write, session, anna, make_extension
):
    message = write()
    supervisor = make_extension("2001", "Sue", role="supervisor")
    closing.close(Person.at(anna), session.pk)

    with pytest.raises(RefusedError):
        resolving.cancel(Person.at(supervisor), session.pk, message.pk)
    assert resolving.cancel(Person.at(anna), session.pk, message.pk).status == "cancelled"


@pytest.mark.django_db
def test_nothing_is_sent_again_from_a_number_that_was_removed(write, anna, anna_rule, session):
    message = write("failed")
    anna_rule.delete()

    with pytest.raises(RefusedError, match="This number was removed"):
        resolving.send_again(Person.at(anna), session.pk, message.pk)


@pytest.mark.django_db
def test_an_administrators_long_name_is_stored_whole(write, session):
    administrator = User.objects.create_superuser("a" * 150, "secret words 123")

    again = resolving.send_again(Person(administrator), session.pk, write("failed").pk)

    assert again.author_name == "a" * 150


@pytest.mark.django_db
def test_in_auto_pickup_sending_again_picks_up_as_an_answer_does(channel, rule, queue, anna, ben):
    queue.mode = "auto"
    queue.save()
    arrive(channel)
    session = Session.objects.get()
    message = answering.answer(Person.at(anna), session.pk, "Hi", uuid.uuid4())
    Message.objects.filter(pk=message.pk).update(status="failed", concluded_at=timezone.now())
    transfer.transfer(Person.at(anna), session.pk, queue)

    resolving.send_again(Person.at(ben), session.pk, message.pk)

    assert Session.objects.get().holder == ben
