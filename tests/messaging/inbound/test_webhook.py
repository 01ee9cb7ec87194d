"""The ITSPs' way in, as an ITSP sees it: statuses, the webhook log, and that nothing is lost."""

import json
import logging

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels_app.models import WebhookToken
from messaging.files import spool
from messaging.inbound import log, receiving
from messaging.models import Message, Session, UnroutableMessage, WebhookLogEntry
from tests.conftest import CUSTOMER, NUMBER

SMS = {
    "type": "incomingWebhookSMS",
    "caller_id_number": CUSTOMER[1:],
    "destination_number": NUMBER[1:],
    "text": "Hello",
}


@pytest.fixture
def address(channel):
    return f"/webhooks/apidaze/{channel.webhook_token}/"


@pytest.fixture
def post(client, address):
    def post(body=SMS, to=None, **extra):
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        return client.post(to or address, body, content_type="application/json", **extra)

    return post


def test_a_message_is_answered_200_and_stored_with_a_log_line(post, rule, channel):
    assert post().status_code == 200

    message = Message.objects.get()
    assert (message.text, message.session.customer_number) == ("Hello", CUSTOMER)
    entry = WebhookLogEntry.objects.get()
    assert (entry.outcome, entry.channel, entry.sender, entry.recipient) == (
        "stored",
        channel,
        CUSTOMER,
        NUMBER,
    )
    assert json.loads(entry.body) == SMS


@pytest.mark.parametrize("number", [NUMBER, NUMBER[1:], int(NUMBER[1:])])
def test_numbers_match_with_and_without_plus_and_as_json_numbers(post, rule, number):
    assert post({**SMS, "destination_number": number}).status_code == 200
    assert Session.objects.get().our_number == NUMBER


def test_it_answers_on_any_host(post, rule):
    assert post(headers={"host": "whatever.example.org"}).status_code == 200


def test_an_address_without_its_last_slash_works_too(post, rule, address):
    assert post(to=address.rstrip("/")).status_code == 200
    assert Message.objects.get().text == "Hello"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/webhooks/", "/webhooks/apidaze/", "/webhooks/apidaze/a/b/", "/webhooks/ü/x/"]
)
def test_an_address_that_is_none_gets_404(client, path):
    assert client.post(path, "{}", content_type="application/json").status_code == 404


@pytest.mark.parametrize("sender", ["Google", "72345", "+44"])
def test_a_sender_that_is_no_number_is_kept_as_it_came(post, rule, sender):
    assert post({**SMS, "caller_id_number": sender}).status_code == 200
    assert Session.objects.get().customer_number == sender


def test_a_message_to_a_number_nobody_has_is_kept(post, rule):
    assert post({**SMS, "destination_number": "14105550100"}).status_code == 200
    assert UnroutableMessage.objects.get().text == "Hello"
    assert WebhookLogEntry.objects.get().outcome == "unroutable"


def test_the_same_id_with_another_text_is_kept_too(post, rule):
    post({**SMS, "id": "7"})
    post({**SMS, "id": "7"})
    post({**SMS, "id": "7", "text": "Another"})

    assert sorted(Message.objects.values_list("text", flat=True)) == ["Another", "Hello"]
    assert [entry.outcome for entry in WebhookLogEntry.objects.order_by("id")] == [
        "stored",
        "repeat",
        "stored",
    ]


def test_a_message_with_files_is_stored_with_its_whole_body(post, rule):
    body = json.dumps({**SMS, "type": "incomingWebhookMMS", "text": "", "files": "{'a.jpg': '/9j/4AAQ'}"})

    assert post(body).status_code == 200

    message = Message.objects.get()
    with spool.open_kept(message.body_file) as kept:
        assert kept.read() == body.encode()
    assert "/9j/4AAQ" not in WebhookLogEntry.objects.get().body


def test_a_large_body_with_files_is_stored_whole(post, rule):
    body = json.dumps({**SMS, "files": {"a.jpg": "QUJD" * 500_000}})

    assert post(body).status_code == 200

    with spool.open_kept(Message.objects.get().body_file) as kept:
        assert kept.read() == body.encode()
    assert len(WebhookLogEntry.objects.get().body) < 2_000


