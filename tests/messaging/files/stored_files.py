"""Files that are stored already, of messages in both directions."""

from __future__ import annotations

import io
from typing import Any

from django.utils import timezone
from PIL import Image

from messaging.files import links, previews
from messaging.files.taking_out import put_into
from messaging.models import Attachment, Message, Session


def picture(width: int = 900, height: int = 600, kind: str = "JPEG") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(made, kind)
    return made.getvalue()


def add_file(session: Session, content: bytes, called: str = "a.bin", /, **more: Any) -> Attachment:
    """A file of a new message that the customer sent in this session."""
    message = Message.objects.create(
        session=session,
        direction=Message.Direction.INBOUND,
        status=Message.Status.RECEIVED,
        created_at=timezone.now(),
        has_files=True,
    )
    return _store(message, content, called, **more)


def add_linked_file(session: Session, content: bytes, called: str = "a.bin", /, **more: Any) -> Attachment:
    """A file of a new message to the customer, with a link for the ITSP."""
    message = Message.objects.create(
        session=session,
        direction=Message.Direction.OUTBOUND,
        origin=Message.Origin.AGENT,
        status=Message.Status.QUEUED,
        created_at=timezone.now(),
        has_files=True,
    )
    return _store(message, content, called, link_token=links.new_token(), **more)


def _store(message: Message, content: bytes, called: str, /, **more: Any) -> Attachment:
    """The row of a file with its bytes in the storage; `more` goes before what is found out about them."""
    attachment = Attachment(message=message)
    put_into(attachment, io.BytesIO(content), called)
    for field, value in more.items():
        setattr(attachment, field, value)
    attachment.save()
    if attachment.preview_due and previews.make(attachment.pk):
        attachment.refresh_from_db()
    return attachment
