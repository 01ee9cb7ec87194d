"""Checking credentials, and letting a queue go on that waited for a good answer."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from channels_app.models import Channel
from channels_app.providers.base import CheckResult
from messaging.broker import doorbell
from messaging.sending import backoff

AT_ONCE = 16
_one_round = threading.Lock()


def check_all() -> None:
    """Checks every enabled channel, many at once: all may be with one ITSP that has stopped answering."""
    if not _one_round.acquire(blocking=False):
        return  # the round before is still waiting for answers
    try:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="check") as threads:
            list(threads.map(_check_and_let_go, list(Channel.objects.filter(enabled=True))))
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
    return _record(channel, channel.ask_itsp(timeout=timeout))


def check_together(channels: Iterable[Channel], *, timeout: float) -> list[tuple[Channel, bool]]:
    """Checks these, many at once; returns whether each is connected. `timeout` is in seconds for each."""
    channels = list(channels)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="check") as threads:
        # The threads only use the network, so they need no database connection.
        results = list(threads.map(lambda channel: channel.ask_itsp(timeout=timeout), channels))
    return [(channel, _record(channel, result)) for channel, result in zip(channels, results, strict=True)]


def _record(channel: Channel, result: CheckResult | None) -> bool:
    connected = channel.record_check(result)
    if connected:
        backoff.go_on(channel.pk)
        doorbell.ring(channel.pk)
    return connected
