"""The pages around everything: the way home, health, and what a person sees when something is refused."""

from __future__ import annotations

import math
import sys
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views import defaults

from channels_app.models import User


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Administrators and supervisors land in the portal, agents in the inbox."""
    user = cast(User, request.user)
    return redirect("admin:index" if user.oversees else "inbox")


def health(request: HttpRequest) -> JsonResponse:
    """200 when this process can reach its database, else 503; for process managers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"ok": False}, status=503)
    return JsonResponse({"ok": True})


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """The page after too many wrong passwords, with how long to wait."""
    from axes.helpers import get_cool_off

    cool_off = get_cool_off(request)
    minutes = math.ceil(cool_off.total_seconds() / 60) if cool_off else 15
    return render(request, "locked_out.html", {"minutes": minutes}, status=429)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For a form from an outdated page: says what to do, not what failed inside."""
    return render(request, "csrf_failure.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """After an unforeseen error: 503 if the database did not answer, else 500.

    Shows nothing of the request: what it needs, such as the session, may be what failed.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "20"})
    return defaults.server_error(request)
