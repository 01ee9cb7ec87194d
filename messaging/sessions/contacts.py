"""Contacts: what colleagues write down of a customer, by the number."""

from __future__ import annotations

from django.db import transaction

from messaging.broker import hints
from messaging.models import Contact
from messaging.models.person import Person
from messaging.sessions import locking


def write_down(person: Person, session_id: int, name: str, company: str, note: str) -> None:
    """Writes down what is known of the customer of a session that this person may see; nothing at all forgets it.

    Raises `RefusedError`, `NotFoundError`.
    """
    with transaction.atomic():
        session = locking.locked_session(session_id)
        locking.demand_visible(session, person)
        known = {"name": name, "company": company, "note": note}
        if any(known.values()):
            Contact.objects.update_or_create(customer_number=session.customer_number, defaults=known)
        else:
            Contact.objects.filter(customer_number=session.customer_number).delete()
        hints.tell(session)
