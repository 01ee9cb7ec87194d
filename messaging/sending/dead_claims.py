"""Claims of workers that died: what they had claimed may have left, so it is unconfirmed."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db.models.functions import Now

from channels_app.providers.base import SendOutcome, SendResult
from messaging.models import Message
from messaging.sending.recording import Settled, record

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