def test_an_unroutable_message_keeps_its_files(post, rule):
    body = json.dumps({**SMS, "destination_number": "14105550100", "files": {"a.jpg": "QUJD"}})

    post(body)

    with spool.open_kept(UnroutableMessage.objects.get().body_file) as kept:
        assert kept.read() == body.encode()


def test_a_delivery_report_is_answered_200_and_logged_as_no_message(client, address, rule):
    report = f"status=delivered&to={NUMBER[1:]}&msgid=9"
    answer = client.post(address, report, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 200
    assert WebhookLogEntry.objects.get().outcome == "not_a_message"
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b"{}",
        b'{"text": "no destination"}',
        json.dumps({**SMS, "destination_number": None}).encode(),
        json.dumps({**SMS, "destination_number": {"a": 1}}).encode(),
        json.dumps({**SMS, "text": ""}).encode(),
        json.dumps({**SMS, "text": ["x"]}).encode(),
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"\xff\xfe\x00",
        json.dumps(SMS).encode()[:-5],
        b'{"destination_number": ' + b"9" * 100_000 + b', "text": "x"}',
    ],
)
def test_what_cannot_be_understood_is_answered_400_with_one_log_line(post, rule, body, caplog):
    caplog.set_level(logging.DEBUG)

    assert post(body).status_code == 400

    assert WebhookLogEntry.objects.get().outcome == "not_understood"
    assert not Message.objects.exists()
    assert "Traceback" not in caplog.text


@pytest.mark.django_db
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=st.one_of(
        st.binary(max_size=500),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=40),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from([*SMS, "files", "media", "id", "x"]) | st.text(max_size=5),
                    inner,
                    max_size=6,
                )
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
        st.fixed_dictionaries(
            {}, optional={key: st.text(max_size=60) | st.integers() | st.none() for key in [*SMS, "id"]}
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_whatever_comes_there_is_one_log_line_and_no_500(client, post, rule, body):
    WebhookLogEntry.objects.all().delete()

    status = post(body).status_code

    assert status in (200, 400)
    assert WebhookLogEntry.objects.count() == 1


def test_a_body_that_is_announced_too_large_is_refused_unread_with_a_log_line(post, rule, settings):
    settings.MAX_WEBHOOK_BYTES = 1000

    assert post(b"x" * 1001).status_code == 413
    assert WebhookLogEntry.objects.get().outcome == "too_large"


def test_a_body_without_a_length_is_refused(client, address, rule):
    answer = client.post(
        address, SMS, content_type="application/json", headers={"transfer-encoding": "chunked"}
    )

    assert answer.status_code == 411


def test_an_unknown_token_gets_404_and_one_line_a_minute_with_a_count(post, rule):
    for _ in range(3):
        answer = post(to="/webhooks/apidaze/guess/")
        assert (answer.status_code, answer.content) == (404, b"")

    entry = WebhookLogEntry.objects.get()
    assert (entry.outcome, entry.count, entry.body) == ("unknown_address", 3, "")


@pytest.mark.django_db
def test_a_flood_of_unknown_addresses_costs_few_writes_and_few_lines(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(300 + 40):  # each looks for its token
        for number in range(300):
            client.post(f"/webhooks/apidaze/guess{number}/", "{}", content_type="application/json")
    assert WebhookLogEntry.objects.get().count >= 10

    for number in range(200):
        client.post("/webhooks/apidaze/guess/", REMOTE_ADDR=f"2001:db8::{number:x}")
    assert WebhookLogEntry.objects.count() <= log.MOST_SOURCES + 1
    assert WebhookLogEntry.objects.filter(source=log.OTHERS).count() == 1


@pytest.mark.django_db
def test_a_token_that_cannot_be_one_gets_404_and_no_line(client, caplog):
    for path in ("/webhooks/apidaze/%00/", "/webhooks/apidaze/%F0%9F%98%80/", "/webhooks/apidaze/a%20b/"):
        assert client.post(path).status_code == 404
    assert not WebhookLogEntry.objects.exists()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="sequences are PostgreSQL's")
def test_ids_that_are_taken_are_an_error_and_no_repeat(post, rule):
    assert post({**SMS, "id": "a"}).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('messaging_message', 'id'), %s, false)",
            [Message.objects.get().pk],
        )

    assert post({**SMS, "id": "b", "text": "Another"}).status_code == 503


