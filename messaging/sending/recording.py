"""Recording the outcome of claimed messages, many in one transaction, only if the claim is still ours."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from channels_app.providers.base import SendOutcome, SendResult
from messaging.broker import hints
from messaging.models import Message, Session
from messaging.sending import turns
from messaging.traffic.counting import Counts

Status = Message.Status

# Outcomes that conclude a message; after any other it is queued again.
CONCLUSIONS = {
    SendOutcome.SENT: Status.SENT,
    SendOutcome.FAILED: Status.FAILED,
    SendOutcome.UNCONFIRMED: Status.UNCONFIRMED,
}


@dataclass(frozen=True, slots=True)
class Settled:
    """A claimed message and its outcome."""

    message_id: int
    session_id: int
    claim: uuid.UUID
    result: SendResult


def record(settled: Sequence[Settled]) -> None:
    """Records the outcome of claimed messages. Safe to call twice: a claim is settled once.

    A definite answer after the claim was given up still counts, unless a person has resolved the message.
    """
    if not settled:
        return
    now = timezone.now()
    session_ids = {each.session_id for each in settled}
    with transaction.atomic():
        sessions = Session.objects.select_for_update().filter(pk__in=session_ids).order_by("pk")
        found = list(sessions.values_list("pk", "channel_id", "holder_id", "queue_id"))
        channels = {pk: channel_id for pk, channel_id, _holder_id, _queue_id in found}
        messages = Message.objects.only(*_READ_FIELDS).in_bulk([each.message_id for each in settled])
        counts = Counts()
        changed: list[Message] = []
        for each in settled:
            message = messages.get(each.message_id)
            if message is None or message.claim != each.claim:
                continue
            if message.status == Status.SENDING:
                _settle(message, each.result, now)
            elif _is_late_truth(message, each.result):
                counts.take_back(message, channels[each.session_id])
                _correct(message, each.result)
            else:
                continue
            counts.add(message, channels[each.session_id])
            changed.append(message)
        _save(changed)
        turns.renew(session_ids, now)
        counts.save()
        for pk, _channel_id, holder_id, queue_id in found:
            hints.tell_of(pk, [holder_id], queue_id)


def _settle(message: Message, result: SendResult, now: dt.datetime) -> None:
    status = CONCLUSIONS.get(result.outcome)
    if status is None:
        message.status, message.claim, message.claimed_at = Status.QUEUED, None, None
    else:
        message.status, message.concluded_at = status, now
    message.failure_code, message.failure_detail = result.code, result.detail[:300]
    message.itsp_message_id = result.message_id[:128]


def _is_late_truth(message: Message, result: SendResult) -> bool:
    return (
        message.status == Status.UNCONFIRMED
        and message.resolved_by == ""
        and result.outcome in (SendOutcome.SENT, SendOutcome.FAILED)
    )


def _correct(message: Message, result: SendResult) -> None:
    """`unconfirmed → sent | failed`. It stays concluded, and counted, at its first time."""
    message.status = CONCLUSIONS[result.outcome]
    message.failure_code, message.failure_detail = result.code, result.detail[:300]
    message.itsp_message_id = result.message_id[:128]


def _save(messages: list[Message]) -> None:
    """One statement for all with the same outcome, with the ITSP's ids."""
    alike: dict[tuple[Any, ...], list[int]] = {}
    for message in messages:
        values = tuple(getattr(message, field) for field in _SETTLED_FIELDS)
        alike.setdefault(values, []).append(message.pk)
    for values, ids in alike.items():
        fields: dict[str, Any] = dict(zip(_SETTLED_FIELDS, values, strict=True))
        Message.objects.filter(pk__in=ids).update(**fields)
    ids_given = [(message.itsp_message_id, message.pk) for message in messages if message.itsp_message_id]
    if ids_given:
        Message.objects.note_itsp_ids(ids_given)


_READ_FIELDS = (
    "session_id",
    "origin",
    "status",
    "claim",
    "claimed_at",
    "concluded_at",
    "segments",
    "has_files",
    "resolved_by",
)
_SETTLED_FIELDS = ("status", "claim", "claimed_at", "concluded_at", "failure_code", "failure_detail")
