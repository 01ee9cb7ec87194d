"""Log lines of requests that brought no message."""

from __future__ import annotations

import datetime as dt
import logging

from django.db.models import F
from django.utils import timezone

from channels_app.models import Channel
from messaging.models import WebhookLogEntry

logger = logging.getLogger(__name__)
ONE_LINE_EVERY = dt.timedelta(minutes=1)


def log_unknown_address(source: str) -> None:
    """One line a minute and source, with a count, for addresses whose token is unknown or has ended."""
    now = timezone.now()
    unknown = WebhookLogEntry.objects.filter(outcome=WebhookLogEntry.Outcome.UNKNOWN_ADDRESS, source=source)
    last = unknown.order_by("-id").values_list("pk", "received_at").first()
    if last and last[1] > now - ONE_LINE_EVERY:
        WebhookLogEntry.objects.filter(pk=last[0]).update(count=F("count") + 1)
        return
    WebhookLogEntry.objects.create(
        received_at=now, source=source, outcome=WebhookLogEntry.Outcome.UNKNOWN_ADDRESS
    )
    logger.warning("webhook: unknown or ended address, from %s", source)


def log_without_message(
    channel: Channel, outcome: WebhookLogEntry.Outcome, *, source: str, detail: str = "", body: str = ""
) -> None:
    """A line for a request that was understood as no message, or not at all."""
    WebhookLogEntry.objects.create(
        received_at=timezone.now(),
        channel=channel,
        source=source,
        outcome=outcome,
        detail=detail[:300],
        body=body,
    )
    logger.warning("webhook of channel %s: %s: %s", channel.pk, outcome, detail)
