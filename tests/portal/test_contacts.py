"""A customer's name, in the portal."""

from __future__ import annotations

import pytest
from django.test import Client

from messaging.models import Contact
from tests.portal.conftest import errors_of

ADD = "/portal/messaging/contact/add/"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" +1 (410) 216-1183 ", "+14102161183"),
        ("40404", "40404"),
        ("Google", "Google"),
    ],
)
def test_a_number_is_kept_as_its_messages_come(administrator_client: Client, typed: str, kept: str) -> None:
    answer = administrator_client.post(ADD, {"customer_number": typed, "name": "Mary"})
    assert answer.status_code == 302
    assert Contact.objects.get().customer_number == kept


@pytest.mark.parametrize("typed", ["", "+", "+1", "12", "+1 410 216 11831183118311831183", "\x00", "🙂"])
def test_what_is_no_number_is_refused(administrator_client: Client, typed: str) -> None:
    answer = administrator_client.post(ADD, {"customer_number": typed, "name": "Mary"})
    assert set(errors_of(answer)) == {"customer_number"}
    assert not Contact.objects.exists()


def test_one_number_has_one_contact(administrator_client: Client) -> None:
    Contact.objects.create(customer_number="+14102161183", name="Mary")
    answer = administrator_client.post(ADD, {"customer_number": "+1 410 216 1183", "name": "Anna"})
    assert errors_of(answer) == {"customer_number": ["There is already a contact with this number."]}
    assert Contact.objects.get().name == "Mary"


@pytest.mark.parametrize("field", ["name", "company"])
def test_a_name_that_is_too_long_is_refused(administrator_client: Client, field: str) -> None:
    length = Contact._meta.get_field(field).max_length
    assert length is not None
    values = {"customer_number": "+14102161183", "name": "Mary", field: "x" * (length + 1)}
    assert set(errors_of(administrator_client.post(ADD, values))) == {field}
