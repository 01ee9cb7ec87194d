"""How long a body is, before a byte of it is read."""

from __future__ import annotations

from django.http import HttpRequest


def content_length(request: HttpRequest) -> int | None:
    """The announced length of the body in bytes, 0 for a request without a body; None where it is unknown."""
    if "HTTP_TRANSFER_ENCODING" in request.META:
        return None
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return None
    return length if length >= 0 else None
