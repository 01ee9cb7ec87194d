"""What waits in a channel's queue: how much, since when, and about when a message of it leaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone

from channels_app.models import Channel
from messaging.models import Message, SendingState, Session

COUNT_AT_MOST = 20_000  # more is as good as for ever, and counting them would take longer than the page may
WORTH_SAYING = 5.0  # seconds; sooner than that needs no announcement


def leaves_in(session: Session, queued: Sequence[int]) -> dict[int, float]:
    """About when the queued messages of a session leave: seconds by message id, none for what leaves at once.

    `queued` are their ids, in order. Sessions take turns, so the first of them leaves when the sessions before this
    one had their turn, and each further one a whole round later.
    """
    if not queued:
        return {}
    ready = Session.objects.filter(channel_id=session.channel_id, send_priority__isnull=False)
    round_length = ready.order_by()[:COUNT_AT_MOST].count()
    before = 0
    if session.send_priority is not None:
        earlier = Q(send_priority__lt=session.send_priority) | Q(
            send_priority=session.send_priority, send_turn_at__lt=session.send_turn_at
        )
        before = ready.filter(earlier).order_by()[:COUNT_AT_MOST].count()
    waiting = Message.objects.filter(session__channel_id=session.channel_id, status=Message.Status.QUEUED)
    most = waiting.order_by()[:COUNT_AT_MOST].count()
    pause = _pause(session.channel)
    seconds = {
        message_id: pause + min(before + place * max(round_length, 1), most) / session.channel.sending_rate
        for place, message_id in enumerate(queued)
    }
    return {message_id: wait for message_id, wait in seconds.items() if wait > WORTH_SAYING}


def _pause(channel: Channel) -> float:
    """Seconds for which the whole channel waits before it tries again."""
    try:
        until = channel.sending_state.waits_until
    except SendingState.DoesNotExist:
        return 0.0
    return max(0.0, (until - timezone.now()) / dt.timedelta(seconds=1)) if until else 0.0
