"""What people do with a session besides answering: each view calls one story."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from messaging.inbox.conversation import read_conversation
from messaging.inbox.list_windows import Tab
from messaging.models.person import Person
from messaging.sessions import archiving, closing, pickup, read_marks
from messaging.views import pages, request_values
from messaging.views.entry import for_person


@require_POST
@for_person
def pick_up(request: HttpRequest, person: Person, session_id: int) -> HttpResponse:
    pickup.pick_up(person, session_id)
    return changed(request, person, session_id)


@require_POST
@for_person
def take_over(request: HttpRequest, person: Person, session_id: int) -> HttpResponse:
    pickup.take_over(person, session_id)
    return changed(request, person, session_id)


@require_POST
@for_person
def close(request: HttpRequest, person: Person, session_id: int) -> HttpResponse:
    closing.close(person, session_id)
    return changed(request, person, session_id)


@require_POST
@for_person
def archive(request: HttpRequest, person: Person, session_id: int) -> HttpResponse:
    archiving.archive(person, session_id, request_values.number(request, "up_to") or 0)
    return changed(request, person, session_id, offers_undo=True)


@require_POST
@for_person
def unarchive(request: HttpRequest, person: Person, session_id: int) -> HttpResponse:
    archiving.unarchive(person, session_id)
    return changed(request, person, session_id)


@require_POST
@for_person
def read(request: HttpRequest, person: Person, session_id: int) -> HttpResponse:
    """Advances the read mark to the message `up_to`."""
    read_marks.mark_read(person, session_id, request_values.number(request, "up_to") or 0)
    return HttpResponse(status=204)


def changed(
    request: HttpRequest, person: Person, session_id: int, *, offers_undo: bool = False
) -> HttpResponse:
    """The session after something was done with it: the way back to its page, or its parts for an open one."""
    tab = request_values.tab(request)
    if not request_values.is_part(request):
        address = pages.address(session_id, tab)
        if offers_undo:
            address += ("&" if "?" in address else "?") + "archived=1"
        return redirect(address)
    conversation = read_conversation(person, session_id)
    open_beside = (
        request_values.number(request, "current") or session_id
    )  # an undo may come later, from elsewhere
    moved = tab == Tab.QUEUE and conversation.head.is_mine and open_beside == session_id
    tab = Tab.MINE if moved else tab
    context = {
        **pages.conversation_context(person, conversation),
        "tab": tab,
        "offers_undo": offers_undo,
        "list": pages.list_beside(request, person, open_beside, tab),
    }
    response = render(request, "inbox/conversation/_changed.html", context)
    if moved:
        response["HX-Replace-Url"] = pages.address(session_id, tab)
    return response
