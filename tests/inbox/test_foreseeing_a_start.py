"""What is said of a number while one types it, before anything is sent."""

from __future__ import annotations

import pytest
from django.urls import reverse

from messaging.models import Contact, Session
from messaging.models.person import Person
from messaging.sessions import pickup
from tests.conftest import CUSTOMER
from tests.inbox.conftest import PARTS


def said(client, rule, customer=CUSTOMER) -> str:
    query = {"rule": rule.pk, "customer": customer}
    answer = client.get(reverse("start-check"), query, headers=PARTS)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("12", "is not a phone number in international format, for example"),
        ("+14102161183", "This is our own number"),
        ("+1 (305) 767-3260", "+1 305-767-3260</strong>"),
        ("", 'id="contacts"'),
    ],
)
def test_a_number_is_judged_while_it_is_typed(typed, sentence, rule, anna, browser_of):
    assert sentence in said(browser_of(anna), rule, typed)
    assert not Session.objects.exists()


def test_an_open_session_is_foreseen_as_starting_would_treat_it(waiting, rule, anna, ben, browser_of):
    client = browser_of(anna)
    assert "is waiting in your queue “Support”" in said(client, rule)
    pickup.pick_up(Person.at(ben), waiting.pk)
    assert "open session with 1002 Ben." in said(client, rule)
    rule.channel.allow_takeover = True
    rule.channel.save()
    assert "take over this customer from 1002 Ben" in said(client, rule)
    waiting.refresh_from_db()
    assert waiting.holder == ben
    alone = Session.objects.filter(pk=waiting.pk)
    alone.update(queue=None, queue_name="", holder=None)  # it came to Ben, whose extension was deleted
    assert "take over this customer from 1002 Ben." in said(client, rule)
    waiting.holder = anna
    waiting.save()
    assert "the message goes there" in said(client, rule)


def test_an_unregistered_number_warns_for_the_pair(rule, anna, browser_of):
    rule.registration = "not_registered"
    rule.save()
    assert "not registered for 10DLC" in said(browser_of(anna), rule)
    assert "not registered" not in said(browser_of(anna), rule, "+442079460958")


def test_nothing_is_said_of_a_number_that_one_may_not_use(waiting, rule, anna, ben, browser_of):
    pickup.pick_up(Person.at(anna), waiting.pk)
    page = said(browser_of(ben), rule)
    assert "start sessions from this number" in page
    assert "Anna" not in page


def test_contacts_are_found_by_words_of_their_names(rule, anna, browser_of):
    Contact.objects.create(customer_number=CUSTOMER, name="Maria Santos", company="Santos & Sons")
    page = said(browser_of(anna), rule, "sons mar")
    assert f'<option value="{CUSTOMER}">Maria Santos · Santos &amp; Sons</option>' in page
    assert "is not a phone number" in said(browser_of(anna), rule, "nobody")


def test_contacts_are_offered_only_to_who_may_start_a_session(rule, anna, browser_of):
    Contact.objects.create(customer_number=CUSTOMER, name="Mary Miller", company="Acme")
    assert "Mary Miller" in said(browser_of(anna), rule, "mary acme")
    rule.allowed_extensions.clear()
    page = said(browser_of(anna), rule, "mary")
    assert "Mary" not in page
    assert CUSTOMER not in page


@pytest.mark.parametrize("typed", ["a " * 1500, "a\x00b", "\x00"])
def test_garbage_in_place_of_a_name_is_answered_like_anything_else(typed, rule, anna, browser_of):
    said(browser_of(anna), rule, typed)
