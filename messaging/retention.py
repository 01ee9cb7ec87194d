"""Retention: files go when their time is over. The links stop at the instant, the bytes within minutes."""

from __future__ import annotations

import logging

from django.utils import timezone

from messaging import file_storage
from messaging.models import Attachment

logger = logging.getLogger(__name__)


def purge(batch: int = 200) -> int:
    """Removes the bytes of files whose time is over; returns how many. Safe to run twice and to be killed.

    First the bytes, then the row: a row that still says *stored* is found again.
    """
    purged = 0
    failed: set[int] = set()
    while ended := list(
        Attachment.objects.ended(timezone.now()).exclude(pk__in=failed).order_by("expires_at")[:batch]
    ):
        for each in ended:
            try:
                file_storage.drop(each.file)
                file_storage.drop(each.preview)
            except OSError as error:  # the next round tries again
                logger.error("file %s could not be removed: %s", each.pk, error.strerror)
                failed.add(each.pk)
                continue
            Attachment.objects.filter(pk=each.pk).update(state=Attachment.State.EXPIRED, file="", preview="")
            purged += 1
    return purged
