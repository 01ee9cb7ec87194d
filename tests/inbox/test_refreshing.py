"""An open page asks for news: nothing when there is none, cheaply, and asking changes nothing."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from messaging.inbox.conversation import PAGE
from messaging.models import Message, PersonalState, Session, SessionEvent
from messaging.models.person import Person
from messaging.outbound import answering
from messaging.sessions import closing, pickup, read_marks
from tests.conftest import OTHER_NUMBER
from tests.inbox.conftest import PARTS


def queries_of(call) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        call()
    return [query["sql"] for query in captured.captured_queries]


def test_the_list_answers_204_until_something_changes(receive, waiting, anna, browser_of):
    client, address = browser_of(anna), reverse("session-list")
    seen = client.get(address, {"tab": "queue"}, headers=PARTS).context["list"].version
    assert client.get(address, {"tab": "queue", "seen": seen}, headers=PARTS).status_code == 204
    receive("Hello?")
    assert client.get(address, {"tab": "queue", "seen": seen}, headers=PARTS).status_code == 200


@pytest.mark.parametrize("change", ["message", "status", "pick-up", "close", "channel"])
def test_the_conversation_answers_204_until_something_changes(
    change, receive, waiting, anna, channel, browser_of
):
    answering.answer(Person.at(anna), waiting.pk, "Hello", uuid.uuid4())
    client, address = browser_of(anna), reverse("conversation-news", args=[waiting.pk])
    seen = client.get(address, headers=PARTS).context["conversation"].version
    read_marks.mark_read(Person.at(anna), waiting.pk, 10**6)
    assert client.get(address, {"seen": seen}, headers=PARTS).status_code == 204
    if change == "message":
        receive("Hello?")
    elif change == "status":
        Message.objects.filter(direction="outbound").update(status="sent", concluded_at=waiting.opened_at)
    elif change == "pick-up":
        pickup.pick_up(Person.at(anna), waiting.pk)
    elif change == "close":
        closing.close(Person.at(anna), waiting.pk)
    else:
        channel.enabled = False
        channel.save()
    assert client.get(address, {"seen": seen}, headers=PARTS).status_code == 200


def test_looking_changes_nothing(waiting, anna, ben, browser_of):
    client = browser_of(anna)
    before = [list(m.objects.values()) for m in (Session, Message, SessionEvent, PersonalState)]  # type: ignore[attr-defined]
    addresses = [reverse("inbox"), reverse("session-list"), reverse("start-session")]
    addresses += [
        reverse(name, args=[waiting.pk])
        for name in ("conversation", "conversation-news", "conversation-earlier", "transfer")
    ]
    client.get(addresses[0])
    for address in addresses:
        for headers in ({}, PARTS):
            writes = [
                sql
                for sql in queries_of(lambda: client.get(address, headers=headers))  # noqa: B023
                if not sql.lstrip().upper().startswith("SELECT")
            ]
            assert writes == []
    for name in ("answer", "pick-up", "close-session", "archive", "unarchive", "conversation-read"):
        assert client.get(reverse(name, args=[waiting.pk])).status_code == 405
    assert [list(m.objects.values()) for m in (Session, Message, SessionEvent, PersonalState)] == before  # type: ignore[attr-defined]


def test_the_read_mark_is_advanced_by_a_post(waiting, anna, browser_of):
    last = waiting.messages.get().pk
    answer = browser_of(anna).post(reverse("conversation-read", args=[waiting.pk]), {"up_to": last})
    assert answer.status_code == 204
    assert PersonalState.objects.get().read_up_to == last


def test_every_form_is_protected_against_forgery(waiting, anna, browser_of):
    client = browser_of(anna, enforce_csrf_checks=True)
    for name in ("answer", "pick-up", "transfer", "close-session", "archive", "conversation-read"):
        assert client.post(reverse(name, args=[waiting.pk])).status_code == 403
    assert client.post(reverse("start-session")).status_code == 403


def test_list_and_conversation_take_at_most_12_queries(receive, waiting, anna, anna_rule, browser_of):
    for number in range(5):
        session = receive("Hello", sender=f"+1212555010{number}", to=OTHER_NUMBER)
        answering.answer(Person.at(anna), session.pk, "Hi", uuid.uuid4())
    closing.close(Person.at(anna), session.pk)
    client = browser_of(anna)
    for tab in ("mine", "queue", "closed", "archived"):
        assert len(queries_of(lambda: client.get(reverse("inbox"), {"tab": tab}))) <= 12  # noqa: B023
    for pk in (waiting.pk, session.pk):
        for name in ("conversation", "conversation-news"):
            address = reverse(name, args=[pk])
            assert len(queries_of(lambda: client.get(address, headers=PARTS))) <= 12  # noqa: B023


def test_a_long_conversation_comes_page_by_page_without_a_gap(receive, waiting, anna, browser_of):
    closing.close(Person.at(anna), waiting.pk)
    for number in range(PAGE + 10):
        session = receive(f"Line {number}")
    client = browser_of(anna)
    timeline = client.get(reverse("conversation", args=[session.pk])).context["conversation"].timeline
    keys = [line.key for line in timeline.lines if line.kind == "message"]
    assert len(keys) == PAGE
    above = client.get(
        reverse("conversation-earlier", args=[session.pk]), {"before": timeline.before}, headers=PARTS
    ).context["timeline"]
    keys = [line.key for line in above.lines if line.kind == "message"] + keys
    assert above.before is None
    assert keys == [f"message-{pk}" for pk in Message.objects.order_by("pk").values_list("pk", flat=True)]
    kinds = [line.text for line in above.lines if line.kind == "event"]
    assert kinds == ["Started by the customer", "Closed by 1001 Anna", "Started by the customer"]


def test_what_is_unsettled_above_the_newest_messages_is_read_again(receive, waiting, anna, ben, browser_of):
    above = answering.answer(Person.at(anna), waiting.pk, "Hello", uuid.uuid4())
    for number in range(PAGE):
        receive(f"Line {number}")
    elsewhere = answering.answer(Person.at(ben), receive("Hi", "+12125550100").pk, "Hello", uuid.uuid4())
    client, address = browser_of(anna), reverse("conversation-news", args=[waiting.pk])

    def read(unsettled: str, seen: str = ""):
        return client.get(address, {"unsettled": unsettled, "seen": seen}, headers=PARTS)

    assert read("").context["conversation"].above == ()
    [line] = (
        read(f"{above.pk},{elsewhere.pk},{waiting.messages.last().pk},x,{10**30}")
        .context["conversation"]
        .above
    )
    assert (line.message_id, line.status, line.is_unsettled) == (above.pk, "queued", True)
    seen = read(str(above.pk)).context["conversation"].version
    assert read(str(above.pk), seen).status_code == 204
    Message.objects.filter(pk=above.pk).update(status="sent", concluded_at=waiting.opened_at)
    [line] = read(str(above.pk), seen).context["conversation"].above
    assert (line.status, line.is_unsettled) == ("sent", False)


def test_a_page_that_starts_with_a_session_shows_that_it_was_started(receive, waiting, anna, browser_of):
    closing.close(Person.at(anna), waiting.pk)
    for number in range(PAGE):
        session = receive(f"Line {number}")
    page = browser_of(anna).get(reverse("conversation", args=[session.pk])).context["conversation"]
    assert page.timeline.before is not None
    assert [line.kind for line in page.timeline.lines[:3]] == ["day", "event", "message"]
