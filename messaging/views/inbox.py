"""The inbox page, and its list for the page that is open."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from messaging.models.person import Person
from messaging.views import pages, request_values
from messaging.views.entry import for_person


@require_safe
@for_person
def inbox(request: HttpRequest, person: Person) -> HttpResponse:
    """The list, with no session chosen."""
    return pages.whole(request, person)


@require_safe
@for_person
def session_list(request: HttpRequest, person: Person) -> HttpResponse:
    """The list alone, or the rows that follow `after`; 204 if it is still as the page has it (`seen`)."""
    shown = pages.list_beside(request, person, request_values.number(request, "current"))
    if request_values.value(request, "seen") == shown.version:
        return HttpResponse(status=204)
    if request_values.value(request, "after"):
        return render(request, "inbox/list/_rows.html", {"list": shown})
    response = render(request, "inbox/list/_list.html", {"list": shown})
    if "q" in request.GET and "seen" not in request.GET:
        response["HX-Replace-Url"] = pages.address(shown.current, shown.tab, shown.search)
    return response
