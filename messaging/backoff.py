"""Back-off of a whole channel: after an attempt that did not depart, or when the ITSP said later."""

from __future__ import annotations

import datetime as dt
import random

from django.db.models import F, Q
from django.db.models.functions import Now

from messaging.models import SendingState

FIRST = 1.0  # seconds
LONGEST = 60.0  # seconds


def back_off(channel_id: int, reason: str) -> None:
    """Lets the channel wait, longer with each episode that follows another without a success in between.

    Once an episode: many messages in flight that fail together count as one.
    """
    state = SendingState.objects.get(channel_id=channel_id)
    longest = min(LONGEST, FIRST * 2 ** min(state.failed_episodes, 10))
    wait(channel_id, reason, longest * random.uniform(0.5, 1.0), episode=True)  # noqa: S311  no secret


def wait(channel_id: int, reason: str, seconds: float, *, episode: bool = False) -> None:
    """Lets the channel wait for `seconds` from now, if it does not wait already."""
    not_waiting = Q(waits_until__isnull=True) | Q(waits_until__lte=Now())
    SendingState.objects.filter(not_waiting, channel_id=channel_id).update(
        waits_until=Now() + dt.timedelta(seconds=seconds),
        waits_for=reason[:30],
        failed_episodes=F("failed_episodes") + (1 if episode else 0),
    )


def go_on(channel_id: int) -> None:
    """Ends the wait and forgets its episodes: something was accepted, or the connection was mended."""
    SendingState.objects.filter(channel_id=channel_id).exclude(
        waits_until=None, waits_for="", failed_episodes=0
    ).update(waits_until=None, waits_for="", failed_episodes=0)
