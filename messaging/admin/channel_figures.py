"""The figures of each channel, in a fixed number of queries however many channels there are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Min, OuterRef, Subquery

from channels_app.models import Channel
from messaging.inbox.display import how_long
from messaging.models import Message, WebhookLogEntry
from messaging.traffic import rollups

Outcome = WebhookLogEntry.Outcome


@dataclass(frozen=True, slots=True)
class Figures:
    received: int = 0
    sent: int = 0
    failed: int = 0
    unconfirmed: int = 0
    segments: int = 0
    with_files: int = 0
    last_inbound_at: dt.datetime | None = None
    waiting: int = 0
    waiting_since: dt.datetime | None = None

    @property
    def oldest_waits(self) -> str:
        """How long the oldest waiting message has waited, in words; "" if none is waiting."""
        return how_long(self.waiting_since) if self.waiting_since else ""

    @property
    def sent_total(self) -> int:
        return self.sent + self.failed


def figures_of(
    channels: Iterable[Channel], start: dt.datetime | None, end: dt.datetime | None
) -> dict[int, Figures]:
    """The figures of each channel by its id: counts over [start, end), the rest as of now."""
    ids = [channel.pk for channel in channels]
    counts = rollups.sums("channel", ids, start, end)
    last_inbound = last_inbound_at(ids)
    waiting = _waiting(ids)
    return {
        pk: Figures(
            **counts.get(pk, {}),
            last_inbound_at=last_inbound.get(pk),
            waiting=waiting.get(pk, (0, None))[0],
            waiting_since=waiting.get(pk, (0, None))[1],
        )
        for pk in ids
    }


def last_inbound_at(ids: list[int]) -> dict[int, dt.datetime]:
    """When the last message came in: to the second from the webhook log, older ones to the quarter hour."""
    logged = WebhookLogEntry.objects.filter(
        channel=OuterRef("pk"), outcome__in=[Outcome.STORED, Outcome.POSSIBLE_REPEAT, Outcome.UNROUTABLE]
    )
    exact = dict(
        Channel.objects.filter(pk__in=ids)
        .order_by()
        .annotate(at=Subquery(logged.order_by("-id").values("received_at")[:1]))
        .values_list("pk", "at")
    )
    older = [pk for pk in ids if exact.get(pk) is None]
    quarters = rollups.last_received_at(older)
    return {pk: at for pk in ids if (at := exact.get(pk) or quarters.get(pk))}


def _waiting(ids: list[int]) -> dict[int, tuple[int, dt.datetime]]:
    queued = Message.objects.filter(status=Message.Status.QUEUED, session__channel__in=ids).order_by()
    rows = queued.values_list("session__channel_id").annotate(n=Count("id"), since=Min("created_at"))
    return {pk: (number, since) for pk, number, since in rows}
