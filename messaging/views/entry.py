"""The way into every view of the inbox: who asks is found out, and what stories refuse becomes an answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache

from channels_app.models import User
from messaging.models.person import Person
from messaging.refusal import NotFoundError, RefusedError
from messaging.views import pages, request_values


def for_person(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Calls `view(request, person, …)` for a person who is signed in.

    Others are sent to the sign-in page, or get 401 where a page that is open asks for a part of itself. A
    `NotFoundError` becomes 404, a `RefusedError` about a session the sentence beside its box.
    """

    @wraps(view)
    def inner(request: HttpRequest, **address: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return _sign_in_first(request)
        person = Person.of(request.user)
        try:
            return view(request, person, **address)
        except NotFoundError:
            return pages.gone(request, person)
        except RefusedError as refusal:
            return pages.refused(request, person, address["session_id"], str(refusal))

    return never_cache(inner)


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    if request_values.is_part(request):
        return HttpResponse(status=401)
    return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("inbox"))
