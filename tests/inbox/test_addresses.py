"""What one may not see answers 404, by every address and method."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from messaging.models import Message, PersonalState, Session, SessionEvent
from messaging.models.person import Person
from messaging.sessions import closing, pickup, transfer
from tests.inbox.conftest import PARTS

READ = ["conversation", "conversation-news", "conversation-earlier", "transfer"]
WRITE = [
    "answer",
    "pick-up",
    "transfer",
    "close-session",
    "archive",
    "unarchive",
    "conversation-read",
]


def post_data() -> dict[str, str]:
    return {"text": "Hello", "press_key": str(uuid.uuid4()), "target": "queue:1", "up_to": "1"}


def statuses(client: Client, session_id: int) -> set[int]:
    """The status of every address of a session, as a page and as a part of one."""
    found = set()
    for headers in ({}, PARTS):
        for name in READ:
            address = reverse(name, args=[session_id])
            found.add(client.get(address, {"before": "1"}, headers=headers).status_code)
        for name in WRITE:
            address = reverse(name, args=[session_id])
            found.add(client.post(address, post_data(), headers=headers).status_code)
    return found


def everything() -> list[object]:
    return [
        list(model.objects.order_by("pk").values())  # type: ignore[attr-defined]
        for model in (Session, Message, SessionEvent, PersonalState)
    ]


def test_an_agent_outside_the_queue_gets_404_everywhere(waiting, carla, browser_of):
    before = everything()
    assert statuses(browser_of(carla), waiting.pk) == {404}
    assert everything() == before


def test_a_colleague_gets_404_everywhere_once_another_picked_up(waiting, anna, ben, browser_of):
    pickup.pick_up(Person.at(anna), waiting.pk)
    before = everything()
    assert statuses(browser_of(ben), waiting.pk) == {404}
    assert everything() == before


def test_the_previous_holder_gets_404_everywhere_after_a_transfer(waiting, anna, carla, browser_of):
    pickup.pick_up(Person.at(anna), waiting.pk)
    transfer.transfer(Person.at(anna), waiting.pk, carla)
    page = browser_of(anna).get(reverse("conversation", args=[waiting.pk]))
    assert page.status_code == 404
    assert "Where is my order?" not in page.content.decode()
    assert browser_of(carla).get(reverse("conversation", args=[waiting.pk])).status_code == 200


def test_a_login_without_an_extension_gets_404_everywhere(waiting, db, browser_of):
    from channels_app.models import User

    assert statuses(browser_of(User.objects.create_user("lone")), waiting.pk) == {404}


def test_a_session_that_does_not_exist_answers_as_one_that_is_hidden(waiting, carla, browser_of):
    client = browser_of(carla)
    hidden = client.get(reverse("conversation", args=[waiting.pk]))
    missing = client.get(reverse("conversation", args=[waiting.pk + 1000]))
    assert hidden.status_code == missing.status_code == 404
    sentence = "This session does not exist"
    assert sentence in hidden.content.decode()
    assert sentence in missing.content.decode()


@pytest.mark.parametrize("name", [*READ, *WRITE])
def test_who_is_not_signed_in_is_sent_to_the_sign_in_page(name, waiting, client):
    address = reverse(name, args=[waiting.pk])
    for method in (client.get, client.post):
        answer = method(address)
        assert answer.status_code in (302, 405)
        if answer.status_code == 302:
            assert answer["Location"].startswith(reverse("sign-in"))


def test_a_part_of_a_page_is_refused_with_401_after_the_sign_in_ended(waiting, client):
    answer = client.get(reverse("conversation-news", args=[waiting.pk]), headers=PARTS)
    assert answer.status_code == 401
    assert client.get(reverse("session-list"), headers=PARTS).status_code == 401


def test_a_supervisor_without_a_seat_reads_and_moves_but_does_not_answer(
    waiting, ben, supervisor, browser_of
):
    client = browser_of(supervisor)
    page = client.get(reverse("conversation", args=[waiting.pk])).content.decode()
    assert "Where is my order?" in page
    assert "Only people with an extension can answer." in page
    refused = client.post(reverse("answer", args=[waiting.pk]), post_data())
    assert refused.status_code == 422
    client.post(reverse("transfer", args=[waiting.pk]), {"target": f"extension:{ben.pk}"})
    waiting.refresh_from_db()
    assert waiting.holder == ben


def test_earlier_sessions_of_a_customer_stand_above_for_whoever_sees_the_present_one(
    receive, anna, ben, browser_of
):
    first = receive("The first time")
    pickup.pick_up(Person.at(ben), first.pk)
    closing.close(Person.at(ben), first.pk)
    second = receive("The second time")
    page = browser_of(anna).get(reverse("conversation", args=[second.pk])).content.decode()
    assert page.index("The first time") < page.index("Closed by 1002 Ben") < page.index("The second time")
    assert browser_of(anna).get(reverse("conversation", args=[first.pk])).status_code == 404


def test_later_sessions_of_a_customer_are_not_shown_with_an_earlier_one(receive, anna, ben, browser_of):
    first = receive("The first time")
    pickup.pick_up(Person.at(anna), first.pk)
    closing.close(Person.at(anna), first.pk)
    second = receive("The second time")
    pickup.pick_up(Person.at(ben), second.pk)
    page = browser_of(anna).get(reverse("conversation", args=[first.pk])).content.decode()
    assert "The first time" in page
    assert "The second time" not in page
    last = second.messages.get().pk
    above = reverse("conversation-earlier", args=[first.pk])
    assert browser_of(anna).get(above, {"before": last}).status_code == 404
