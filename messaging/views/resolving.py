"""What people do with one outbound message: each view calls one story."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from messaging.models.person import Person
from messaging.outbound import resolving
from messaging.views.actions import changed
from messaging.views.entry import for_person


@require_POST
@for_person
def cancel(request: HttpRequest, person: Person, session_id: int, message_id: int) -> HttpResponse:
    resolving.cancel(person, session_id, message_id)
    return changed(request, person, session_id)


@require_POST
@for_person
def send_again(request: HttpRequest, person: Person, session_id: int, message_id: int) -> HttpResponse:
    resolving.send_again(person, session_id, message_id)
    return changed(request, person, session_id)


@require_POST
@for_person
def it_was_sent(request: HttpRequest, person: Person, session_id: int, message_id: int) -> HttpResponse:
    resolving.it_was_sent(person, session_id, message_id)
    return changed(request, person, session_id)
