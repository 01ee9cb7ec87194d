"""What is said below the customer's number while one types it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from messaging.inbox import start_check
from messaging.models.person import Person
from messaging.refusal import NotFoundError
from messaging.views import request_values
from messaging.views.entry import for_person


@require_safe
@for_person
def check(request: HttpRequest, person: Person) -> HttpResponse:
    """Contacts for a name, and for a number what starting a session with it would do."""
    if person.extension is None:
        raise NotFoundError
    typed = request_values.value(request, "customer").strip()
    contacts = start_check.contacts_like(person.extension, typed)
    foresight = None
    if typed and not contacts:
        foresight = start_check.foresee(person.extension, request_values.number(request, "rule") or 0, typed)
    return render(request, "inbox/dialogs/_foresight.html", {"contacts": contacts, "foresight": foresight})
