"""Writing: an agent's text becomes a queued message, once per press, and the doorbell rings after the commit."""

from __future__ import annotations

import datetime as dt
import unicodedata
import uuid
from collections.abc import Sequence
from functools import partial

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import Extension, MessageQueue, User
from messaging.broker import doorbell, hints
from messaging.files import uploads
from messaging.models import Message, Session, SessionEvent
from messaging.models.messages import MAX_TEXT
from messaging.outbound.segments import measure
from messaging.refusal import RefusedError
from messaging.sending import turns
from messaging.sessions import locking
from messaging.sessions.timeline import note


def clean_text(typed: str, *, with_files: bool = False) -> str:
    """The text as it is stored and sent. Raises `RefusedError` for one that is too long, or empty.

    With files it may be empty: "" then.
    """
    text = typed.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in text if c == "\n" or c == "\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    if not text.strip():
        if with_files:
            return ""
        raise RefusedError(_("Write a text first: an empty message can't be sent."))
    if len(text) > MAX_TEXT:
        raise RefusedError(
            _("This text has %(length)s characters; a message takes at most %(limit)s.")
            % {"length": f"{len(text):,}", "limit": f"{MAX_TEXT:,}"}
        )
    return text


def answer(
    user: User,
    seat: Extension | None,
    session_id: int,
    typed: str,
    press_key: uuid.UUID,
    file_ids: Sequence[int] = (),
) -> Message:
    """Writes into an open session. A repeat with the same key gives the message that the first press made.

    `file_ids` are drafts of this seat in this session. In a queue with auto pickup the first answer picks the session
    up. Raises `RefusedError`, `NotFoundError`.
    """
    text = clean_text(typed, with_files=bool(file_ids))
    before = partial(pressed_before, seat, press_key, text, file_ids, pk=session_id)
    if first := before():
        return first
    with transaction.atomic():
        session = locking.locked_session(session_id)
        if first := before():
            return first
        return write(session, locking.demand_answerable(session, user, seat), text, press_key, file_ids)


def write(
    session: Session, seat: Extension, text: str, press_key: uuid.UUID, file_ids: Sequence[int] = ()
) -> Message:
    """Queues a message at the end of a locked session that `seat` may answer. Raises `RefusedError` for its files."""
    drafts = uploads.demand_drafts(seat, session, file_ids)
    now = timezone.now()
    pick_up_by_answering(session, seat, now)
    message = Message(
        session=session,
        direction=Message.Direction.OUTBOUND,
        status=Message.Status.QUEUED,
        text=text,
        created_at=now,
        author=seat,
        author_name=str(seat),
        origin=Message.Origin.AGENT,
        priority=Message.Priority.ANSWER,
        press_key=press_key,
        segments=0 if drafts else measure(text).segments,
        has_files=bool(drafts),
    )
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError:  # the same key, in another session, at the same instant
        raise RefusedError(_stale_page()) from None
    uploads.give_to(message, drafts)
    session.last_activity_at, session.waiting_since = now, None
    turns.take_place(session, message, now)
    session.save(
        update_fields=[
            "holder",
            "holder_name",
            "last_activity_at",
            "waiting_since",
            "send_priority",
            "send_turn_at",
        ]
    )
    transaction.on_commit(partial(doorbell.ring, session.channel_id))
    hints.tell(session)
    return message


def pick_up_by_answering(session: Session, seat: Extension | None, now: dt.datetime) -> None:
    """Auto pickup: who answers first becomes the holder, on this object; the caller has it locked and saves it."""
    if seat is None or session.holder_id is not None or session.queue is None:
        return
    if session.queue.mode == MessageQueue.Mode.AUTO:
        session.give_to(seat)
        note(session, SessionEvent.Kind.PICKED_UP, now, actor=seat)


def pressed_before(
    seat: Extension | None,
    press_key: uuid.UUID,
    text: str,
    file_ids: Sequence[int] = (),
    **session: object,
) -> Message | None:
    """The message that this press has made already.

    A key that was used for another text, with other files, or in a session that is not as in `session`, comes from
    an old page that the browser brought out again: `RefusedError`, for else the second text would be lost without a
    word.
    """
    first = Message.objects.filter(author=seat, press_key=press_key).select_related("session").first()
    if seat is None or first is None:
        return None
    is_other = first.text != text or set(first.attachments.values_list("pk", flat=True)) != set(file_ids)
    if is_other or any(getattr(first.session, name) != value for name, value in session.items()):
        raise RefusedError(_stale_page())
    return first


def _stale_page() -> str:
    return _("This page had sent another text before, so this one was not sent. Send it again.")
