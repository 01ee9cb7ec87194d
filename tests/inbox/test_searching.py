"""The search finds sessions by number, name and words, and never one that its person may not see."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.urls import reverse

from messaging.inbox import search
from messaging.inbox.highlighting import excerpt
from messaging.inbox.search import Search
from messaging.inbox.session_list import Asked, read_list
from messaging.models import Contact
from messaging.models.person import Person
from messaging.outbound import answering
from messaging.sessions import pickup
from tests.conftest import CUSTOMER
from tests.inbox.conftest import PARTS

OTHER_CUSTOMER = "+442079460018"


def found(seat, typed: str) -> list[int]:
    return [row.session_id for row in read_list(Person.at(seat), None, Asked(search=Search.of(typed))).rows]


@pytest.mark.parametrize(
    "typed", ["+13057673260", "305-76", "(305) 767 3260", "3260", "1 305 767", "where", "ORDER where", "order?", "ord"]
)  # fmt: skip
def test_a_session_is_found_by_its_number_and_its_words(typed, receive, waiting, anna):
    receive("Something else", sender=OTHER_CUSTOMER)
    assert found(anna, typed) == [waiting.pk]


@pytest.mark.parametrize("typed", ["020 7946 0018", "+44 20", "7946"])
def test_a_number_is_found_as_people_of_its_country_write_it(typed, receive, anna):
    session = receive("Hello", sender=OTHER_CUSTOMER)
    assert found(anna, typed) == [session.pk]


@pytest.mark.parametrize("typed", ["mary", "Miller", "acme", "mary mill"])
def test_a_session_is_found_by_its_contact(typed, receive, waiting, anna):
    receive("Something else", sender=OTHER_CUSTOMER)
    Contact.objects.create(customer_number=CUSTOMER, name="Mary Miller", company="Acme")
    assert found(anna, typed) == [waiting.pk]


@pytest.mark.parametrize("typed", ["Özil", "özil", "ÖZIL"])
def test_a_contact_is_found_whatever_letters_its_name_begins_with(typed, waiting, anna):
    Contact.objects.create(customer_number=CUSTOMER, name="Mesut Özil")
    assert found(anna, typed) == [waiting.pk]


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("See https://example.com/orders/17.", "orders"),
        ("See https://example.com/orders/17.", "example.com"),
        ("Mail to mary@example.org", "example"),
        ("It costs 12.50", "12.50"),
        ("Grüße aus Köln", "köln"),
        ("Привет, где заказ", "заказ"),
        ("Привет, где заказ", "Привет"),
        ("Привет, где заказ", "привет"),
        ("ÄPFEL", "Äpfel"),
        ("Hauptstraße 5", "hauptstraße"),
        ("注文はどこですか", "注文"),
        ("नमस्ते दुनिया", "दुनिया"),
        ("It's Mary's", "mary's"),
        ("100% sure", "100%"),
        ("well-known", "well-known"),
    ],
)
def test_words_of_every_kind_are_found(text, typed, receive, anna):
    session = receive(text)
    assert found(anna, typed) == [session.pk]


@pytest.mark.parametrize(
    "typed", ["nowhere", "order nowhere", "999999", "%%", "'; DROP", "\\", "&", "!!", "🎉"]
)
def test_what_is_nowhere_finds_nothing(typed, waiting, anna):
    assert found(anna, typed) == []


@pytest.mark.parametrize("typed", ["o", "3", "+1"])
def test_what_is_too_short_is_said_so(typed, waiting, anna, browser_of):
    page = browser_of(anna).get(reverse("session-list"), {"q": typed}, headers=PARTS).content.decode()
    assert "at least two letters" in page
    assert 'id="row-' not in page


def test_the_words_of_our_answers_and_of_older_messages_are_found_too(receive, waiting, anna):
    answering.answer(Person.at(anna), waiting.pk, "It left yesterday", uuid.uuid4())
    receive("Thank you")
    assert found(anna, "yesterday") == found(anna, "order") == [waiting.pk]


def test_nobody_finds_what_they_may_not_see(waiting, anna, ben, carla, supervisor, browser_of):
    Contact.objects.create(customer_number=CUSTOMER, name="Mary Miller")
    pickup.pick_up(Person.at(anna), waiting.pk)
    for typed in ("order", "3260", "mary"):
        assert found(anna, typed) == [waiting.pk]
        assert found(ben, typed) == found(carla, typed) == []
        page = browser_of(supervisor).get(reverse("inbox"), {"q": typed}).content.decode()
        assert f'id="row-{waiting.pk}"' in page
        assert (
            f'id="row-{waiting.pk}"'
            not in browser_of(ben).get(reverse("inbox"), {"q": typed}).content.decode()
        )


def test_the_row_shows_the_message_that_was_found_with_its_words_marked(receive, waiting, anna, browser_of):
    receive("Thank <you>")
    page = browser_of(anna).get(reverse("session-list"), {"q": "order"}, headers=PARTS).content.decode()
    assert "Where is my <mark>order</mark>?" in page
    first = waiting.messages.order_by("pk")[0]
    assert f"at={first.pk}" in page
    page = browser_of(anna).get(reverse("session-list"), {"q": "you"}, headers=PARTS).content.decode()
    assert "Thank &lt;<mark>you</mark>&gt;" in page


def test_the_search_goes_on_window_by_window(receive, anna, browser_of):
    sessions = [receive("Order late", sender=f"+1305555{number:04}").pk for number in range(55)]
    first = read_list(Person.at(anna), None, Asked(search=Search.of("order")))
    second = read_list(Person.at(anna), None, Asked(search=Search.of("order"), after=first.after))
    assert [row.session_id for row in (*first.rows, *second.rows)] == sessions[::-1]
    assert (len(first.rows), second.after) == (50, "")


def test_on_sqlite_the_newest_messages_are_searched_and_the_page_says_so(
    receive, waiting, anna, browser_of, monkeypatch
):
    receive("Thank you")
    monkeypatch.setattr(search, "NEWEST", 1)
    page = browser_of(anna).get(reverse("session-list"), {"q": "order"}, headers=PARTS).content.decode()
    everything = connection.vendor == "postgresql"
    assert (f'id="row-{waiting.pk}"' in page) == everything
    assert ("Only the newest" in page) == (not everything)


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="the index is PostgreSQL's")
def test_the_words_are_looked_up_in_the_index(waiting):
    found_by = Search.of("order")._matching()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "message_words" in found_by.order_by().explain()


def test_the_page_keeps_what_was_searched_for(waiting, anna, browser_of):
    answer = browser_of(anna).get(reverse("session-list"), {"q": " order  ", "tab": "queue"}, headers=PARTS)
    assert answer["HX-Replace-Url"] == reverse("inbox") + "?tab=queue&q=order"
    page = browser_of(anna).get(answer["HX-Replace-Url"]).content.decode()
    assert 'value="order"' in page


@pytest.mark.parametrize(
    "typed", ["\x00", "a\x00b", "x" * 5000, "w " * 500, "' OR 1=1 --", "<script>", "(((", "\ud83d"]
)
def test_garbage_is_searched_for_like_anything_else(typed, waiting, anna, browser_of):
    client = browser_of(anna)
    query = typed.encode("utf-8", "surrogatepass")
    for address in (reverse("inbox"), reverse("session-list")):
        page = client.get(address, {"q": query})
        assert page.status_code == 200
        assert "<script>" not in page.content.decode().replace("<script src", "")


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("Where is my order?", ("order",), "Where is my [order]?"),
        ("Order order", ("order",), "[Order] [order]"),
        ("ordering an order", ("order", "ordering"), "[ordering] an [order]"),
        ("nothing of it", ("else",), "nothing of it"),
        ("a" + " b" * 200 + " order", ("order",), "…" + "b " * 8 + "[order]"),
    ],
)
def test_an_excerpt_shows_the_text_around_the_first_word(text, words, shown):
    assert "".join(f"[{part.text}]" if part.is_found else part.text for part in excerpt(text, words)) == shown
