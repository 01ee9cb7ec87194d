"""Checking credentials: what a good answer means for a queue that waited for it."""

from __future__ import annotations

from channels_app.models import Channel
from messaging import backoff, doorbell


def check_all() -> None:
    """Checks every enabled channel, one after the other."""
    for channel in Channel.objects.enabled():
        check(channel)


def check(channel: Channel, *, timeout: float = 10) -> bool:
    """Checks one channel's credentials over the network; if they are good, its queue goes on.

    `timeout` is in seconds.
    """
    connected = channel.check_credentials(timeout=timeout)
    if connected:
        backoff.go_on(channel.pk)
        doorbell.ring(channel.pk)
    return connected
