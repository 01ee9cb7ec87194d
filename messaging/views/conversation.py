"""A conversation: the page, what is new in it, and what stands above."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from messaging.inbox.conversation import read_conversation, read_earlier
from messaging.models.person import Person
from messaging.views import pages, request_values
from messaging.views.entry import for_person


@require_safe
@for_person
def conversation(request: HttpRequest, person: Person, session_id: int) -> HttpResponse:
    """The inbox with this session, or the conversation alone for a page that is open; with the message `at` in it."""
    shown = read_conversation(person, session_id, request_values.number(request, "at"))
    if request_values.is_part(request):
        context = {**pages.conversation_context(person, shown), "tab": request_values.tab(request)}
        return render(request, "inbox/conversation/_conversation.html", context)
    offers_undo = shown.head.archived and request_values.value(request, "archived") == "1"
    return pages.whole(request, person, shown, offers_undo=offers_undo)


@require_safe
@for_person
def news(request: HttpRequest, person: Person, session_id: int) -> HttpResponse:
    """The conversation for a page that has it open; 204 if it is still as the page has it (`seen`).

    `unsettled` are messages that the page shows, whose status may change where they stand above the newest ones.
    """
    unsettled = request_values.numbers_in_one(request, "unsettled")
    shown = read_conversation(person, session_id, also=unsettled)
    if request_values.value(request, "seen") == shown.version:
        return HttpResponse(status=204)
    context = {**pages.conversation_context(person, shown), "tab": request_values.tab(request)}
    return render(request, "inbox/conversation/_conversation.html", context)


@require_safe
@for_person
def earlier(request: HttpRequest, person: Person, session_id: int) -> HttpResponse:
    """The page of messages above the message `before`: earlier ones of this session and of those before it."""
    before = request_values.number(request, "before") or 0
    timeline = read_earlier(person, session_id, before)
    context = {"timeline": timeline, "session_id": session_id, "tab": request_values.tab(request)}
    if request_values.is_part(request):
        return render(request, "inbox/conversation/_earlier.html", context)
    return render(request, "inbox/conversation/earlier.html", context)