def test_a_rule_that_is_deleted_at_that_moment_leaves_the_message_unroutable(post, rule, monkeypatch):
    """The moment between two statements of one request: no outside fault is that precise."""
    route = receiving.find_route

    def route_and_delete(*args):
        routed = route(*args)
        rule.delete()
        return routed

    monkeypatch.setattr(receiving, "find_route", route_and_delete)

    assert post().status_code == 200
    assert UnroutableMessage.objects.get().text == "Hello"
    assert not Session.objects.exists()


def test_a_repeat_with_an_id_opens_no_session_where_its_own_was_closed(post, rule, monkeypatch):
    """As above: the repeat was looked for before the first one was stored, and its session closed meanwhile."""
    assert post({**SMS, "id": "a"}).status_code == 200
    session = Session.objects.get()
    route = receiving.find_route

    def route_too_early(*args):
        routed = route(*args)
        routed.repeated = False
        Session.objects.filter(pk=session.pk).update(status="closed", closed_at=session.opened_at)
        return routed

    monkeypatch.setattr(receiving, "find_route", route_too_early)

    assert post({**SMS, "id": "a"}).status_code == 200
    assert [each.pk for each in Session.objects.all()] == [session.pk]
    assert WebhookLogEntry.objects.filter(outcome="repeat").count() == 1


def test_a_token_works_only_at_its_own_itsp(post, rule, channel):
    assert post(to=f"/webhooks/other/{channel.webhook_token}/").status_code == 404


def test_a_rotated_token_works_24_hours_more(post, rule, channel, address, time_machine):
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    new = WebhookToken.rotate(channel)
    assert post().status_code == 200
    assert post(to=f"/webhooks/apidaze/{new}/").status_code == 200

    time_machine.shift(24 * 3600 - 1)
    assert post().status_code == 200
    time_machine.shift(2)
    assert post().status_code == 404
    assert post(to=f"/webhooks/apidaze/{new}/").status_code == 200


def test_a_rotated_token_can_end_at_once(post, rule, channel, address):
    WebhookToken.rotate(channel, end_old_at_once=True)

    assert post().status_code == 404


def test_ending_at_once_ends_those_from_before_that_one_too(post, rule, channel, address):
    WebhookToken.rotate(channel)
    assert post().status_code == 200

    WebhookToken.rotate(channel, end_old_at_once=True)

    assert post().status_code == 404


def test_only_post_brings_messages(client, address, rule):
    assert client.get(address).status_code == 405
    assert WebhookLogEntry.objects.get().detail == "GET instead of POST"


@pytest.fixture
def read_only_database(transactional_db):
    """A database that takes no writes, as one with a full disk or after a fail-over."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = 1" if sqlite else "SET default_transaction_read_only = on")
    yield
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = 0" if sqlite else "SET default_transaction_read_only = off")


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_stored_is_answered_503(post, rule, address, request):
    request.getfixturevalue("read_only_database")

    assert post(to=address).status_code == 503

    assert not Message.objects.exists()


def test_files_that_cannot_be_stored_are_answered_503(post, rule, settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    settings.SPOOL_FOLDER = tmp_path / "file" / "spool"

    assert post().status_code == 503
    assert WebhookLogEntry.objects.get().outcome == "not_stored"


def test_a_message_takes_at_most_six_statements(post, rule, django_assert_max_num_queries):
    post()
    with django_assert_max_num_queries(8) as queries:
        post({**SMS, "text": "Next"})

    work = [query for query in queries.captured_queries if query["sql"] not in ("BEGIN", "COMMIT")]
    work = [query for query in work if "SAVEPOINT" not in query["sql"]]
    assert len(work) <= 6


def test_the_token_is_in_no_log_line(post, rule, address, caplog, channel):
    from config.log_masking import mask

    caplog.set_level(logging.DEBUG)
    post(b"garbage")
    post(to=f"{address}extra/")
    post(to="/webhooks/apidaze/guess/")

    token = channel.webhook_token
    assert caplog.records
    assert token not in "".join(mask(record.getMessage()) for record in caplog.records)
