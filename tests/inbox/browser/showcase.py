"""A session that shows whatever a conversation can show: every status, files of every kind and state, long words."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from channels_app.models import Extension
from messaging.models import Attachment, Message, Session
from tests.messaging.files.pictures import picture
from tests.messaging.files.stored_files import add_file

Status = Message.Status
State = Attachment.State
LONG_NAME = "Maria-Antonietta von Hohenzollern-Sigmaringen & Partners Incorporated"


def add_everything(session: Session, author: Extension) -> None:
    """Messages of `author` in every status, then the customer's files."""
    for status, failure in (
        (Status.SENT, {}),
        (Status.CANCELLED, {}),
        (Status.FAILED, {"failure_code": "refused", "failure_detail": "Invalid destination " + "9" * 60}),
        (Status.UNCONFIRMED, {"failure_code": "no_answer"}),
        (Status.QUEUED, {"failure_code": "connection"}),
    ):
        add_answer(session, author, status, **failure)
    add_file(session, picture(), "photo.jpg")
    add_file(session, b"%PDF-1.4 its bill", "The bill of November " + "with a long name " * 4 + ".pdf")
    add_file(session, b"ID3\x03\x00\x00\x00\x00\x00\x00", "voice.mp3")
    add_file(session, b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "clip.mp4")
    missing: dict[str, Any] = {"file": "", "preview": "", "preview_due": False}
    add_file(session, b"x", "gone.pdf", state=State.EXPIRED, **missing)
    add_file(session, b"x", "broken.bin", state=State.BROKEN, problem="Could not be fetched", **missing)
    add_file(session, b"x", "late.bin", state=State.WAITING, try_again_at=timezone.now(), **missing)


def add_answer(session: Session, author: Extension, status: str, **more: Any) -> Message:
    return Message.objects.create(
        session=session,
        direction=Message.Direction.OUTBOUND,
        origin=Message.Origin.AGENT,
        author=author,
        author_name=str(author),
        text=f"This answer is {status}; here it goes on to fill more than one line of a telephone.",
        created_at=timezone.now(),
        status=status,
        concluded_at=None if status == Status.QUEUED else timezone.now(),
        **more,
    )
