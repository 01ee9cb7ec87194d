"""Files that came as an address: fetched by a task, with pauses that grow, until it is clear that they won't come."""

from __future__ import annotations

import datetime as dt
import tempfile
from typing import BinaryIO, cast

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from messaging import file_storage, public_http
from messaging.incoming_files import put_into
from messaging.models import Attachment

PAUSES = (60, 300, 1800, 7200)  # seconds before the next try
State = Attachment.State


def due(limit: int = 20) -> list[int]:
    """Files that are to be fetched now."""
    waiting = Attachment.objects.filter(state=State.WAITING, try_again_at__lte=timezone.now())
    return list(waiting.order_by("try_again_at").values_list("pk", flat=True)[:limit])


def fetch(attachment_id: int) -> bool:
    """Fetches one file; whether it is stored now. Two at once fetch it once: the first one's try puts the next off.

    Raises `OSError` where the disk or the storage fails: a later round tries again.
    """
    attachment = _begin(attachment_id)
    if attachment is None:
        return False
    others = attachment.message.attachments.aggregate(size=Sum("size"))["size"] or 0
    with cast(BinaryIO, tempfile.TemporaryFile(dir=str(settings.SPOOL_FOLDER))) as content:
        try:
            public_http.fetch(attachment.address, content, settings.MAX_FILES_BYTES - others)
        except public_http.NotFetchedError as error:
            if error.for_good or attachment.tries > len(PAUSES):
                attachment.state, attachment.try_again_at = State.BROKEN, None
            attachment.problem = str(error)
            attachment.save(update_fields=["state", "try_again_at", "problem"])
            return False
        put_into(attachment, content, attachment.name)
    attachment.problem = ""
    try:
        attachment.save()
    except BaseException:
        file_storage.drop(attachment.file)
        file_storage.drop(attachment.preview)
        raise
    return True


def _begin(attachment_id: int) -> Attachment | None:
    """Takes a file that is due for this try."""
    with transaction.atomic():
        found = Attachment.objects.select_for_update(of=("self",)).select_related("message")
        attachment = found.filter(pk=attachment_id, state=State.WAITING).first()
        if attachment is None or attachment.try_again_at is None or attachment.try_again_at > timezone.now():
            return None
        pause = PAUSES[min(attachment.tries, len(PAUSES) - 1)]
        attachment.tries += 1
        attachment.try_again_at = timezone.now() + dt.timedelta(seconds=pause + public_http.TOTAL_SECONDS)
        attachment.save(update_fields=["tries", "try_again_at"])
        return attachment
