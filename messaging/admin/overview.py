"""The state right now: which customers wait, what needs a person, and who is available."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from channels_app.models import Channel, Extension, MessageQueue
from messaging.inbox.display import how_long
from messaging.models import Message, Session
from messaging.models.presence import Presence
from messaging.sessions.presence import with_presence

LOOKED_AFTER_DAYS = 7  # older failures are no news
Status = Message.Status
_WORST_FIRST = [Channel.Status.FAILED, Channel.Status.NOT_CHECKED, Channel.Status.CONNECTED]


def needing_a_person() -> QuerySet[Message]:
    """Messages of the last days that failed or are unconfirmed, and that nobody has sent again."""
    since = timezone.now() - dt.timedelta(days=LOOKED_AFTER_DAYS)
    went_wrong = Q(status=Status.FAILED) | Q(status=Status.UNCONFIRMED)  # in the words of its index
    return Message.objects.filter(went_wrong, concluded_at__gte=since, sent_again_as__isnull=True)


def count_needing_a_person() -> dict[str, int]:
    """How many of them have each status."""
    found = needing_a_person().order_by().values_list("status").annotate(n=Count("id"))
    return {"failed": 0, "unconfirmed": 0, **dict(found)}


@dataclass(frozen=True, slots=True)
class WaitingQueue:
    pk: int
    name: str
    sessions: int
    waiting_since: dt.datetime
    agents: int
    available: int

    @property
    def longest_wait(self) -> str:
        return how_long(self.waiting_since)


def waiting_queues() -> tuple[list[WaitingQueue], int]:
    """Queues with customers whose session nobody holds, the longest wait first; and how many customers wait.

    Those of a deleted queue count, too.
    """
    sessions = Session.objects.unanswered().order_by().values_list("queue")
    rows = list(sessions.annotate(n=Count("id"), since=Min("waiting_since")).order_by("since"))
    here = Q(agents__in=Presence.objects.available().values("extension"))
    queues = MessageQueue.objects.filter(pk__in=[pk for pk, _n, _since in rows if pk]).annotate(
        total=Count("agents", distinct=True), available=Count("agents", filter=here, distinct=True)
    )
    by_id = {queue.pk: queue for queue in queues}
    waiting = [
        WaitingQueue(pk, queue.name, number, since, queue.total, queue.available)
        for pk, number, since in rows
        if (queue := by_id.get(pk))
    ]
    return waiting, sum(number for _pk, number, _since in rows)


def agents_now() -> tuple[list[str], int]:
    """Who is available, and how many are away."""
    extensions = with_presence(Extension.objects.filter(user__is_active=True))
    available = [str(extension) for extension in extensions if getattr(extension, "is_available", False)]
    return available, len(extensions) - len(available)


def channels_worst_first() -> list[Channel]:
    """All channels as they stand; those that are off come last."""
    known = ("name", "enabled", "status", "failure_code", "failure_detail", "status_changed_at")
    channels = Channel.objects.only(*known)
    return sorted(
        channels, key=lambda each: (not each.enabled, _WORST_FIRST.index(Channel.Status(each.status)))
    )
