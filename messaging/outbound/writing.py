"""Writing: the one door for whatever goes out. A message is queued here, whoever wrote it."""

from __future__ import annotations

import datetime as dt
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import Extension, MessageQueue
from messaging.broker import doorbell, hints
from messaging.files import uploads
from messaging.models import Attachment, Message, Session, SessionEvent
from messaging.models.messages import MAX_TEXT
from messaging.models.session_rights import may_answer
from messaging.outbound.segments import measure
from messaging.refusal import RefusedError
from messaging.sending import turns
from messaging.sessions.answerable import why_nothing_leaves
from messaging.sessions.timeline import note


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to go out, and whose it is.

    `press_key` makes one press of *Send* one message. `draft_ids` are uploads of the author's in this session. A
    message that is sent again takes the files of `resent_from` along instead.
    """

    text: str
    author: Extension | None
    author_name: str
    origin: Message.Origin = Message.Origin.AGENT
    priority: Message.Priority = Message.Priority.ANSWER
    press_key: uuid.UUID | None = None
    draft_ids: Sequence[int] = ()
    resent_from: Message | None = None


def queue(session: Session, outgoing: Outgoing) -> Message:
    """Queues a message at the end of a locked session, and rings the doorbell after the commit.

    Whether its author may write here was asked before. Whether anything may leave is asked here. Raises
    `RefusedError` with the reason, and for files that are not there any more; nothing is written then.
    """
    if reason := why_nothing_leaves(session):
        raise RefusedError(reason)
    files = _files_of(session, outgoing)
    now = timezone.now()
    _pick_up_by_answering(session, outgoing.author, now)
    message = Message(
        session=session,
        direction=Message.Direction.OUTBOUND,
        status=Message.Status.QUEUED,
        text=outgoing.text,
        created_at=now,
        author=outgoing.author,
        author_name=outgoing.author_name,
        origin=outgoing.origin,
        priority=outgoing.priority,
        press_key=outgoing.press_key,
        segments=0 if files else measure(outgoing.text).segments,
        has_files=bool(files),
        resent_from=outgoing.resent_from,
    )
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError:  # the same key, in another session, at the same instant
        raise RefusedError(stale_page()) from None
    if outgoing.resent_from is None:
        uploads.give_to(message, files)
    else:
        uploads.copy_to(message, files)
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


def _files_of(session: Session, outgoing: Outgoing) -> list[Attachment]:
    """The files to take along. Raises `RefusedError` if one is not there any more."""
    if outgoing.resent_from is not None:
        files = list(outgoing.resent_from.attachments.all())
        if not all(each.is_there for each in files):
            raise RefusedError(
                _("A file of this message has expired. Write a new message and attach it again.")
            )
        return files
    if outgoing.author is None:
        return []
    return uploads.demand_drafts(outgoing.author, session, outgoing.draft_ids)


def _pick_up_by_answering(session: Session, author: Extension | None, now: dt.datetime) -> None:
    """Auto pickup: who answers first becomes the holder, on this object; the caller has it locked and saves it."""
    if author is None or session.holder_id is not None or session.queue is None:
        return
    if session.queue.mode == MessageQueue.Mode.AUTO and may_answer(session, author):
        session.give_to(author)
        note(session, SessionEvent.Kind.PICKED_UP, now, actor=author)


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


def stale_page() -> str:
    """What somebody is told whose page has sent another text with the same key before."""
    return _("This page already sent a different text, so this one was not sent. Send it again.")
