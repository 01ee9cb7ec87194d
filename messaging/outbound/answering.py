"""Answering: a press of *Send* in an open session becomes one message."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import partial

from django.db import transaction

from channels_app.models import Extension
from messaging.models import Message
from messaging.models.person import Person
from messaging.outbound.writing import Outgoing, clean_text, queue, stale_page
from messaging.refusal import RefusedError
from messaging.sessions import locking
from messaging.sessions.answerable import demand_answerable


def answer(
    person: Person, session_id: int, typed: str, press_key: uuid.UUID, file_ids: Sequence[int] = ()
) -> Message:
    """Writes into an open session. A repeat with the same key gives the message that the first press made.

    `file_ids` are this person's uploads in this session. In a queue with auto pickup the first answer picks the
    session up. Raises `RefusedError`, `NotFoundError`.
    """
    text = clean_text(typed, with_files=bool(file_ids))
    before = partial(pressed_before, person.extension, press_key, text, file_ids, pk=session_id)
    if first := before():
        return first
    with transaction.atomic():
        session = locking.locked_session(session_id)
        if first := before():
            return first
        author = demand_answerable(session, person)
        return queue(
            session, Outgoing(text, author, person.name, press_key=press_key, draft_ids=tuple(file_ids))
        )


def pressed_before(
    extension: Extension | None,
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
    first = Message.objects.filter(author=extension, press_key=press_key).select_related("session").first()
    if extension is None or first is None:
        return None
    is_other = first.text != text or set(first.attachments.values_list("pk", flat=True)) != set(file_ids)
    if is_other or any(getattr(first.session, name) != value for name, value in session.items()):
        raise RefusedError(stale_page())
    return first
