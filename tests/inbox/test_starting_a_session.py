"""Start and transfer, by their pages."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from messaging.models import Message, Session
from messaging.models.person import Person
from messaging.sessions import closing, pickup, transfer
from tests.conftest import CUSTOMER
from tests.inbox.conftest import PARTS


def start(client, rule, customer=CUSTOMER, text="Hello", key=None, **options):
    data = {"rule": rule.pk, "customer": customer, "text": text, "press_key": str(key or uuid.uuid4())}
    return client.post(reverse("start-session"), data, **options)


def test_starting_opens_a_session_and_shows_it(rule, anna, browser_of):
    answer = start(browser_of(anna), rule, customer="+1 (305) 767-3260")
    session = Session.objects.get()
    assert (session.customer_number, session.holder) == (CUSTOMER, anna)
    assert answer["Location"] == reverse("conversation", args=[session.pk])


def test_an_open_page_is_told_where_to_go(rule, anna, browser_of):
    answer = start(browser_of(anna), rule, headers=PARTS)
    assert answer["HX-Redirect"] == reverse("conversation", args=[Session.objects.get().pk])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"customer": "12"}, "is not a phone number in international format, for example"),
        ({"customer": ""}, "Enter the customer&#x27;s number"),
        ({"text": ""}, "Write a text first"),
        ({"text": "x" * 1601}, "a message takes at most 1,600"),
        ({"customer": "+14102161183"}, "This is our own number"),
        ({"key": "no key"}, "This page is out of date"),
    ],
)
def test_what_is_wrong_is_said_in_place_and_nothing_is_lost(wrong, sentence, rule, anna, browser_of):
    for headers in ({}, PARTS):
        answer = start(browser_of(anna), rule, **{"text": "My text", **wrong}, headers=headers)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert sentence in page
        assert "text" in wrong or "My text</textarea>" in page
    assert not Session.objects.exists()


def test_only_allowed_numbers_are_offered(rule, anna_rule, anna, ben, browser_of):
    page = browser_of(anna).get(reverse("start-session")).content.decode()
    assert "+1 410-216-1183" in page
    assert "+1 410-216-1184" not in page
    assert start(browser_of(anna), anna_rule).status_code == 422
    assert (
        "may not start sessions from any number"
        in browser_of(ben).get(reverse("start-session")).content.decode()
    )
    assert start(browser_of(ben), rule).status_code == 422
    assert not Message.objects.exists()


def test_a_customer_whom_a_colleague_serves_is_refused_by_name(waiting, rule, anna, ben, browser_of):
    pickup.pick_up(Person.at(ben), waiting.pk)
    answer = start(browser_of(anna), rule)
    assert answer.status_code == 422
    assert "open session with 1002 Ben." in answer.content.decode()


def test_a_closed_session_offers_to_start_with_everything_filled_in(waiting, rule, anna, browser_of):
    closing.close(Person.at(anna), waiting.pk)
    client = browser_of(anna)
    page = client.get(reverse("conversation", args=[waiting.pk])).content.decode()
    offer = f"{reverse('start-session')}?rule={rule.pk}&amp;customer=%2B13057673260"
    assert offer in page
    form = client.get(offer.replace("&amp;", "&")).content.decode()
    assert f'value="{CUSTOMER}"' in form
    assert f'<option value="{rule.pk}" selected>' in form


def test_a_closed_session_leads_to_the_open_one_of_a_customer_who_wrote_again(
    waiting, receive, anna, carla, browser_of
):
    pickup.pick_up(Person.at(anna), waiting.pk)
    closing.close(Person.at(anna), waiting.pk)
    again = receive("One more thing")
    address = reverse("conversation", args=[again.pk])
    page = browser_of(anna).get(reverse("conversation", args=[waiting.pk]))
    assert f'<a class="button primary"\n           href="{address}"' in page.content.decode()
    transfer.transfer(Person.at(anna), again.pk, carla)
    page = browser_of(anna).get(reverse("conversation", args=[waiting.pk]))
    assert f'href="{address}"' not in page.content.decode()


def test_a_transfer_leaves_the_list_and_says_where_it_went(waiting, anna, carla, browser_of):
    client = browser_of(anna)
    address = reverse("transfer", args=[waiting.pk])
    assert "1003 Carla" in client.get(address).content.decode()
    answer = client.post(address, {"target": f"extension:{carla.pk}"}, follow=True)
    assert answer.redirect_chain == [(reverse("inbox"), 302)]
    assert "The session was transferred to 1003 Carla." in answer.content.decode()
    assert browser_of(carla).get(reverse("conversation", args=[waiting.pk])).status_code == 200


@pytest.mark.parametrize("target", ["", "extension:0", "queue:999", "person:1"])
def test_a_transfer_to_nobody_is_refused_in_words(target, waiting, anna, browser_of):
    answer = browser_of(anna).post(reverse("transfer", args=[waiting.pk]), {"target": target})
    assert answer.status_code == 422
    assert "Choose an extension or a queue." in answer.content.decode()
