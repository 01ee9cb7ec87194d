"""Cancel, *Send again* and *It was sent*: who may, each once, and what the counts say."""

import uuid
from functools import partial

import pytest
from django.utils import timezone

from messaging import closing, outbound, resolving, sending
from messaging.models import Message, Session, TrafficCount
from messaging.refusal import NotFoundError, RefusedError
from tests.conftest import OTHER_NUMBER
from tests.messaging.arrivals import arrive
from tests.threads import at_once


@pytest.fixture
def session(channel, anna_rule):
    arrive(channel, recipient=OTHER_NUMBER)
    return Session.objects.get()


@pytest.fixture
def write(session, anna):
    def write(status="queued", text="Hi"):
        message = outbound.answer(anna.user, anna, session.pk, text, uuid.uuid4())
        if status != "queued":
            Message.objects.filter(pk=message.pk).update(status=status, concluded_at=timezone.now())
            Session.objects.update(send_priority=None, send_turn_at=None)
        return Message.objects.get(pk=message.pk)

    return write


@pytest.mark.django_db
class TestCancelling:
    def test_a_queued_message_is_taken_back(self, write, anna):
        message = write()

        resolving.cancel(anna.user, anna, message.pk)
        resolving.cancel(anna.user, anna, message.pk)

        message.refresh_from_db()
        assert message.status == "cancelled"
        assert Session.objects.get().send_priority is None
        assert TrafficCount.objects.all().totals()["failed"] == 0

    def test_the_next_one_still_leaves(self, write, anna):
        first = write()
        write()

        resolving.cancel(anna.user, anna, first.pk)

        assert Session.objects.get().send_priority == 0

    @pytest.mark.parametrize("status", ["sent", "failed", "unconfirmed"])
    def test_what_has_left_cannot_be_taken_back(self, write, anna, status):
        with pytest.raises(RefusedError, match=f"Too late to cancel: this message is {status}"):
            resolving.cancel(anna.user, anna, write(status).pk)

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

        new = resolving.send_again(anna.user, anna, old.pk)

        old.refresh_from_db()
        assert (old.status, new.status, new.text, new.resent_from) == (status, "queued", "Important", old)
        assert Session.objects.get().send_priority == 0

    def test_what_was_sent_is_not_sent_again(self, write, anna):
        with pytest.raises(RefusedError, match="this message is sent"):
            resolving.send_again(anna.user, anna, write("sent").pk)

    def test_not_in_a_closed_session(self, write, anna, session):
        old = write("failed")
        closing.close(anna.user, anna, session.pk)

        with pytest.raises(RefusedError, match="is closed"):
            resolving.send_again(anna.user, anna, old.pk)


@pytest.mark.django_db
class TestItWasSent:
    def test_it_names_who_said_so_and_the_counts_follow(self, channel, write, anna):
        message = write("unconfirmed")
        TrafficCount.objects.create(channel=channel, quarter_at=timezone.now(), failed=1, unconfirmed=1)

        resolving.it_was_sent(anna.user, anna, message.pk)
        resolving.it_was_sent(anna.user, anna, message.pk)

        message.refresh_from_db()
        assert (message.status, message.resolved_by) == ("sent", "1001 Anna")
        totals = TrafficCount.objects.all().totals()
        assert (totals["sent"], totals["failed"], totals["unconfirmed"]) == (1, 0, 0)

    def test_what_failed_is_not_declared_sent(self, write, anna):
        with pytest.raises(RefusedError):
            resolving.it_was_sent(anna.user, anna, write("failed").pk)


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
            operation(ben.user, ben, message.pk)
        with pytest.raises(RefusedError):
            operation(supervisor, None, message.pk)
        operation(administrator, None, message.pk)


@pytest.mark.django_db
def test_an_inbound_message_is_nothing_to_resolve(session, anna):
    with pytest.raises(NotFoundError):
        resolving.cancel(anna.user, anna, session.messages.get().pk)


@pytest.mark.django_db(transaction=True)
def test_when_two_press_send_again_at_once_one_message_is_made(write, anna, administrator):
    old = write("failed")

    results = at_once(
        *(
            partial(resolving.send_again, user, seat, old.pk)
            for user, seat in 3 * [(anna.user, anna), (administrator, None)]
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
            partial(resolving.cancel, anna.user, anna, message.pk), partial(sending.drain, channel.pk)
        )

        message.refresh_from_db()
        left = len(apidaze.received())
        assert (message.status, left) == (
            ("sent", 1) if isinstance(cancelled, RefusedError) else ("cancelled", 0)
        )
