"""Retention: files are removed when their time is over: links at that instant, bytes within minutes.

What no row refers to is removed too: a stored request that could not be answered 200, a file whose worker was
killed before its row was committed.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from messaging.broker import hints
from messaging.files import body_tries, spool, storage
from messaging.models import Attachment, Message, UnroutableMessage

logger = logging.getLogger(__name__)

# A request or file just written may get its row in a moment; a day is far longer than any takes.
NEW = dt.timedelta(days=1)


def purge(batch: int = 200) -> int:
    """Removes the bytes of files whose time is over; returns how many. Safe to run twice and to be killed.

    First the bytes, then the row: a row that still says *stored* is found again.
    """
    purged = 0
    failed: set[int] = set()
    while ended := list(
        Attachment.objects.ended(timezone.now()).exclude(pk__in=failed).order_by("expires_at")[:batch]
    ):
        hints.tell_by_id(set(Message.objects.filter(attachments__in=ended).values_list("session", flat=True)))
        for each in ended:
            try:
                storage.drop(each.file)
                storage.drop(each.preview)
            except OSError as error:  # the next round tries again
                logger.error("file %s could not be removed: %s", each.pk, error)
                failed.add(each.pk)
                continue
            # Not one that got a preview meanwhile: the next round finds it with the preview.
            purged += Attachment.objects.filter(pk=each.pk, preview=each.preview).update(
                state=Attachment.State.EXPIRED, file="", preview="", preview_due=False
            )
    Attachment.objects.filter(
        message=None, state=Attachment.State.EXPIRED
    ).delete()  # never sent: nobody misses it
    return purged


def purge_bodies() -> int:
    """Removes stored requests that could not be read completely, once their files' time is over; returns how many."""
    purged = 0
    for pk, name in body_tries.set_aside_for_too_long().values_list("pk", "body_file"):
        try:
            spool.drop(name)
        except OSError as error:  # the next round tries again
            logger.error("the stored request of message %s could not be removed: %s", pk, error.strerror)
            continue
        Message.objects.filter(pk=pk, body_file=name).update(body_file="")
        purged += 1
    return purged


def sweep_spool() -> int:
    """Removes stored requests that no message needs any longer; returns how many.

    A dismissed unroutable message's request goes after the time that files are kept.
    """
    swept = 0
    for names in _batches(spool.older_than(NEW)):
        for name in names - _needed(names):
            spool.drop(name)
            swept += 1
    return swept


def _needed(names: set[str]) -> set[str]:
    ended = timezone.now() - dt.timedelta(hours=settings.FILE_HOURS)
    unroutable = UnroutableMessage.objects.exclude(resolution=UnroutableMessage.Resolution.DELIVERED).exclude(
        resolution=UnroutableMessage.Resolution.DISMISSED, resolved_at__lte=ended
    )
    # In this order: a message that is delivered meanwhile is found in at least one of them.
    needed = set(unroutable.filter(body_file__in=names).values_list("body_file", flat=True))
    return needed | set(Message.objects.filter(body_file__in=names).values_list("body_file", flat=True))


@dataclass(frozen=True, slots=True)
class Differences:
    """Where storage and rows differ: files without a row, rows without their file."""

    files: tuple[str, ...]
    rows: tuple[int, ...]


def compare() -> Differences:
    """Compares the storage with the rows. A file that was just written is left out: its row may be on its way."""
    stored = Attachment.objects.filter(state=Attachment.State.STORED)
    rows = stored.values_list("pk", "file").iterator()
    lost = [pk for pk, file in rows if not storage.exists(file)]
    return Differences(tuple(files_without_a_row()), tuple(lost))


def files_without_a_row() -> Iterator[str]:
    """Stored files without a row, older than a day: their worker died, or does not know whether it committed."""
    for names in _batches(storage.older_than(NEW)):
        yield from sorted(names - _known(names))


def remove_files_without_a_row() -> int:
    """Removes them; returns how many."""
    removed = 0
    for name in files_without_a_row():
        if _known({name}):  # it has a row since
            continue
        try:
            storage.drop(name)
        except OSError as error:  # tomorrow again
            logger.error("a stored file without a row could not be removed: %s", error)
            continue
        removed += 1
    if removed:
        logger.warning("%s stored files without a row were removed", removed)
    return removed


def _known(names: set[str]) -> set[str]:
    rows = Attachment.objects.filter(Q(file__in=names) | Q(preview__in=names))
    return {name for pair in rows.values_list("file", "preview") for name in pair} & names


def _batches(names: Iterable[str], size: int = 500) -> Iterator[set[str]]:
    batch: set[str] = set()
    for name in names:
        batch.add(name)
        if len(batch) >= size:
            yield batch
            batch = set()
    if batch:
        yield batch
