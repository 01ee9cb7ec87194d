"""Which domains messages come in through: noted once a minute at most, so that it costs a webhook nothing."""

from __future__ import annotations

import logging
import threading
import time

from django.db import Error as DatabaseError
from django.http.request import split_domain_port

from channels_app.models import Domain

logger = logging.getLogger(__name__)
NOTED_FOR = 60.0  # seconds
MOST_HOSTS = 50  # that are remembered; further ones wait for the next minute
LONGEST_HOST = 262  # characters: a name of 253, a port, and what stands between

_noted: dict[str, float] = {}
_lock = threading.Lock()


def note(host: str) -> None:
    """Notes for the domain of a request's `Host` that a message came in through it. Raises nothing."""
    name, port = split_domain_port(host[:LONGEST_HOST])
    if not name:
        return
    now = time.monotonic()
    with _lock:
        for old in [each for each, at in _noted.items() if now - at >= NOTED_FOR]:
            del _noted[old]
        if host in _noted or len(_noted) >= MOST_HOSTS:
            return
        _noted[host] = now
    try:
        Domain.objects.note_inbound(name, int(port) if port else None)
    except DatabaseError as error:  # the message is stored, and that is what the ITSP is told
        logger.warning("the domain of a message could not be noted (%s)", type(error).__name__)


def forget() -> None:
    """Lets the next message of every host be noted."""
    with _lock:
        _noted.clear()
