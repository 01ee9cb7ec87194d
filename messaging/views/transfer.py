"""Transfer: choose an extension or a queue, and hand the session over."""

from __future__ import annotations

import re

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from channels_app.models import Extension, MessageQueue
from messaging.inbox.conversation import visible_session
from messaging.models import Session
from messaging.models.person import Person
from messaging.models.session_rights import may_move
from messaging.refusal import NotFoundError, RefusedError
from messaging.sessions import transfer as story
from messaging.sessions.presence import with_presence
from messaging.views import pages, request_values
from messaging.views.entry import for_person

KINDS: dict[str, type[Extension] | type[MessageQueue]] = {"extension": Extension, "queue": MessageQueue}


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def transfer(request: HttpRequest, person: Person, session_id: int) -> HttpResponse:
    """The form, and what it does."""
    session = visible_session(person, session_id)
    if not may_move(session, person):
        raise RefusedError(_("You can't transfer this session."))
    refusal = ""
    if request.method == "POST":
        try:
            target = _target(request_values.value(request, "target"))
            story.transfer(person, session_id, target)
        except RefusedError as error:
            refusal = str(error)
        else:
            return _after(request, person, session_id, str(target))
    return _form(request, session, refusal)


def _target(chosen: str) -> Extension | MessageQueue:
    """`extension:5` or `queue:2`."""
    match = re.fullmatch(r"(extension|queue):([0-9]{1,18})", chosen)
    found = KINDS[match[1]].objects.filter(pk=int(match[2])).first() if match else None
    if found is None:
        raise RefusedError(_("Choose an extension or a queue."))
    return found


def _form(request: HttpRequest, session: Session, refusal: str) -> HttpResponse:
    context = {
        "session": session,
        "extensions": with_presence(Extension.objects.filter(user__is_active=True)).exclude(
            pk=session.holder_id or 0
        ),
        "queues": MessageQueue.objects.exclude(pk=0 if session.holder_id else session.queue_id or 0).annotate(
            has_agents=Exists(Extension.objects.filter(queues=OuterRef("pk")))
        ),
        "refusal": refusal,
        "chosen": request_values.value(request, "target"),
        "tab": request_values.tab(request),
    }
    status = 422 if refusal else 200
    if request_values.is_part(request):
        return pages.aimed(
            render(request, "inbox/dialogs/_transfer.html", context, status=status), "#dialog", "innerHTML"
        )
    return render(request, "inbox/dialogs/transfer.html", context, status=status)


def _after(request: HttpRequest, person: Person, session_id: int, target: str) -> HttpResponse:
    """Back to the session for those who still see it, else to the inbox."""
    try:
        visible_session(person, session_id)
        address = reverse("conversation", args=[session_id])
    except (NotFoundError, RefusedError):
        address = reverse("inbox")
    messages.success(request, _("The session was transferred to %(target)s.") % {"target": target})
    return HttpResponseClientRedirect(address) if request_values.is_part(request) else redirect(address)
