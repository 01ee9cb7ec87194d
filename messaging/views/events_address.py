"""Where an open page finds the stream of hints."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.request import split_domain_port


def events_address(request: HttpRequest) -> str:
    """Behind a proxy the page's own host; on a machine where one tries it out, the events process's own port.

    That port speaks plain http, which a page that came over https may not ask.
    """
    if not settings.EVENTS_ON_PORT or request.is_secure():
        return "/events/"
    try:
        host, _port = split_domain_port(request.get_host())
    except DisallowedHost:
        return "/events/"
    return f"http://{host}:{settings.EVENTS_PORT}/events/"
