"""Whoever sees a session writes down who its customer is."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from channels_app.models import User
from messaging.inbox.list_windows import Tab
from messaging.inbox.session_list import read_list
from messaging.models import Contact
from messaging.models.person import Person
from messaging.sessions import pickup
from tests.conftest import CUSTOMER
from tests.inbox.conftest import PARTS

KNOWN = {"name": "Mary Miller", "company": "Acme", "note": "Calls back\non Mondays"}


@pytest.fixture
def address(waiting):
    return reverse("contact", args=[waiting.pk])


def test_what_is_written_down_shows_in_the_list_and_in_the_window(waiting, anna, browser_of, address):
    browser = browser_of(anna)
    saved = browser.post(address, {**KNOWN, "tab": "queue"}, headers=PARTS)
    assert saved.headers["HX-Redirect"] == reverse("conversation", args=[waiting.pk]) + "?tab=queue"
    [row] = read_list(Person.at(anna), Tab.QUEUE).rows
    assert (row.customer, row.company) == ("Mary Miller", "Acme")
    window = browser.get(address, headers=PARTS).content.decode()
    assert all(text in window for text in ("Mary Miller", "Acme", "Calls back\non Mondays"))


def test_without_scripts_it_is_a_page_that_leads_back(waiting, anna, browser_of, address):
    browser = browser_of(anna)
    assert "<html" in browser.get(address).content.decode()
    assert browser.post(address, KNOWN).headers["Location"] == reverse("conversation", args=[waiting.pk])


def test_nothing_at_all_forgets_the_contact(anna, browser_of, address):
    browser_of(anna).post(address, KNOWN)
    browser_of(anna).post(address, {"name": " ", "company": "", "note": ""})
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    "bad", [{"name": "n" * 128}, {"company": "c" * 128}, {"note": "n" * 2001}, {"name": "a\x00b"}]
)
def test_what_is_too_long_or_no_text_is_said_at_its_field_and_kept_there(bad, anna, browser_of, address):
    answer = browser_of(anna).post(address, {**KNOWN, **bad}, headers=PARTS)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert "Acme" in answer.content.decode() or "company" in bad
    assert not Contact.objects.exists()


def test_a_session_that_one_may_not_see_is_404_and_keeps_its_contact(
    waiting, anna, ben, carla, browser_of, address
):
    pickup.pick_up(Person.at(anna), waiting.pk)
    for person in (ben, carla):
        assert browser_of(person).get(address).status_code == 404
        assert browser_of(person).post(address, KNOWN).status_code == 404
    assert not Contact.objects.exists()


def test_another_site_can_t_write_it_down(anna, browser_of, address):
    assert browser_of(anna, enforce_csrf_checks=True).post(address, KNOWN).status_code == 403


def test_supervisors_read_contacts_in_the_portal_and_change_none(supervisor: User, browser_of):
    contact = Contact.objects.create(customer_number=CUSTOMER, name="Mary")
    browser: Client = browser_of(supervisor)
    page = reverse("admin:messaging_contact_change", args=[contact.pk])
    assert "Mary" in browser.get(page).content.decode()
    assert browser.post(page, {"customer_number": CUSTOMER, "name": "Other"}).status_code == 403


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("+1 (305) 767-3260", CUSTOMER), ("0013057673260", CUSTOMER), ("72345", "72345"), ("Google", "Google")],
)
def test_administrators_add_a_contact_by_a_number_in_any_spelling(typed, stored, administrator, browser_of):
    form = {"customer_number": typed, "name": "Mary", "company": "", "note": ""}
    browser_of(administrator).post(reverse("admin:messaging_contact_add"), form)
    assert Contact.objects.get().customer_number == stored


@pytest.mark.parametrize("typed", ["3057673260", "+1", "", "x" * 33])
def test_a_number_that_no_message_comes_from_is_refused(typed, administrator, browser_of):
    form = {"customer_number": typed, "name": "Mary", "company": "", "note": ""}
    assert browser_of(administrator).post(reverse("admin:messaging_contact_add"), form).status_code == 200
    assert not Contact.objects.exists()
