"""Uploads: files attached to a text that is not sent yet. *Send* makes them the message's."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import IO, BinaryIO, cast

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import Extension
from messaging.broker import doorbell
from messaging.files import links, previews, spool, storage
from messaging.files.types import clean_name, runs_in_a_browser, type_of
from messaging.models import Attachment, Message, Session
from messaging.models.person import Person
from messaging.refusal import NotFoundError, RefusedError
from messaging.sessions import locking
from messaging.sessions.answerable import demand_answerable

MOST_FILES = 20  # of one message
MOST_DRAFTS = 5  # times a message's limit: what one person may keep unsent in all sessions together
ROOM_LEFT = 1024**3  # bytes that uploads leave free, for webhooks and the database
SLOWEST = 1024  # bytes a second, after the first PATIENCE seconds
PATIENCE = 30.0

State = Attachment.State


def why_no_files(session: Session) -> str:
    """The sentence that says why no file can be sent in a session; "" if files can be sent."""
    if session.channel.file_origin:
        return ""
    return _(
        "Files can't be sent: the channel “%(channel)s” has no domain for the ITSP to fetch "
        "them from. An administrator can choose one under “Webhook URL” on the channel's page."
    ) % {"channel": session.channel.name}


def upload(person: Person, session_id: int, body: IO[bytes], length: int, name: str) -> Attachment:
    """Stores a file, `length` bytes of `body`, as a draft of this extension in this session.

    Raises `RefusedError`, before reading a byte if possible; `NotFoundError`; `spool.BodyCutShortError` if the
    body ends before, `TooSlowError` if it takes too long; `OSError` if it can't be stored. Then nothing of it stays.
    """
    with transaction.atomic():
        extension = _demand_room(locking.locked_session(session_id), person, length)
    if not connection.in_atomic_block:
        connection.close()  # a body may come in slowly, and others need the pool's connections
    with spool.received_body(cast(IO[bytes], _Steady(body)), length) as content:
        attachment = _checked(content, length, name)
        attachment.file = storage.keep(content)
    attachment.draft_session_id, attachment.uploader = session_id, extension
    attachment.stored_at = timezone.now()
    attachment.expires_at = Attachment.end_of(attachment.stored_at)
    try:
        with transaction.atomic():
            _demand_room(locking.locked_session(session_id), person, length)
            attachment.save()
    except (RefusedError, NotFoundError):
        storage.drop(attachment.file)
        raise
    if attachment.preview_due:
        doorbell.ring_for_previews()
    return attachment


def remove(extension: Extension | None, session_id: int, file_id: int) -> bool:
    """Removes a draft; False if there is none. A file sent meanwhile stays with its message."""
    if extension is None:
        return False
    with transaction.atomic():
        draft = (
            Attachment.objects.drafts(extension, session_id)
            .select_for_update(of=("self",))
            .filter(pk=file_id)
        )
        found = draft.first()
        if found is None:
            return False
        found.delete()
    storage.drop(found.file)
    storage.drop(found.preview)
    return True


def demand_drafts(extension: Extension, session: Session, file_ids: Sequence[int]) -> list[Attachment]:
    """These drafts, in this order. Raises `RefusedError` if one is gone, or files can't be sent."""
    if not file_ids:
        return []
    if len(file_ids) > MOST_FILES:
        raise RefusedError(_too_many())
    if reason := why_no_files(session):
        raise RefusedError(reason)
    found = Attachment.objects.drafts(extension, session.pk).select_for_update(of=("self",)).in_bulk(file_ids)
    drafts = [found[file_id] for file_id in dict.fromkeys(file_ids) if file_id in found]
    if len(drafts) < len(set(file_ids)) or not all(draft.is_there for draft in drafts):
        raise RefusedError(_("A file is no longer available. Remove it and attach it again."))
    return drafts


def give_to(message: Message, drafts: Sequence[Attachment]) -> None:
    """Makes drafts the files of a message that is written in this transaction."""
    for position, draft in enumerate(drafts):
        draft.message, draft.position = message, position
        draft.draft_session = draft.uploader = None
        draft.link_token = links.new_token()
        draft.save(update_fields=["message", "position", "draft_session", "uploader", "link_token"])


def copy_to(message: Message, attachments: Sequence[Attachment]) -> None:
    """The same files for another message: the bytes are stored once and expire for both at the same instant."""
    for each in attachments:
        each.pk, each.message, each.link_token = None, message, links.new_token()
        each._state.adding = True
        each.save(force_insert=True)


class TooSlowError(Exception):
    """A body that comes in too slowly and would hold a place for hours."""


class _Steady:
    """A body that has to come in steadily."""

    def __init__(self, body: IO[bytes]) -> None:
        self._body = body
        self._began_at = time.monotonic()
        self._read = 0

    def read(self, size: int) -> bytes:
        """As the body's. Raises `TooSlowError`."""
        piece = self._body.read(size)
        self._read += len(piece)
        seconds = time.monotonic() - self._began_at
        if seconds > PATIENCE and self._read < SLOWEST * seconds:
            raise TooSlowError
        return piece


def _demand_room(session: Session, person: Person, length: int) -> Extension:
    """The extension, if it may send a file of this many bytes here. Raises `RefusedError`, `NotFoundError`."""
    extension = demand_answerable(session, person)
    if reason := why_no_files(session):
        raise RefusedError(reason)
    if length == 0:
        raise RefusedError(_("This file is empty."))
    everywhere = (
        Attachment.objects.filter(uploader=extension, message=None).aggregate(size=Sum("size"))["size"] or 0
    )
    if everywhere + length > MOST_DRAFTS * settings.MAX_FILES_BYTES:
        raise RefusedError(
            _("Too many of your files are waiting unsent, in other sessions too. Send or remove some.")
        )
    if not storage.has_room(length + ROOM_LEFT):
        raise RefusedError(_("There is no space left for files. Tell your administrator."))
    drafts = Attachment.objects.drafts(extension, session.pk)
    if drafts.count() >= MOST_FILES:
        raise RefusedError(_too_many())
    stored = drafts.aggregate(size=Sum("size"))["size"] or 0
    if stored + length > settings.MAX_FILES_BYTES:
        raise RefusedError(
            _("The files of a message may be %(limit)s in total; with this one they would be %(size)s.")
            % {
                "limit": filesizeformat(settings.MAX_FILES_BYTES),
                "size": filesizeformat(stored + length),
            }
        )
    return extension


def _too_many() -> str:
    return _("A message takes at most %(number)s files.") % {"number": MOST_FILES}


def _checked(content: BinaryIO, length: int, name: str) -> Attachment:
    content_type = type_of(content)
    name = clean_name(name, content_type)
    if runs_in_a_browser(name, content_type):
        raise RefusedError(
            _(
                "This is a web page, an SVG picture, XML or a script. It can't be sent, because opening "
                "it might run it."
            )
        )
    return Attachment(
        state=State.STORED,
        name=name,
        content_type=content_type,
        size=length,
        preview_due=previews.wants_preview(content_type, length),
    )
