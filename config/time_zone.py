"""The inbox shows times in the zone of the person who reads them; the portal in `TIME_ZONE`."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "trunkline_zone"  # set by static/trunkline/early/zone.js


class TimeZoneMiddleware:
    """Below `/inbox/`, the zone that the browser names; `TIME_ZONE` without a cookie, or with an unknown zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        named = request.COOKIES.get(COOKIE)
        zone = _zone(unquote(named)) if named and request.path_info.startswith("/inbox/") else None
        if zone is None:
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    if not re.fullmatch(r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}", name) or len(name) > 64:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        return None
