"""Files of inbound messages: from the webhook's stored body into the storage, each with a row.

Safe to run twice and to be killed at any instant: the body stays until the rows are committed, and a message's
rows and the row that stops pointing at the body are one transaction. How often a body is tried: `body_tries`.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import tempfile
import time
from contextlib import suppress
from typing import BinaryIO, cast

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from channels_app.providers.base import FoundFile
from messaging.broker import hints
from messaging.files import body_tries, previews, spool, storage
from messaging.files.types import UNKNOWN, clean_name, type_of
from messaging.models import Attachment, Message, TrafficCount
from messaging.models.insertion import insert
from messaging.models.traffic import quarter_of

logger = logging.getLogger(__name__)

LOST_AFTER = dt.timedelta(days=1)  # perhaps the spool folder is just not mounted at the moment

TOO_LARGE = gettext_noop("Together the files are larger than the limit.")
NO_ADDRESS = gettext_noop("The file's address can't be used.")
LOST = gettext_noop("The stored request could not be found again.")
UNREADABLE = gettext_noop("The message's files could not be read.")
NOT_STORED = gettext_noop("The message's files could not be stored.")


class TooSlowError(Exception):
    """Reading a body takes longer than a try may last."""


def take_out(message_id: int) -> int:
    """Stores the files of one message; returns the number of rows. 0 if they are not due, or already stored.

    Raises whatever fails, mostly `OSError` and database errors; the body stays, and a later round tries again.
    """
    message = body_tries.begin(message_id)
    if message is None:
        return 0
    if message.body_tries > body_tries.MOST_TRIES:  # the last try died before it could say so
        return _give_up(message, UNREADABLE)
    try:
        with body_tries.renewed(message):
            return _record(message, _read(message))
    except (OSError, OperationalError, InterfaceError):
        if not body_tries.put_off(message):
            _give_up(message, NOT_STORED)
        raise
    except Exception:
        if message.body_tries >= body_tries.MOST_TRIES:
            _give_up(message, UNREADABLE)
        raise


def read_again(message_id: int) -> bool:
    """Reads a body that was set aside once more from the start; False if it is gone."""
    with transaction.atomic():
        found = Message.objects.select_for_update(of=("self",)).select_related("session")
        message = found.get(pk=message_id)
        if not message.body_file:
            return False
        before = list(message.attachments.all())
        message.attachments.all().delete()
        message.body_tries, message.body_try_at = 0, None
        message.save(update_fields=body_tries.SAVED)
        hints.tell(message.session)
    discard(before)
    return True


def _give_up(message: Message, problem: str) -> int:
    logger.error("message %s: %s", message.pk, problem)
    return _record(message, [_broken(message, 0, FoundFile(), problem)])


def _record(message: Message, attachments: list[Attachment]) -> int:
    """Writes the rows, and keeps a body that was not read completely, for a person to look at."""
    committing = False
    try:
        with transaction.atomic():
            found = Message.objects.select_for_update(of=("self",)).select_related("session")
            locked = found.get(pk=message.pk)
            is_mine = locked.body_file == message.body_file and (
                locked.body_tries <= body_tries.MOST_TRIES or locked.body_tries == message.body_tries
            )
            if is_mine:
                Attachment.objects.bulk_create(attachments)
                if any(each.state == Attachment.State.BROKEN for each in attachments):
                    body_tries.set_aside(locked)
                else:
                    body_tries.forget(locked)
                if not attachments:
                    _has_no_files(locked)
                locked.save(update_fields=[*body_tries.SAVED, "has_files"])
                hints.tell(locked.session)
                committing = True
    finally:
        # Once the commit has begun, the rows may be there, whatever the error: then the daily comparison decides.
        if not committing:
            discard(attachments)
    if not is_mine:  # another worker was quicker
        return 0
    if not locked.body_file:
        with suppress(OSError):  # the sweep finds it
            spool.drop(message.body_file)
    return len(attachments)


def _has_no_files(message: Message) -> None:
    """The body had only layout: neither the conversation nor the counts mention files."""
    message.has_files = False
    insert(
        TrafficCount(
            channel_id=message.session.channel_id, quarter_at=quarter_of(message.created_at), with_files=-1
        )
    )


def _read(message: Message) -> list[Attachment]:
    try:
        body = spool.open_kept(message.body_file)
    except FileNotFoundError:
        if timezone.now() < body_tries.came_at(message) + LOST_AFTER:
            raise
        logger.error("message %s: its stored request is gone", message.pk)
        return [_broken(message, 0, FoundFile(), LOST)]
    with body:
        found = message.session.channel.provider.read_files(cast(BinaryIO, _Bounded(body)), _open_file)
    if not found:
        return [_broken(message, 0, FoundFile(), UNREADABLE)]
    attachments: list[Attachment] = []
    left = settings.MAX_FILES_BYTES
    try:
        for each in found:
            if not each.is_layout:
                attachments.append(_store(message, len(attachments), each, left))
                left -= attachments[-1].size
    except BaseException:
        discard(attachments)
        raise
    finally:
        for each in found:
            if each.content is not None:
                each.content.close()
    return attachments


class _Bounded:
    """A body that can't be read for longer than a try may last."""

    def __init__(self, body: BinaryIO) -> None:
        self._body = body
        self._ends_at = time.monotonic() + body_tries.LONGEST_TRY

    def read(self, size: int) -> bytes:
        if time.monotonic() > self._ends_at:
            raise TooSlowError
        return self._body.read(size)


_HTTP = re.compile("https?://", re.IGNORECASE)


def _open_file() -> BinaryIO:
    return cast(BinaryIO, tempfile.TemporaryFile(dir=str(settings.SPOOL_FOLDER)))


def _store(message: Message, position: int, found: FoundFile, left: int) -> Attachment:
    """The row of one file, not yet saved; its bytes are in the storage."""
    if found.address and not (found.address.isprintable() and _HTTP.match(found.address)):
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
    """Stores a content and sets the row's fields; the caller saves it. Its preview follows. Raises `OSError`."""
    attachment.content_type = type_of(content)
    attachment.name = clean_name(name, attachment.content_type)
    attachment.size = content.seek(0, 2)
    attachment.preview_due = previews.wants_preview(attachment.content_type, attachment.size)
    attachment.file = storage.keep(content)
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


def discard(attachments: list[Attachment]) -> None:
    """Removes bytes without a row; if that fails, the daily comparison does it."""
    for each in attachments:
        for name in (each.file, each.preview):
            try:
                storage.drop(name)
            except OSError as error:
                logger.warning("a stored file without a row could not be removed: %s", error)
