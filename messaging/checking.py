"""Checking credentials: what a good answer means for a queue that waited for it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from channels_app.models import Channel
from messaging import backoff, doorbell

AT_ONCE = 16
_one_round = threading.Lock()


def check_all() -> None:
    """Checks every enabled channel, many at once: all may be at one ITSP, and fall silent together."""
    if not _one_round.acquire(blocking=False):
        return  # the round before is still waiting for answers
    try:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="check") as threads:
            list(threads.map(_check_and_let_go, list(Channel.objects.enabled())))
    finally:
        _one_round.release()


def _check_and_let_go(channel: Channel) -> None:
    try:
        check(channel)
    finally:
        connection.close()


def check(channel: Channel, *, timeout: float = 10) -> bool:
    """Checks one channel's credentials over the network; if they are good, its queue goes on.

    `timeout` is in seconds.
    """
    connected = channel.check_credentials(timeout=timeout)
    if connected:
        backoff.go_on(channel.pk)
        doorbell.ring(channel.pk)
    return connected
