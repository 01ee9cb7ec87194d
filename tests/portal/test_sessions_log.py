"""Sessions, unroutable messages and the webhook log in the portal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, Extension, MessageQueue, RoutingRule
from messaging.models import Message, Session, SessionEvent, UnroutableMessage, WebhookLogEntry
from tests.conftest import CUSTOMER, NUMBER

SESSIONS = "/portal/messaging/session/"
UNROUTABLE = "/portal/messaging/unroutablemessage/"
LOG = "/portal/messaging/webhooklogentry/"
MakeSession = Callable[..., Session]


@pytest.fixture
def make_session(channel: Channel, queue: MessageQueue) -> MakeSession:
    def make(customer: str = CUSTOMER, text: str = "Hello", **fields: Any) -> Session:
        now = timezone.now()
        session = Session.objects.create(
            **{
                "channel": channel,
                "our_number": NUMBER,
                "customer_number": customer,
                "queue": queue,
                "queue_name": queue.name,
                "opened_at": now,
                "last_activity_at": now,
            }
            | fields
        )
        SessionEvent.objects.create(session=session, kind="started", at=now)
        Message.objects.create(
            session=session, direction="inbound", text=text, created_at=now, status="received"
        )
        return session

    return make


@pytest.fixture
def unroutable(channel: Channel) -> UnroutableMessage:
    return UnroutableMessage.objects.create(
        channel=channel,
        sender=CUSTOMER,
        recipient=NUMBER,
        text="Anybody?",
        received_at=timezone.now(),
        fingerprint="f",
    )


def act(client: Client, address: str, action: str, *rows: Any, **values: Any) -> Any:
    form = {"action": action, "_selected_action": [row.pk for row in rows], "index": 0, **values}
    return client.post(address, form, follow=True)


def shown(response: Any) -> set[str]:
    return {session.customer_number for session in response.context["cl"].result_list}


def test_a_sessions_page_shows_its_timeline_escaped(
    supervisor_client: Client, make_session: MakeSession
) -> None:
    session = make_session(text="<script>alert(1)</script>")
    page = supervisor_client.get(f"{SESSIONS}{session.pk}/change/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    assert "tl-event" in page


@pytest.mark.parametrize("typed", [CUSTOMER, "305 767 3260", "+1 (305) 767-3260", "7673260"])
def test_sessions_are_found_by_number(
    administrator_client: Client, make_session: MakeSession, typed: str
) -> None:
    make_session()
    make_session("+13055550000")
    assert shown(administrator_client.get(SESSIONS, {"q": typed})) == {CUSTOMER}


def test_sessions_whose_holder_or_queue_is_gone_are_found(
    administrator_client: Client, make_session: MakeSession, anna: Extension
) -> None:
    make_session("+13055550001")
    make_session("+13055550002", holder=anna, holder_name=str(anna))
    make_session("+13055550003", holder_name="1009 Gone")
    make_session("+13055550004", queue=None)
    found = shown(administrator_client.get(SESSIONS, {"gone": "yes"}))
    assert found == {"+13055550003", "+13055550004"}


def test_sessions_are_filtered(
    administrator_client: Client, make_session: MakeSession, anna: Extension
) -> None:
    make_session("+13055550001")
    make_session("+13055550002", holder=anna, holder_name=str(anna))
    make_session("+13055550003", status="closed", closed_at=timezone.now())
    assert shown(administrator_client.get(SESSIONS, {"waiting": "queue"})) == {"+13055550001"}
    assert shown(administrator_client.get(SESSIONS, {"holder__id__exact": anna.pk})) == {"+13055550002"}
    assert shown(administrator_client.get(SESSIONS, {"status__exact": "closed"})) == {"+13055550003"}


def test_a_queue_without_agents_is_marked_at_its_sessions(
    administrator_client: Client, make_session: MakeSession, queue: MessageQueue
) -> None:
    make_session()
    queue.agents.clear()
    assert "No agents" in administrator_client.get(SESSIONS).content.decode()


def test_the_list_takes_as_many_queries_with_many_sessions(
    administrator_client: Client, make_session: MakeSession, django_assert_max_num_queries: Any
) -> None:
    for index in range(30):
        make_session(f"+130555500{index:02}")
    with django_assert_max_num_queries(20):
        administrator_client.get(SESSIONS)


def test_a_supervisor_transfers_many_sessions_at_once(
    supervisor_client: Client, make_session: MakeSession, ben: Extension
) -> None:
    sessions = [make_session("+13055550001"), make_session("+13055550002")]
    asked = act(supervisor_client, SESSIONS, "transfer_selected", *sessions)
    assert "Transfer 2 sessions" in asked.content.decode()
    assert Session.objects.filter(holder=None).count() == 2
    done = act(supervisor_client, SESSIONS, "transfer_selected", *sessions, target=f"extension:{ben.pk}")
    assert "2 sessions went to 1002 Ben." in done.content.decode()
    assert Session.objects.filter(holder=ben).count() == 2
    assert SessionEvent.objects.filter(kind="transferred", actor_name="super").count() == 2


def test_a_transfer_without_a_target_asks_again(supervisor_client: Client, make_session: MakeSession) -> None:
    for target in ("", "extension:999", "nonsense"):
        asked = act(
            supervisor_client,
            SESSIONS,
            "transfer_selected",
            make_session(f"+1305555{len(target):04}"),
            target=target,
        )
        assert asked.context["form"].errors["target"]


def test_a_refused_transfer_says_why(
    administrator_client: Client, make_session: MakeSession, anna: Extension
) -> None:
    held = make_session("+13055550001", holder=anna, holder_name=str(anna))
    closed = make_session("+13055550002", status="closed", closed_at=timezone.now())
    page = act(
        administrator_client, SESSIONS, "transfer_selected", held, closed, target=f"extension:{anna.pk}"
    ).content.decode()
    assert "1001 Anna already has this session." in page
    assert "This session is closed: there is nothing to transfer." in page


def test_a_supervisor_closes_many_sessions_at_once(
    supervisor_client: Client, make_session: MakeSession
) -> None:
    sessions = [make_session("+13055550001"), make_session("+13055550002")]
    page = act(supervisor_client, SESSIONS, "close_selected", *sessions).content.decode()
    assert "2 sessions were closed." in page
    assert not Session.objects.filter(status="open").exists()
    page = act(supervisor_client, SESSIONS, "close_selected", *sessions).content.decode()
    assert "No session was closed" in page


def test_a_session_is_moved_from_its_own_page_and_one_comes_back_there(
    administrator_client: Client, make_session: MakeSession
) -> None:
    session = make_session()
    address = f"{SESSIONS}{session.pk}/change/"
    assert "close_selected" in administrator_client.get(address).content.decode()
    form = {"action": "close_selected", "_selected_action": session.pk, "asked_from": session.pk}
    response = administrator_client.post(SESSIONS, form)
    assert response.headers["Location"] == address
    assert "close_selected" not in administrator_client.get(address).content.decode()


def test_nothing_of_a_session_can_be_edited(administrator_client: Client, make_session: MakeSession) -> None:
    session = make_session()
    response = administrator_client.post(f"{SESSIONS}{session.pk}/change/", {"customer_number": "+1"})
    assert response.status_code == 403
    assert administrator_client.get(f"{SESSIONS}add/").status_code == 403
    assert administrator_client.post(f"{SESSIONS}{session.pk}/delete/", {"post": "yes"}).status_code == 403


# -- Unroutable messages -----------------------------------------------------------------------------------------------


def test_the_sidebar_counts_what_waits(administrator_client: Client, unroutable: UnroutableMessage) -> None:
    menu = administrator_client.get("/portal/").context["sidebar_navigation"][1]["items"]
    assert [item.get("badge") for item in menu] == [None, None, None, 1, None]
    UnroutableMessage.objects.update(resolution="dismissed", resolved_at=timezone.now())
    menu = administrator_client.get("/portal/").context["sidebar_navigation"][1]["items"]
    assert menu[3]["badge"] is None


def test_delivering_without_a_rule_says_what_is_missing(
    administrator_client: Client, unroutable: UnroutableMessage
) -> None:
    page = act(administrator_client, UNROUTABLE, "deliver_selected", unroutable).content.decode()
    assert f"{NUMBER} is not in the channel “Main” yet: add the number there first." in page
    unroutable.refresh_from_db()
    assert unroutable.resolution == "waiting"


def test_an_unroutable_message_is_delivered_once_the_rule_is_there(
    administrator_client: Client, unroutable: UnroutableMessage, rule: RoutingRule
) -> None:
    page = act(administrator_client, UNROUTABLE, "deliver_selected", unroutable).content.decode()
    assert "1 message was delivered." in page
    assert Message.objects.get().text == "Anybody?"
    assert "already" in act(administrator_client, UNROUTABLE, "deliver_selected", unroutable).content.decode()
    assert Message.objects.count() == 1


def test_an_unroutable_message_is_dismissed(
    administrator_client: Client, unroutable: UnroutableMessage
) -> None:
    act(administrator_client, UNROUTABLE, "dismiss_selected", unroutable)
    unroutable.refresh_from_db()
    assert (unroutable.resolution, unroutable.resolved_by) == ("dismissed", "admin")


def test_a_supervisor_sees_unroutable_messages_and_resolves_none(
    supervisor_client: Client, unroutable: UnroutableMessage, rule: RoutingRule
) -> None:
    assert "Anybody?" in supervisor_client.get(f"{UNROUTABLE}{unroutable.pk}/change/").content.decode()
    for action in ("deliver_selected", "dismiss_selected"):
        act(supervisor_client, UNROUTABLE, action, unroutable)
    unroutable.refresh_from_db()
    assert unroutable.resolution == "waiting"


# -- The webhook log ---------------------------------------------------------------------------------------------------


def test_the_webhook_log_shows_filters_and_searches(supervisor_client: Client, channel: Channel) -> None:
    now = timezone.now()
    for index, outcome in enumerate(WebhookLogEntry.Outcome.values):
        WebhookLogEntry.objects.create(
            received_at=now - dt.timedelta(days=index),
            channel=channel,
            outcome=outcome,
            sender=f"+1305555000{index}",
            source="192.0.2.1",
            body="<b>body</b>",
        )
    assert supervisor_client.get(LOG).context["cl"].result_count == 9
    assert supervisor_client.get(LOG, {"outcome__exact": "too_large"}).context["cl"].result_count == 1
    assert supervisor_client.get(LOG, {"q": "+13055550003"}).context["cl"].result_count == 1
    assert supervisor_client.get(LOG, {"channel__id__exact": channel.pk}).context["cl"].result_count == 9
    entry = WebhookLogEntry.objects.all()[0]
    page = supervisor_client.get(f"{LOG}{entry.pk}/change/").content.decode()
    assert "&lt;b&gt;body&lt;/b&gt;" in page


def test_a_session_is_found_by_its_id(administrator_client: Client, make_session: MakeSession) -> None:
    make_session("+1")
    session = make_session()
    for term, found in [
        (f"#{session.pk}", [session]),
        ("#0", []),
        ("#" + "9" * 18, []),
        ("#" + "9" * 30, []),
    ]:
        page = administrator_client.get(SESSIONS, {"q": term})
        assert list(page.context["cl"].result_list) == found


def test_the_filters_read_as_sentences(administrator_client: Client, make_session: MakeSession) -> None:
    make_session()
    page = administrator_client.get(SESSIONS).content.decode()
    for title in ("By status", "By pick-up", "By what went wrong", "By deleted holder or queue"):
        assert title in page
    assert "By kind" in administrator_client.get("/portal/messaging/change/").content.decode()
