"""The composer's *Send*."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from messaging.models.person import Person
from messaging.outbound import answering
from messaging.refusal import RefusedError
from messaging.views import request_values
from messaging.views.actions import changed
from messaging.views.entry import for_person


@require_POST
@for_person
def answer(request: HttpRequest, person: Person, session_id: int) -> HttpResponse:
    """Writes the text into the session, once for each `press_key`."""
    typed = request.POST.get("text", "")
    key = press_key(request_values.value(request, "press_key"))
    answering.answer(person, session_id, typed, key, request_values.numbers(request, "files"))
    return changed(request, person, session_id)


def press_key(typed: str) -> uuid.UUID:
    """The key of a press. Raises `RefusedError` for what is none."""
    try:
        return uuid.UUID(typed)
    except ValueError:
        raise RefusedError(_("This page is out of date. Reload it and send your text again.")) from None
