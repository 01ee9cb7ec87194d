"""The inbox as it is answered: whole, or the part of it that an open page asked for."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from messaging.files.uploads import MOST_FILES
from messaging.inbox.conversation import Conversation, read_conversation
from messaging.inbox.list_windows import Tab
from messaging.inbox.search import Search
from messaging.inbox.session_list import SessionList, read_list
from messaging.models.messages import MAX_TEXT
from messaging.models.person import Person
from messaging.outbound import starting
from messaging.refusal import NotFoundError, RefusedError
from messaging.sessions.presence import is_away_by_hand
from messaging.views import request_values
from messaging.views.events_address import events_address


def list_beside(
    request: HttpRequest, person: Person, current: int | None, tab: Tab | None = None
) -> SessionList:
    """The list as the request wants it, with the session `current` marked."""
    return read_list(person, tab or request_values.tab(request), request_values.of_list(request, current))


def address(session_id: int | None, tab: Tab | None, search: Search | None = None) -> str:
    """The address of the whole page with this session, under this tab or with what was searched for."""
    place = reverse("conversation", args=[session_id]) if session_id else reverse("inbox")
    query = {"tab": tab, "q": search and search.query}
    asked_for = urlencode({name: value for name, value in query.items() if value})
    return f"{place}?{asked_for}" if asked_for else place


def whole(
    request: HttpRequest,
    person: Person,
    conversation: Conversation | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The inbox page, with a conversation or without."""
    current = conversation.session_id if conversation else None
    context = {
        **conversation_context(person, conversation),
        "list": list_beside(request, person, current),
        "extension": person.extension,
        "is_away": is_away_by_hand(person.extension),
        "events_address": events_address(request),
        **more,
    }
    return render(request, "inbox/page.html", context, status=status)


def conversation_context(person: Person, conversation: Conversation | None) -> dict[str, Any]:
    """What the templates of a conversation need; a new key for the next press of *Send* among it."""
    if conversation is None:
        return {"conversation": None}
    return {
        "conversation": conversation,
        "press_key": uuid.uuid4(),
        "max_text": MAX_TEXT,
        "max_files": MOST_FILES,
        "max_files_bytes": settings.MAX_FILES_BYTES,
        "start_rule": _start_rule(person, conversation),
    }


def refused(request: HttpRequest, person: Person, session_id: int, sentence: str) -> HttpResponse:
    """A refusal beside the box, in which the text stays. 404 if the session is out of this person's sight."""
    try:
        conversation = read_conversation(person, session_id)
    except RefusedError as hidden:
        return gone(request, person, str(hidden))
    except NotFoundError:
        return gone(request, person)
    if request_values.is_part(request):
        response = render(request, "inbox/composer/_refusal.html", {"refusal": sentence}, status=422)
        return aimed(response, "#refusal", "innerHTML")
    return whole(
        request, person, conversation, status=422, refusal=sentence, text=request.POST.get("text", "")
    )


def gone(request: HttpRequest, person: Person, sentence: str = "") -> HttpResponse:
    """404, in the place of the conversation; what was typed stays there to be copied."""
    context: dict[str, Any] = {
        "gone": sentence or _("This session does not exist, or you may not see it."),
        "text": request.POST.get("text", ""),
    }
    if request_values.is_part(request):
        response = render(request, "inbox/conversation/_gone.html", context, status=404)
        return aimed(response, "#conversation", "outerHTML")
    return whole(request, person, status=404, **context)


def aimed(response: HttpResponse, target: str, swap: str) -> HttpResponse:
    """Tells an open page where a part belongs that it did not ask for there."""
    response["HX-Retarget"], response["HX-Reswap"] = target, swap
    return response


def _start_rule(person: Person, conversation: Conversation) -> int | None:
    """The rule by which this person may write to the customer of a closed session."""
    if conversation.head.is_open:
        return None
    ours = conversation.composer.our_number
    return next((rule.pk for rule in starting.rules_open_to(person.extension) if rule.number == ours), None)
