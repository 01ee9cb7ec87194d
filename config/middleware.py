"""What every request meets first: is this host ours, is the body too large, and what the page may load."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from channels_app.hosts import is_ours
from messaging.thread_limits import TOGETHER, Places
from messaging.views.events_address import events_address

GetResponse = Callable[[HttpRequest], HttpResponse]


class ClientAddressMiddleware:
    """Behind `TRUSTED_PROXIES` proxies, the client's address is the one that the outermost of them saw.

    What stands to its left in the header was written by the client itself and is not believed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        proxies = settings.TRUSTED_PROXIES
        seen = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if 0 < proxies <= len(seen):
            with suppress(ValueError):  # anything that is not an address is not believed either
                request.META["REMOTE_ADDR"] = str(ipaddress.ip_address(seen[-proxies].strip()))
        return self.get_response(request)


ITSP_ADDRESSES = ("/webhooks/", "/files/")


class ItspMiddleware:
    """ITSPs' requests go straight to their view, on any host: their secret is the token in the address.

    They have no session, no language and no page, and the views have limits of their own. That saves an eighth of
    a webhook's time. Plain http is accepted too: an ITSP that is redirected may drop the message, or the file.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(ITSP_ADDRESSES):
            return self.get_response(request)
        try:
            found = resolve(request.path_info.rstrip("/") + "/")  # easily lost when an address is copied
        except Resolver404:
            return HttpResponse(status=404)
        response: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
        if isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response


class PortalHostMiddleware:
    """The portal answers on `PORTAL_HOSTS` and on the domains of the portal's list, without a restart."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A container's health check asks under any name.
        if request.path_info == "/health/" or is_ours(request):
            return self.get_response(request)
        return HttpResponse(
            _(
                "This portal does not answer on this host name. Add it to the list of domains or to "
                "PORTAL_HOSTS."
            )
            + "\n",
            status=400,
            content_type="text/plain; charset=utf-8",
        )


_UPLOAD = re.compile(r"/inbox/[0-9]+/files/")


class BodyLimitMiddleware:
    """Refuses a body that is announced as too large before a byte of it is read.

    Files of signed-in people may be large: their view reads them piece by piece and has a limit of its own.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > settings.MAX_FORM_BYTES and not _is_upload(request):
            return HttpResponse(_("This is too large.") + "\n", status=413, content_type="text/plain")
        return self.get_response(request)


def _is_upload(request: HttpRequest) -> bool:
    # As a form the body would be read, and kept, before the view is asked.
    return (
        request.method == "POST"
        and request.content_type == "application/octet-stream"
        and _UPLOAD.fullmatch(request.path_info) is not None
        and bool(request.session.get(SESSION_KEY))
    )


_STRANGERS, _PEOPLE = Places(each=TOGETHER), Places()


class FormsMiddleware:
    """Forms hold few of the threads, since a body may come in as slowly as its sender likes.

    A stranger's form holds its place to the end, since a wrong password costs a third of a second of work; a
    signed-in person's only until it is read.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return self.get_response(request)
        if person := request.session.get(SESSION_KEY):
            return self._of(person, request)
        if not _STRANGERS.take(None, timeout=0.5):
            return _too_many()
        try:
            return self.get_response(request)
        finally:
            _STRANGERS.give_back(None)

    def _of(self, person: str, request: HttpRequest) -> HttpResponse:
        if _is_upload(request):  # its view has places of its own
            return self.get_response(request)
        if not _PEOPLE.take(person, timeout=2):
            return _too_many()
        try:
            request.body  # noqa: B018 - reads it; forms are small
        except UnreadablePostError:
            return HttpResponse(status=400)
        finally:
            _PEOPLE.give_back(person)
        return self.get_response(request)


def _too_many() -> HttpResponse:
    text = _("Too many at once. Try again in a minute.")
    return HttpResponse(f"{text}\n", status=503, content_type="text/plain; charset=utf-8")


def _events_origin(request: HttpRequest) -> str:
    """Where the page of this request finds the stream of hints, if that is not the page's own address."""
    address = urlsplit(events_address(request))
    return f"{address.scheme}://{address.netloc}" if address.netloc else ""


class ContentSecurityMiddleware(MiddlewareMixin):
    """Pages load nothing from elsewhere. The inbox runs only scripts that are files of ours."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        # The portal's admin theme evaluates expressions in attributes; the inbox does not need that.
        scripts = "'self' 'unsafe-inline' 'unsafe-eval'" if request.path.startswith("/portal/") else "'self'"
        response.headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data: blob:; "  # blob: a picture that one is about to send
            f"connect-src 'self' {_events_origin(request)}; "
            "frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'",
        )
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response
