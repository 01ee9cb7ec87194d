"""Presence: a page says that it is open, and its person that they are away."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from messaging.models.person import Person
from messaging.sessions import presence
from messaging.views import request_values
from messaging.views.entry import for_person


@require_POST
@for_person
def present(request: HttpRequest, person: Person) -> HttpResponse:
    """The page is open: 204. It says so every minute."""
    if person.extension is not None:
        presence.see(person.extension)
    return HttpResponse(status=204)


@require_POST
@for_person
def away(request: HttpRequest, person: Person) -> HttpResponse:
    """Away, or available again (`away` is 1 or 0); back to the page that asked."""
    if person.extension is not None:
        presence.set_away(person.extension, away=request_values.value(request, "away") == "1")
    session_id = request_values.number(request, "session")
    return redirect("conversation", session_id) if session_id else redirect("inbox")
