"""Files of inbound messages: out of the webhook's stored body, into the storage, each with a row.

Safe to run twice and to be killed at any instant: the body stays until the rows are committed, and a message's
rows and its farewell to the body are one transaction.
"""

from __future__ import annotations

import logging
import tempfile
from typing import BinaryIO, cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from channels_app.providers.base import FoundFile
from messaging import file_storage, previews, spool
from messaging.file_types import UNKNOWN, clean_name, type_of
from messaging.models import Attachment, Message

logger = logging.getLogger(__name__)

TOO_LARGE = gettext_noop("Together the files are larger than the limit.")
NO_ADDRESS = gettext_noop("The file's address can't be used.")
LOST = gettext_noop("The stored request could not be found again.")


def waiting(limit: int = 100) -> list[int]:
    """Messages whose files are still in their webhook's body, oldest first."""
    messages = Message.objects.exclude(body_file="").order_by("pk")
    return list(messages.values_list("pk", flat=True)[:limit])


def take_out(message_id: int) -> int:
    """Stores the files of one message; gives how many. 0 if they are stored already.

    Raises `OSError` where the disk or the storage fails: the body stays, and the next round tries again.
    """
    message = Message.objects.select_related("session__channel").get(pk=message_id)
    if not message.body_file:
        return 0
    body_file = message.body_file
    attachments = _read(message)
    try:
        with transaction.atomic():
            locked = Message.objects.select_for_update().get(pk=message_id)
            if locked.body_file != body_file:  # somebody else was quicker
                _discard(attachments)
                return 0
            Attachment.objects.bulk_create(attachments)
            locked.body_file = ""
            locked.save(update_fields=["body_file"])
    except BaseException:
        _discard(attachments)
        raise
    spool.drop(body_file)
    return len(attachments)


def _read(message: Message) -> list[Attachment]:
    try:
        body = spool.open_kept(message.body_file)
    except FileNotFoundError:
        logger.error("message %s: its stored request is gone", message.pk)
        return [_broken(message, 0, FoundFile(), LOST)]
    attachments: list[Attachment] = []
    with body:
        found = message.session.channel.provider.read_files(body, _open_file)
    left = settings.MAX_FILES_BYTES
    try:
        for position, each in enumerate(found):
            attachments.append(_store(message, position, each, left))
            left -= attachments[-1].size
    except BaseException:
        _discard(attachments)
        raise
    finally:
        for each in found:
            if each.content is not None:
                each.content.close()
    return attachments


def _open_file() -> BinaryIO:
    return cast(BinaryIO, tempfile.TemporaryFile(dir=str(settings.SPOOL_FOLDER)))


def _store(message: Message, position: int, found: FoundFile, left: int) -> Attachment:
    """The row of one file, not saved yet; its bytes are in the storage."""
    if found.address and not found.address.isprintable():
        return _broken(message, position, found, NO_ADDRESS)
    if found.address:
        return _to_fetch(message, position, found)
    if found.content is None:
        return _broken(message, position, found, found.problem)
    if found.content.seek(0, 2) > left:
        return _broken(message, position, found, TOO_LARGE)
    attachment = Attachment(message=message, position=position)
    put_into(attachment, found.content, found.name)
    return attachment


def put_into(attachment: Attachment, content: BinaryIO, name: str) -> None:
    """Stores a content, and says so on this row; the caller saves it. Its preview follows. Raises `OSError`."""
    attachment.content_type = type_of(content)
    attachment.name = clean_name(name, attachment.content_type)
    attachment.size = content.seek(0, 2)
    attachment.preview_due = previews.wants_preview(attachment.content_type, attachment.size)
    attachment.file = file_storage.keep(content)
    attachment.state, attachment.stored_at = Attachment.State.STORED, timezone.now()
    attachment.expires_at = Attachment.end_of(attachment.stored_at)
    attachment.try_again_at = None


def _to_fetch(message: Message, position: int, found: FoundFile) -> Attachment:
    now = timezone.now()
    name = found.name or found.address.partition("?")[0].rpartition("/")[2]
    return Attachment(
        message=message,
        position=position,
        state=Attachment.State.WAITING,
        name=clean_name(name, UNKNOWN),
        address=found.address,
        try_again_at=now,
        stored_at=now,
        expires_at=Attachment.end_of(now),
    )


def _broken(message: Message, position: int, found: FoundFile, problem: str) -> Attachment:
    now = timezone.now()
    return Attachment(
        message=message,
        position=position,
        state=Attachment.State.BROKEN,
        name=clean_name(found.name, UNKNOWN),
        problem=problem[:300],
        stored_at=now,
        expires_at=now,
    )


def _discard(attachments: list[Attachment]) -> None:
    for each in attachments:
        file_storage.drop(each.file)
        file_storage.drop(each.preview)
