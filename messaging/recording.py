"""Recording: what became of claimed messages, many in one transaction, only where the claim is still ours."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from channels_app.providers.base import SendOutcome, SendResult
from messaging import turns
from messaging.models import Message, Session, TrafficCount
from messaging.models.traffic import quarter_of

Status = Message.Status

# Outcomes that conclude a message; after every other one it is queued again.
CONCLUSIONS = {
    SendOutcome.SENT: Status.SENT,
    SendOutcome.FAILED: Status.FAILED,
    SendOutcome.UNCONFIRMED: Status.UNCONFIRMED,
}


@dataclass(frozen=True, slots=True)
class Settled:
    """A claimed message and what became of it."""

    message_id: int
    session_id: int
    claim: uuid.UUID
    result: SendResult


def record(settled: Sequence[Settled]) -> None:
    """Writes down what became of claimed messages. Safe to call twice: a claim is settled once.

    A true answer that comes after the claim was given up still counts, unless a person has resolved the message.
    """
    if not settled:
        return
    now = timezone.now()
    session_ids = sorted({each.session_id for each in settled})
    with transaction.atomic():
        list(Session.objects.select_for_update().filter(pk__in=session_ids).order_by("pk").values_list("pk"))
        messages = {
            message.pk: message
            for message in Message.objects.filter(
                pk__in=[each.message_id for each in settled]
            ).select_related("session")
        }
        counts: list[TrafficCount] = []
        changed: list[Message] = []
        for each in settled:
            message = messages.get(each.message_id)
            if message is None or message.claim != each.claim:
                continue
            if message.status == Status.SENDING:
                counts += _settle(message, each.result, now)
                changed.append(message)
            elif _is_late_truth(message, each.result):
                counts += _correct(message, each.result)
                changed.append(message)
        Message.objects.bulk_update(
            changed,
            [
                "status",
                "claim",
                "claimed_at",
                "concluded_at",
                "failure_code",
                "failure_detail",
                "itsp_message_id",
            ],
        )
        turns.renew(session_ids, now)
        TrafficCount.objects.bulk_create(counts)


def _settle(message: Message, result: SendResult, now: dt.datetime) -> list[TrafficCount]:
    message.failure_code, message.failure_detail = result.code, result.detail[:300]
    status = CONCLUSIONS.get(result.outcome)
    if status is None:
        message.status, message.claim, message.claimed_at = Status.QUEUED, None, None
        return []
    message.status, message.concluded_at = status, now
    message.itsp_message_id = result.message_id[:128]
    return count_conclusion(message)


def _is_late_truth(message: Message, result: SendResult) -> bool:
    return (
        message.status == Status.UNCONFIRMED
        and message.resolved_by == ""
        and result.outcome in (SendOutcome.SENT, SendOutcome.FAILED)
    )


def _correct(message: Message, result: SendResult) -> list[TrafficCount]:
    """`unconfirmed → sent | failed`: the counts move where the message was counted first."""
    before = count_conclusion(message, sign=-1)
    message.status = CONCLUSIONS[result.outcome]
    message.failure_code, message.failure_detail = result.code, result.detail[:300]
    message.itsp_message_id = result.message_id[:128]
    return before + count_conclusion(message)


def count_conclusion(message: Message, sign: int = 1) -> list[TrafficCount]:
    """The traffic count of a concluded message; `sign` −1 takes it back. Cancelled ones count nowhere."""
    if message.origin != Message.Origin.AGENT or message.concluded_at is None:
        return []
    if message.status == Status.CANCELLED:
        return []
    sent = message.status == Status.SENT
    return [
        TrafficCount(
            channel_id=message.session.channel_id,
            quarter_at=quarter_of(message.concluded_at),
            sent=sign * sent,
            failed=sign * (not sent),
            unconfirmed=sign * (message.status == Status.UNCONFIRMED),
            segments=sign * message.segments * sent,
        )
    ]
