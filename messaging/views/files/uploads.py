"""Files on their way into the composer: one request each, and one to take it away again."""

from __future__ import annotations

from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from messaging.files import spool, uploads
from messaging.inbox.conversation import visible_session
from messaging.inbox.conversation_lines import file_line
from messaging.models.person import Person
from messaging.refusal import RefusedError, TakenError
from messaging.thread_limits import Places
from messaging.views.entry import for_person
from messaging.views.files.content_length import content_length

_places = Places()
LONGEST_NAME = 4096  # characters, percent-encoded


@require_POST
@for_person
def upload(request: HttpRequest, person: Person, session_id: int) -> HttpResponse:
    """Stores the body as a file: 201 with its line for the composer, else a sentence.

    The body is the file alone (`application/octet-stream`), so that it is read as it comes and nothing else keeps it;
    `X-File-Name` is its name, percent-encoded.
    """
    length = content_length(request)
    if length is None:
        return _sentence(411, _("The browser did not say how large the file is."))
    if request.content_type != "application/octet-stream":
        return _sentence(415, _("This page is out of date. Reload it; your text stays."))
    if not _places.take(person.user.pk, timeout=2):
        response = _sentence(429, _("Too many files are being uploaded right now. Try again in a minute."))
        response["Retry-After"] = "5"
        return response
    try:
        name = unquote(request.headers.get("X-File-Name", "")[-LONGEST_NAME:], errors="replace")
        stored = uploads.upload(person, session_id, request.META["wsgi.input"], length, name)
    except TakenError as taken:
        return _sentence(404, str(taken))
    except RefusedError as refusal:
        return _sentence(422, str(refusal))
    except uploads.TooSlowError:
        return _sentence(408, _("The upload was too slow."))
    except spool.BodyCutShortError:
        return _sentence(400, _("The upload was interrupted."))
    except OSError:
        return _sentence(503, _("The file could not be stored right now. Try again in a moment."))
    finally:
        _places.give_back(person.user.pk)
    context = {"draft": file_line(stored), "session_id": session_id}
    return render(request, "inbox/composer/_draft.html", context, status=201)


@require_POST
@for_person
def remove(request: HttpRequest, person: Person, session_id: int, file_id: int) -> HttpResponse:
    """Takes a file out of the composer; 204, also when it is gone already."""
    if not uploads.remove(person.extension, session_id, file_id):
        visible_session(person, session_id)
    return HttpResponse(status=204)


def _sentence(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
