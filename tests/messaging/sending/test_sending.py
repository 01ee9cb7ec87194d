"""One message from the queue to Apidaze, over real HTTP against the program that plays it."""

import uuid

import pytest

from messaging.models import Message, SendingState, Session, TrafficCount
from messaging.models.person import Person
from messaging.outbound import answering
from messaging.sending import dead_claims, expiry, loop
from tests.conftest import CUSTOMER, OTHER_NUMBER
from tests.messaging.arrivals import arrive

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(channel, anna_rule, apidaze):
    """A customer's session that Anna holds, in a channel against the simulator."""
    channel.base_url = apidaze.base_url
    channel.set_credentials({"api_key": "demo-key", "api_secret": "demo-secret"})
    channel.save()
    arrive(channel, recipient=OTHER_NUMBER)
    return Session.objects.get()


@pytest.fixture
def write(session, anna):
    def write(text="Hi"):
        return answering.answer(Person.at(anna), session.pk, text, uuid.uuid4())

    return write


@pytest.fixture
def go_on(channel):
    """Ends every wait and sends."""

    def go_on():
        SendingState.objects.update(waits_until=None)
        loop.drain(channel.pk)

    return go_on


def test_an_answer_reaches_apidaze_in_its_exact_form_and_is_sent(channel, write, apidaze):
    message = write("Grüße & more")

    loop.drain(channel.pk)

    message.refresh_from_db()
    assert (message.status, message.failure_code) == ("sent", "")
    [sent] = apidaze.received()
    assert (sent["method"], sent["path"], sent["query"]) == (
        "POST",
        "/demo-key/sms/send",
        "api_secret=demo-secret",
    )
    assert sent["content_type"].split(";")[0] == "application/x-www-form-urlencoded"
    assert (sent["from"], sent["to"], sent["body"]) == (OTHER_NUMBER[1:], CUSTOMER[1:], "Grüße & more")
    assert message.itsp_message_id == sent["uuid"]


def test_messages_of_a_session_leave_in_the_order_written(channel, write, apidaze):
    for number in range(8):
        write(f"{number}")

    loop.drain(channel.pk)

    assert [sent["body"] for sent in apidaze.received()] == [f"{number}" for number in range(8)]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("unprocessable", "failed", "refused"),
        ("ok_false", "failed", "refused"),
        ("server_error", "unconfirmed", "server_error"),
        ("unavailable", "unconfirmed", "server_error"),
        ("html", "unconfirmed", "not_json"),
        ("not_an_object", "unconfirmed", "not_json"),
        ("reset_before_taking", "unconfirmed", "no_answer"),
        ("reset_after_taking", "unconfirmed", "no_answer"),
        ("silence", "unconfirmed", "no_answer"),
    ],
)
def test_what_each_answer_concludes(channel, write, apidaze, fault, status, code):
    """Over 5 s where nothing answers: that is how long a send waits (`SEND_TIMEOUT`)."""
    apidaze.set_fault(fault)
    message = write()

    loop.drain(channel.pk)

    message.refresh_from_db()
    assert (message.status, message.failure_code) == (status, code)
    assert len(apidaze.received()) == 1


def test_connections_that_the_itsp_closes_when_idle_cost_nothing(channel, write, apidaze):
    channel.sending_rate = 4
    channel.save()
    apidaze.set_faults(close_idle_ms=100)
    for number in range(6):
        write(f"{number}")

    loop.drain(channel.pk)

    assert set(Message.objects.filter(direction="outbound").values_list("status", flat=True)) == {"sent"}
    assert len(apidaze.received()) == 6


@pytest.mark.parametrize(
    "fault", ["too_many_requests", "unauthorized", "not_a_pair", "redirect", "not_found_html"]
)
def test_a_message_that_was_not_taken_waits_and_leaves_later(channel, write, apidaze, go_on, fault):
    apidaze.set_fault(fault)
    message = write()

    loop.drain(channel.pk)

    message.refresh_from_db()
    assert message.status == "queued"
    apidaze.set_faults()
    channel.refresh_from_db()
    channel.record_check(channel.ask_itsp())
    go_on()
    message.refresh_from_db()
    assert message.status == "sent"


def test_wrong_credentials_hold_the_queue_and_say_why(channel, write, apidaze):
    apidaze.set_fault("not_a_pair")
    write("One")
    loop.drain(channel.pk)
    write("Two")
    loop.drain(channel.pk)

    channel.refresh_from_db()
    assert channel.status_text.startswith("Connection failed since ")
    assert "the ITSP rejects the key and secret" in channel.status_text
    assert len(apidaze.received()) == 1
    assert Message.objects.filter(status="queued").count() == 2


def test_credentials_that_cannot_be_read_send_nothing_and_say_so(channel, write, apidaze):
    channel.encrypted_credentials = "gAAAAAnot-ours"
    channel.save()
    message = write()

    loop.drain(channel.pk)

    channel.refresh_from_db()
    message.refresh_from_db()
    assert channel.status_text.endswith(": enter key and secret again")
    assert (message.status, apidaze.received()) == ("queued", [])


def test_a_refused_connection_backs_the_channel_off_once_an_episode(channel, write, apidaze, go_on):
    channel.base_url = "http://127.0.0.1:1"
    channel.save()
    message = write()

    loop.drain(channel.pk)
    loop.drain(channel.pk)

    state = SendingState.objects.get()
    assert (state.failed_episodes, state.waits_until is not None) == (1, True)
    message.refresh_from_db()
    assert message.status == "queued"
    channel.base_url = apidaze.base_url
    channel.save()
    go_on()
    message.refresh_from_db()
    assert message.status == "sent"


def test_a_disabled_channel_sends_nothing(channel, write, apidaze):
    write()
    channel.enabled = False
    channel.save()

    loop.drain(channel.pk)

    assert apidaze.received() == []


def test_a_claim_whose_worker_died_becomes_unconfirmed_and_the_next_message_leaves(
    channel, write, apidaze, settings
):
    first, second = write("First"), write("Second")
    from messaging.sending import claims

    [claim] = claims.claim([claims.Wanted(channel.pk, 5)])
    assert claim.message.text == "First"
    settings.CLAIM_LIFETIME = 0

    assert dead_claims.settle_dead_claims() == 1
    loop.drain(channel.pk)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.failure_code, second.status) == ("unconfirmed", "worker_died", "sent")
    assert [sent["body"] for sent in apidaze.received()] == ["Second"]


def test_what_waited_too_long_fails(channel, write, apidaze, settings):
    settings.WAITED_TOO_LONG_HOURS = 0
    message = write()

    expiry.fail_waited_too_long()
    loop.drain(channel.pk)

    message.refresh_from_db()
    assert (message.status, message.failure_code) == ("failed", "waited_too_long")
    assert apidaze.received() == []


def test_the_counts_say_what_became_of_agents_messages(channel, write, apidaze):
    write("a" * 200)
    loop.drain(channel.pk)
    apidaze.set_fault("unprocessable", next=1)
    write()
    loop.drain(channel.pk)
    apidaze.set_fault("server_error", next=1)
    write()
    loop.drain(channel.pk)

    totals = TrafficCount.objects.all().totals()
    assert totals == {
        "received": 1,
        "sent": 1,
        "failed": 2,
        "unconfirmed": 1,
        "segments": 2,
        "with_files": 0,
    }
