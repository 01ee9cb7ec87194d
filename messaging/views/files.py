"""Files, for people who may see the session they are in."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from messaging import file_storage
from messaging.conversation import visible_file
from messaging.models.attachments import SHOWN_INLINE
from messaging.views.entry import for_person
from messaging.views.person import Person


@require_safe
@for_person
def file(request: HttpRequest, person: Person, session_id: int, file_id: int) -> HttpResponseBase:
    """The file itself: shown where a browser runs nothing of it, else for download. 410 once it has expired."""
    found = visible_file(person.user, person.seat, session_id, file_id)
    if not found.is_there:
        return _gone()
    inline = found.content_type in SHOWN_INLINE and "download" not in request.GET
    return _response(found.file, found.name, found.content_type, inline=inline)


@require_safe
@for_person
def preview(request: HttpRequest, person: Person, session_id: int, file_id: int) -> HttpResponseBase:
    """A picture's small version. 410 once it has expired, or where there is none."""
    found = visible_file(person.user, person.seat, session_id, file_id)
    if not found.is_there or not found.preview:
        return _gone()
    return _response(found.preview, found.name, "image/jpeg", inline=True)


def _response(stored: str, name: str, content_type: str, *, inline: bool) -> HttpResponseBase:
    try:
        opened = file_storage.storage().open(stored)
    except FileNotFoundError:  # purged at this instant
        return _gone()
    response = FileResponse(
        opened,
        filename=name,
        as_attachment=not inline,
        content_type=content_type or "application/octet-stream",
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _gone() -> HttpResponse:
    return HttpResponse(_("File expired") + "\n", status=410, content_type="text/plain; charset=utf-8")
