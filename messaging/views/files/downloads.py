"""Files, for people who may see the session they are in."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from messaging.inbox.conversation import visible_file
from messaging.models.person import Person
from messaging.views.entry import for_person
from messaging.views.files.responses import FOR_PEOPLE, file_response, gone, preview_response


@require_safe
@for_person
def file(request: HttpRequest, person: Person, session_id: int, file_id: int) -> HttpResponseBase:
    """The file itself: shown where a browser runs nothing of it, else for download. 410 once it has expired."""
    found = visible_file(person, session_id, file_id)
    if not found.is_there:
        return gone()
    download = "download" in request.GET
    return file_response(request, found, FOR_PEOPLE, person.user.pk, download=download, in_parts=True)


@require_safe
@for_person
def preview(request: HttpRequest, person: Person, session_id: int, file_id: int) -> HttpResponseBase:
    """A picture's small version. 410 once it has expired, or where there is none."""
    found = visible_file(person, session_id, file_id)
    if not found.is_there or not found.preview:
        return gone()
    return preview_response(found)
