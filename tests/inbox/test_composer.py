"""The composer: one press is one message, and a refusal keeps the text."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from channels_app.models import MessageQueue
from messaging.models import Message
from messaging.models.person import Person
from messaging.sessions import closing, pickup
from tests.inbox.conftest import PARTS


def send(client: Client, session, text: str, key: object = None, **options: object):
    address = reverse("answer", args=[session.pk])
    data = {"text": text, "press_key": str(key or uuid.uuid4()), "tab": "queue"}
    return client.post(address, data, **options)


def written() -> list[str]:
    return list(Message.objects.filter(direction="outbound").values_list("text", flat=True))


def test_an_answer_goes_back_to_the_conversation_and_stands_in_it(waiting, anna, browser_of):
    client = browser_of(anna)
    answer = send(client, waiting, "It left this morning.")
    assert (answer.status_code, answer["Location"]) == (
        302,
        reverse("conversation", args=[waiting.pk]) + "?tab=queue",
    )
    page = client.get(answer["Location"]).content.decode()
    assert "It left this morning." in page
    assert "Queued" in page


def test_one_press_is_one_message(waiting, anna, browser_of):
    client, key = browser_of(anna), uuid.uuid4()
    for _ in range(3):
        assert send(client, waiting, "Once", key).status_code == 302
    assert written() == ["Once"]


def test_a_used_key_with_another_text_is_refused_and_loses_nothing(waiting, anna, browser_of):
    client, key = browser_of(anna), uuid.uuid4()
    send(client, waiting, "The first", key)
    again = send(client, waiting, "The second", key)
    assert again.status_code == 422
    assert ">The second</textarea>" in again.content.decode()
    assert str(key) not in again.content.decode()
    assert written() == ["The first"]


def test_the_page_has_a_new_key_each_time(waiting, anna, browser_of):
    client = browser_of(anna)
    address = reverse("conversation", args=[waiting.pk])
    keys = {client.get(address).context["press_key"] for _ in range(2)}
    assert len(keys) == 2


@pytest.mark.parametrize("text", ["", " \n ", "x" * 1601, "\x00"])
def test_a_text_that_cannot_be_sent_stays_in_the_box(text, waiting, anna, browser_of):
    answer = send(browser_of(anna), waiting, text)
    assert answer.status_code == 422
    assert answer.context["text"] == text
    assert answer.context["refusal"]
    assert written() == []


@pytest.mark.parametrize(
    "key", ["", "no-uuid", "1", "'; drop table", "\ud800".encode("utf-8", "replace").decode()]
)
def test_a_damaged_key_is_refused_in_words(key, waiting, anna, browser_of):
    address = reverse("answer", args=[waiting.pk])
    answer = browser_of(anna).post(address, {"text": "Keep me", "press_key": key})
    assert answer.status_code == 422
    assert "out of date" in answer.content.decode()
    assert ">Keep me</textarea>" in answer.content.decode()
    assert written() == []


def test_the_loser_of_a_pick_up_is_told_who_has_it_and_keeps_the_text(waiting, anna, ben, browser_of):
    pickup.pick_up(Person.at(anna), waiting.pk)
    for headers in ({}, PARTS):
        answer = send(browser_of(ben), waiting, "My long answer", headers=headers)
        assert answer.status_code == 404
        assert "1001 Anna has this session now." in answer.content.decode()
        assert ">My long answer</textarea>" in answer.content.decode()
        assert "Where is my order?" not in answer.content.decode()
    assert written() == []


def test_a_session_that_was_closed_meanwhile_keeps_the_text_and_offers_to_start(waiting, anna, browser_of):
    pickup.pick_up(Person.at(anna), waiting.pk)
    closing.close(Person.at(anna), waiting.pk)
    answer = send(browser_of(anna), waiting, "Too late")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert ">Too late</textarea>" in page
    assert f"{reverse('start-session')}?rule=" in page


def test_a_refusal_to_an_open_page_is_the_sentence_alone(waiting, anna, browser_of):
    answer = send(browser_of(anna), waiting, "", headers=PARTS)
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#refusal")
    assert "Where is my order?" not in answer.content.decode()


def test_the_first_answer_picks_up_in_auto_mode_and_the_list_follows(waiting, queue, anna, browser_of):
    MessageQueue.objects.filter(pk=queue.pk).update(mode=MessageQueue.Mode.AUTO)
    answer = send(browser_of(anna), waiting, "Mine now", headers=PARTS)
    assert answer.status_code == 200
    assert 'data-tab="mine"' in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.holder == anna


def test_what_a_customer_writes_is_shown_as_text(receive, anna, browser_of):
    session = receive("<script>alert(1)</script>")
    page = browser_of(anna).get(reverse("conversation", args=[session.pk])).content.decode()
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_an_unregistered_number_warns_before_writing_to_the_united_states(waiting, rule, anna, browser_of):
    address = reverse("conversation", args=[waiting.pk])
    assert "not registered for 10DLC" not in browser_of(anna).get(address).content.decode()
    rule.registration = rule.Registration.NOT_REGISTERED
    rule.save()
    assert "not registered for 10DLC" in browser_of(anna).get(address).content.decode()


@pytest.mark.parametrize("sender", ["Google", "12345"])
def test_a_sender_that_is_no_phone_number_shows_a_sentence_in_place_of_the_box(
    sender, receive, anna, browser_of
):
    session = receive("Your code is 1", sender=sender)
    page = browser_of(anna).get(reverse("conversation", args=[session.pk])).content.decode()
    assert "is not a phone number and can&#x27;t be answered." in page
    assert 'name="text"' not in page


def test_a_message_says_what_became_of_it_and_what_that_means(waiting, anna, browser_of):
    send(browser_of(anna), waiting, "Hello")
    for status, code, words in [
        (
            "queued",
            "connection",
            "Queued: the ITSP can&#x27;t be reached. It will be tried again automatically.",
        ),
        ("failed", "refused", "Failed: the ITSP refused it: “Opted out”. It did not reach the customer."),
        (
            "unconfirmed",
            "no_answer",
            "It may have reached the customer, so it is not sent again automatically.",
        ),
        ("failed", "never_heard_of", "Failed: never heard of"),
    ]:
        Message.objects.filter(direction="outbound").update(
            status=status,
            failure_code=code,
            failure_detail="Opted out" if code == "refused" else "",
            concluded_at=None if status == "queued" else waiting.opened_at,
        )
        page = browser_of(anna).get(reverse("conversation", args=[waiting.pk])).content.decode()
        assert words in " ".join(page.split())


def test_a_message_with_files_and_a_possible_repeat_are_marked(receive, anna, browser_of):
    receive("Ok")
    receive("Ok")
    session = receive("", files=True)
    page = browser_of(anna).get(reverse("conversation", args=[session.pk])).content.decode()
    assert page.count("possible repeat") == 1
    assert "Its files are being read" in page
