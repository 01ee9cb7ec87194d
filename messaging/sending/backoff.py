"""Back-off of a whole channel: after an attempt that did not depart, or when the ITSP asked for a pause."""

from __future__ import annotations

import datetime as dt
import random

from django.db.models import F, Q
from django.db.models.functions import Now

from messaging.models import SendingState

FIRST = 1.0  # seconds
LONGEST = 60.0  # seconds
ASKED = "slow_down"  # the reason of a wait that the ITSP asked for


def back_off(channel_id: int, reason: str) -> None:
    """Makes the channel wait, longer with each episode that follows another without a success in between.

    Once per episode: messages in flight that fail together count as one.
    """
    state = SendingState.objects.get(channel_id=channel_id)
    longest = min(LONGEST, FIRST * 2 ** min(state.failed_episodes, 10))
    wait(channel_id, reason, longest * random.uniform(0.5, 1.0), episode=True)  # noqa: S311  no secret


def wait(channel_id: int, reason: str, seconds: float, *, episode: bool = False) -> None:
    """Makes the channel wait for `seconds` from now, unless it is already waiting."""
    not_waiting = Q(waits_until__isnull=True) | Q(waits_until__lte=Now())
    _wait(channel_id, not_waiting, reason, seconds, episodes=1 if episode else 0)


def slow_down(channel_id: int, seconds: float) -> None:
    """Makes the channel wait as long as the ITSP asked for; of several answers, the longest counts."""
    shorter = Q(waits_until__isnull=True) | Q(waits_until__lt=Now() + dt.timedelta(seconds=seconds))
    _wait(channel_id, shorter, ASKED, seconds)


def _wait(channel_id: int, where: Q, reason: str, seconds: float, *, episodes: int = 0) -> None:
    SendingState.objects.filter(where, channel_id=channel_id).update(
        waits_until=Now() + dt.timedelta(seconds=seconds),
        waits_for=reason[:30],
        failed_episodes=F("failed_episodes") + episodes,
    )


def go_on(channel_id: int) -> None:
    """Ends the wait and forgets its episodes: something was accepted, or the connection works again.

    A wait that the ITSP asked for is kept.
    """
    asked = Q(waits_for=ASKED, waits_until__gt=Now())
    SendingState.objects.filter(channel_id=channel_id).exclude(asked).exclude(
        waits_until=None, waits_for="", failed_episodes=0
    ).update(waits_until=None, waits_for="", failed_episodes=0)
