"""Queued messages that can't leave any more: they waited too long, or their file has expired."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from messaging.broker import hints
from messaging.models import Message
from messaging.sending import turns
from messaging.sending.claims import FILE_EXPIRED
from messaging.sessions import locking
from messaging.traffic.counting import Counts

WAITED_TOO_LONG = "waited_too_long"


def fail_waited_too_long(channel_id: int | None = None, batch: int = 500) -> int:
    """Fails what has been queued for `WAITED_TOO_LONG_HOURS`, of one channel or of all; returns how many."""
    oldest = timezone.now() - dt.timedelta(hours=settings.WAITED_TOO_LONG_HOURS)
    old = Message.objects.filter(status=Message.Status.QUEUED, created_at__lte=oldest).order_by("created_at")
    if channel_id is not None:
        old = old.filter(session__channel_id=channel_id)
    failed = 0
    while ids := list(old.values_list("pk", "session_id")[:batch]):
        failed += sum(_fail(pk, session_id, WAITED_TOO_LONG) for pk, session_id in ids)
    return failed


def fail_expired_files() -> int:
    """Fails queued messages whose file has expired; returns how many."""
    expired = Message.objects.filter(
        status=Message.Status.QUEUED, has_files=True, attachments__expires_at__lte=timezone.now()
    )
    ids = list(expired.values_list("pk", "session_id").distinct())
    return sum(_fail(pk, session_id, FILE_EXPIRED) for pk, session_id in ids)


def _fail(message_id: int, session_id: int, code: str) -> bool:
    with transaction.atomic():
        session = locking.locked_session(session_id)
        message = Message.objects.get(pk=message_id)
        if message.status != Message.Status.QUEUED:
            return False
        message.status, message.concluded_at = Message.Status.FAILED, timezone.now()
        message.failure_code = code
        message.save(update_fields=["status", "concluded_at", "failure_code"])
        counts = Counts()
        counts.add(message, session.channel_id)
        counts.save()
        turns.renew([session.pk], timezone.now())
        hints.tell(session)
        return True
