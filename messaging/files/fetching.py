"""Files that came as an address: fetched by a task, with growing pauses, until it is clear that they can't be."""

from __future__ import annotations

import datetime as dt
import tempfile
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from messaging.broker import hints
from messaging.files import public_http
from messaging.files.taking_out import NOT_STORED, TOO_LARGE, discard, put_into
from messaging.models import Attachment, Message

PAUSES = (60, 300, 1800, 7200)  # seconds before the next try
State = Attachment.State


def due(limit: int = 20) -> list[int]:
    """Files that are to be fetched now."""
    waiting = Attachment.objects.filter(state=State.WAITING, try_again_at__lte=timezone.now())
    return list(waiting.order_by("try_again_at").values_list("pk", flat=True)[:limit])


def fetch(attachment_id: int) -> bool:
    """Fetches one file; returns whether it is stored now. Two at once fetch it once: the first try postpones the next.

    Raises `OSError` if the disk or the storage fails: a later round tries again.
    """
    attachment = _begin(attachment_id)
    if attachment is None:
        return False
    try:
        return _fetch(attachment)
    except OSError:
        _put_off(attachment)
        raise


def _fetch(attachment: Attachment) -> bool:
    with cast(BinaryIO, tempfile.TemporaryFile(dir=str(settings.SPOOL_FOLDER))) as content:
        try:
            public_http.fetch(attachment.address, content, _room(attachment))
        except public_http.NotFetchedError as error:
            is_over = error.for_good or attachment.tries > len(PAUSES)
            _record_problem(attachment, str(error), is_over=is_over)
            return False
        put_into(attachment, content, attachment.name)
    return _record(attachment)


def _begin(attachment_id: int) -> Attachment | None:
    """Takes a file that is due for this try."""
    with transaction.atomic():
        found = Attachment.objects.select_for_update()
        attachment = found.filter(pk=attachment_id, state=State.WAITING, message__isnull=False).first()
        if attachment is None or attachment.try_again_at is None or attachment.try_again_at > timezone.now():
            return None
        pause = PAUSES[min(attachment.tries, len(PAUSES) - 1)]
        attachment.tries += 1
        attachment.try_again_at = timezone.now() + dt.timedelta(seconds=pause + public_http.TOTAL_SECONDS)
        attachment.save(update_fields=["tries", "try_again_at"])
        return attachment


def _put_off(attachment: Attachment) -> None:
    """Gives back a try that the file did not make fail, for as long as a file is kept."""
    if timezone.now() >= attachment.expires_at:
        _record_problem(attachment, NOT_STORED, is_over=True)
    else:
        _mine(attachment).update(tries=attachment.tries - 1)


def _room(attachment: Attachment) -> int:
    """How many bytes the file may have, given the message's other files."""
    others = Attachment.objects.filter(message=attachment.message_id).exclude(pk=attachment.pk)
    return int(settings.MAX_FILES_BYTES - (others.aggregate(size=Sum("size"))["size"] or 0))


def _record(attachment: Attachment) -> bool:
    """Records what was stored; drops the bytes if the row is no longer this try's or there is no room.

    Once the commit has begun, the row may be there, whatever the error: then the daily comparison decides.
    """
    committing = is_stored = False
    try:
        with transaction.atomic():
            Message.objects.select_for_update(of=("self",)).filter(attachments=attachment).first()
            if attachment.size <= _room(attachment):
                is_stored = bool(_mine(attachment).update(**_fields(attachment)))
            else:
                _record_problem(attachment, TOO_LARGE, is_over=True)
            committing = is_stored
            hints.tell_by_id(_session_of(attachment))
    finally:
        if not committing:
            discard([attachment])
    return is_stored


def _record_problem(attachment: Attachment, problem: str, *, is_over: bool) -> None:
    if is_over:
        _mine(attachment).update(state=State.BROKEN, try_again_at=None, problem=problem)
        hints.tell_by_id(_session_of(attachment))
    else:
        _mine(attachment).update(problem=problem)


def _session_of(attachment: Attachment) -> list[int]:
    return list(Message.objects.filter(attachments=attachment).values_list("session_id", flat=True))


def _mine(attachment: Attachment) -> QuerySet[Attachment]:
    """The row, if no other try has begun and it has not been decided meanwhile."""
    return Attachment.objects.filter(pk=attachment.pk, state=State.WAITING, tries=attachment.tries)


_STORED = (
    "content_type",
    "name",
    "size",
    "file",
    "preview",
    "preview_due",
    "state",
    "stored_at",
    "expires_at",
)


def _fields(attachment: Attachment) -> dict[str, Any]:
    """The fields that `put_into` has set."""
    return {name: getattr(attachment, name) for name in _STORED} | {"try_again_at": None, "problem": ""}
