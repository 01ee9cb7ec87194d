"""A contact's name stands where the number would, in the list and above the conversation."""

from __future__ import annotations

from django.urls import reverse

from messaging.inbox.conversation import read_conversation
from messaging.inbox.list_windows import Tab
from messaging.inbox.session_list import read_list
from messaging.models import Contact
from messaging.models.person import Person
from tests.conftest import CUSTOMER


def test_the_row_shows_the_name_with_the_number_and_the_company(waiting, anna):
    [row] = read_list(Person.at(anna), Tab.QUEUE).rows
    assert (row.customer, row.company) == (row.number, "")
    Contact.objects.create(customer_number=CUSTOMER, name="Mary Miller", company="Acme")
    [row] = read_list(Person.at(anna), Tab.QUEUE).rows
    assert (row.customer, row.number, row.company) == ("Mary Miller", "+1 305-767-3260", "Acme")


def test_a_contact_with_a_company_only_is_shown_by_its_number(waiting, anna):
    Contact.objects.create(customer_number=CUSTOMER, company="Acme")
    [row] = read_list(Person.at(anna), Tab.QUEUE).rows
    assert (row.customer, row.company) == (row.number, "Acme")


def test_the_conversation_and_its_title_name_the_contact(waiting, anna, browser_of):
    Contact.objects.create(customer_number=CUSTOMER, name="Mary <Miller>")
    assert read_conversation(Person.at(anna), waiting.pk).head.customer == "Mary <Miller>"
    page = browser_of(anna).get(reverse("conversation", args=[waiting.pk])).content.decode()
    assert "Mary &lt;Miller&gt; – Trunkline" in page
    assert "Mary <Miller>" not in page
