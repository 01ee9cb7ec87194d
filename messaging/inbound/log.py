"""Log lines of requests that brought no message."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from channels_app.models import Channel
from messaging.models import WebhookLogEntry
from messaging.models.insertion import insert

logger = logging.getLogger(__name__)
ONE_LINE_EVERY = 60.0  # seconds
COUNT_EVERY = 1.0  # seconds; each write waits its turn among those of messages
COUNT_AT_ONCE = 10  # so many of a line's requests are counted at once
MOST_SOURCES = 50  # lines a minute and process; further sources share one
OTHERS = "many others"


@dataclass(slots=True)
class _Line:
    """One source's line of this minute. `entry_id` is 0 until it is written; `is_busy` while somebody writes it."""

    began_at: float
    written_at: float = 0.0
    entry_id: int = 0
    count: int = 0
    unwritten: int = 0
    is_busy: bool = False


_lines: dict[str, _Line] = {}
_lines_lock = threading.Lock()


def log_unknown_address(source: str) -> None:
    """One line a minute and source, with a count, for addresses whose token is unknown or has ended.

    A flood costs a write a second, and no request waits for another's: what came meanwhile is counted with the next.
    """
    now = time.monotonic()
    with _lines_lock:
        for old in [each for each, line in _lines.items() if now - line.began_at >= ONE_LINE_EVERY]:
            del _lines[old]
        if source not in _lines and len(_lines) >= MOST_SOURCES:
            source = OTHERS
        line = _lines.setdefault(source, _Line(now))
        line.count += 1
        line.unwritten += 1
        if line.is_busy or (line.count > COUNT_AT_ONCE and now - line.written_at < COUNT_EVERY):
            return
        line.is_busy, line.written_at = True, now
        count, line.unwritten = line.unwritten, 0
    try:
        if line.entry_id:
            WebhookLogEntry.objects.filter(pk=line.entry_id).update(count=F("count") + count)
        else:
            line.entry_id = _begin(source, count)
    finally:
        line.is_busy = False


def _begin(source: str, count: int) -> int:
    """Counts in another process's line of the last minute, or in a new one; gives its id."""
    now = timezone.now()
    recent = WebhookLogEntry.objects.filter(
        outcome=WebhookLogEntry.Outcome.UNKNOWN_ADDRESS,
        source=source,
        received_at__gt=now - dt.timedelta(seconds=ONE_LINE_EVERY),
    )
    if (last := recent.order_by("-id").values_list("pk", flat=True).first()) is not None:
        WebhookLogEntry.objects.filter(pk=last).update(count=F("count") + count)
        return last
    entry = WebhookLogEntry(
        received_at=now, source=source, count=count, outcome=WebhookLogEntry.Outcome.UNKNOWN_ADDRESS
    )
    with transaction.atomic():
        insert(entry)
    logger.warning("webhook: unknown or ended address, from %s", source)
    return int(entry.pk)


def forget() -> None:
    """Lets the next request of every source begin a line."""
    with _lines_lock:
        _lines.clear()


def log_without_message(
    channel: Channel, outcome: WebhookLogEntry.Outcome, *, source: str, detail: str = "", body: str = ""
) -> None:
    """A line for a request that was understood as no message, or not at all."""
    with transaction.atomic():
        insert(
            WebhookLogEntry(
                received_at=timezone.now(),
                channel=channel,
                source=source,
                outcome=outcome,
                detail=detail[:300],
                body=body,
            )
        )
    logger.warning("webhook of channel %s: %s: %s", channel.pk, outcome, detail)
