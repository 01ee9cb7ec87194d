"""Previews of pictures: made after the file is stored, so that pages never load the whole file.

due → try (counted before it starts) → shrink, in a sandbox → store. A hostile picture only breaks a process of its
own; the clock finds again what was killed on the way. A picture that fails twice has no preview.
"""

from __future__ import annotations

import io
import logging
import shutil
import tempfile
import threading
from pathlib import Path
from typing import BinaryIO, cast

from django.db.models import F
from django.utils import timezone

from messaging.broker import hints
from messaging.files import sandbox, storage
from messaging.models import Attachment
from messaging.models.attachments import PICTURES, AttachmentQuerySet

logger = logging.getLogger(__name__)

MOST_BYTES = 20 * 1024 * 1024
MOST_TRIES = 2
AT_ONCE = 2  # a process
PROGRAM = Path(__file__).with_name("preview_pictures.py")
# With 25 million pixels a WebP takes the most: 600 MB and 1.6 s on a slow core. A preview is 10 to 150 KB.
LIMITS = sandbox.Limits(memory=1024**3, cpu_seconds=10, seconds=20, output=1024**2)

_stopping = threading.Event()
_lock = threading.Lock()
_under_way: set[int] = set()


def wants_preview(content_type: str, size: int) -> bool:
    """Whether a file of this type and size (bytes), just stored, gets a preview: its row's `preview_due`."""
    return content_type in PICTURES and 0 < size <= MOST_BYTES


def stop() -> None:
    """Lets every `make_due` of this process end after its current preview."""
    _stopping.set()


def make_due(limit: int = 200, *, program: Path = PROGRAM, limits: sandbox.Limits = LIMITS) -> int:
    """Makes the previews that are due; returns how many. One that fails holds up no other.

    Returns at once if as many run in this process as may: those take over what is due now.
    """
    made = 0
    tried: set[int] = set()
    while len(tried) < limit and (attachment_id := _take(tried)) is not None:
        tried.add(attachment_id)
        try:
            made += make(attachment_id, program=program, limits=limits)
        except Exception as error:  # each storage has errors of its own; a later round tries again
            logger.error("preview of file %s: %s", attachment_id, type(error).__name__)
        finally:
            with _lock:
                _under_way.discard(attachment_id)
    return made


def make(attachment_id: int, *, program: Path = PROGRAM, limits: sandbox.Limits = LIMITS) -> bool:
    """Makes one preview; returns whether it is stored now. Raises what the storage raises; that try does not count."""
    attachment = _due().filter(pk=attachment_id).first()
    if attachment is None:
        return False
    with cast(BinaryIO, tempfile.TemporaryFile()) as content:
        try:
            with storage.open_kept(attachment.file) as stored:
                shutil.copyfileobj(stored, content)
        except FileNotFoundError:  # purged at this instant, or lost
            return _end(attachment)
        return _begin(attachment) and _try(attachment, content, program, limits)


def _take(tried: set[int]) -> int | None:
    with _lock:
        if _stopping.is_set() or len(_under_way) >= AT_ONCE:
            return None
        # Failed ones last: a row of hostile pictures holds up no other for long.
        left = _due().exclude(pk__in=tried | _under_way).order_by("preview_tries", "pk")
        attachment_id = left.values_list("pk", flat=True).first()
        if attachment_id is not None:
            _under_way.add(attachment_id)
        return attachment_id


def _due() -> AttachmentQuerySet:
    return Attachment.objects.filter(
        preview_due=True, preview="", state=Attachment.State.STORED, expires_at__gt=timezone.now()
    )


def _begin(attachment: Attachment) -> bool:
    """Counts this try, unless somebody else has begun it. The last one counts as failed in advance."""
    row = Attachment.objects.filter(
        pk=attachment.pk, preview_due=True, preview_tries=attachment.preview_tries
    )
    attachment.preview_tries += 1
    attachment.preview_due = attachment.preview_tries < MOST_TRIES
    return bool(row.update(preview_tries=attachment.preview_tries, preview_due=attachment.preview_due))


def _try(attachment: Attachment, content: BinaryIO, program: Path, limits: sandbox.Limits) -> bool:
    try:
        small = sandbox.run(program, content, limits)
        return _store(attachment, small) if small else _end(attachment)
    except sandbox.DiedError as error:
        logger.warning("preview of file %s, try %s: %s", attachment.pk, attachment.preview_tries, error)
        return False
    except BaseException:  # not the picture's fault
        row = Attachment.objects.filter(pk=attachment.pk, preview="")
        row.update(preview_tries=F("preview_tries") - 1, preview_due=True)
        raise


def _store(attachment: Attachment, small: bytes) -> bool:
    """Stores a preview, unless the file has expired meanwhile or another has made one."""
    name = storage.keep(io.BytesIO(small))
    try:
        row = Attachment.objects.filter(pk=attachment.pk, state=Attachment.State.STORED, preview="")
        stored = row.filter(expires_at__gt=timezone.now()).update(preview=name, preview_due=False)
    except BaseException:
        storage.drop(name)
        raise
    if not stored:
        storage.drop(name)
    elif attachment.message is not None:
        hints.tell(attachment.message.session)
    return bool(stored)


def _end(attachment: Attachment) -> bool:
    """Records that this file can't have a preview."""
    logger.info("file %s has no preview", attachment.pk)
    Attachment.objects.filter(pk=attachment.pk).update(preview_due=False)
    return False
