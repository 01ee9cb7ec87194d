"""Ends what nobody else will: claims of dead workers, and messages that waited too long."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from channels_app.providers.base import SendOutcome, SendResult
from messaging.broker import hints
from messaging.models import Message
from messaging.sending import turns
from messaging.sending.claims import FILE_EXPIRED
from messaging.sending.recording import Settled, record
from messaging.sessions import locking
from messaging.traffic.counting import Counts

WAITED_TOO_LONG = "waited_too_long"
WORKER_DIED = "worker_died"


def settle_dead_claims(batch: int = 500) -> int:
    """Makes unconfirmed what has been `sending` for longer than a send can take; returns how many.

    The worker that claimed it has died: the message may have reached the ITSP, so it is never sent again by itself.
    """
    dead = Message.objects.filter(
        status=Message.Status.SENDING, claimed_at__lt=Now() - dt.timedelta(seconds=settings.CLAIM_LIFETIME)
    )
    settled = [
        Settled(pk, session_id, claim, SendResult(SendOutcome.UNCONFIRMED, code=WORKER_DIED))
        for pk, session_id, claim in dead.values_list("pk", "session_id", "claim")[:batch]
        if claim is not None
    ]
    record(settled)
    return len(settled)


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
