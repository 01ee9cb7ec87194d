"""Tries at reading a stored webhook body: one worker at a time, counted before they start, with growing pauses.

A body waits while its message has `body_file` and at most `MOST_TRIES` tries; it is not read before `body_try_at`. A
try that kills or hangs its worker is used up; one that failed for the disk, the storage or the database is given
back. After the last one the body is set aside: kept until `body_try_at`, for a person to look at, and not read.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from messaging.models import Message, UnroutableMessage

logger = logging.getLogger(__name__)

PAUSES = (
    60,
    300,
    1800,
    7200,
    7200,
)  # seconds from a try that died, or that the body made fail, to the next
MOST_TRIES = len(PAUSES)
RENEW_EVERY = 15.0  # seconds
LONGEST_TRY = 900.0  # seconds; a thread that hangs does not keep its body for ever
SHORTEST_WAIT, LONGEST_WAIT = (
    dt.timedelta(seconds=30),
    dt.timedelta(hours=1),
)  # while the disk, storage or database fails


def due(limit: int = 100) -> list[int]:
    """Messages whose body may be read now, oldest first."""
    messages = _waiting().filter(Q(body_try_at=None) | Q(body_try_at__lte=timezone.now()))
    return list(messages.order_by("pk").values_list("pk", flat=True)[:limit])


def begin(message_id: int) -> Message | None:
    """Takes a body for one try, committed; None if it is not due.

    With more tries than `MOST_TRIES`, none was left.
    """
    with transaction.atomic():
        found = _waiting().select_for_update(of=("self",)).select_related("session__channel")
        message = found.filter(pk=message_id).first()
        now = timezone.now()
        if message is None or (message.body_try_at is not None and message.body_try_at > now):
            return None
        message.body_tries += 1
        message.body_try_at = now + _pause_after(message.body_tries)
        message.save(update_fields=["body_tries", "body_try_at"])
        return message


@contextmanager
def renewed(message: Message) -> Iterator[None]:
    """Keeps others away from the body while the block runs, for `LONGEST_TRY` at most."""
    done = threading.Event()
    renewing = threading.Thread(target=_renew, args=(message.pk, message.body_tries, done), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()


def _renew(message_id: int, tries: int, done: threading.Event) -> None:
    ends_at = time.monotonic() + LONGEST_TRY
    try:
        while not done.wait(RENEW_EVERY) and time.monotonic() < ends_at:
            mine = _waiting().filter(pk=message_id, body_tries=tries)
            try:
                mine.update(body_try_at=timezone.now() + _pause_after(tries))
            except DatabaseError as error:
                logger.warning("message %s: not renewed: %s", message_id, type(error).__name__)
    finally:
        connection.close()


def put_off(message: Message) -> bool:
    """Gives back, after a pause, a try that the body did not make fail; False if its time is over."""
    now = timezone.now()
    waited = now - came_at(message)
    if waited >= dt.timedelta(hours=settings.FILE_HOURS):
        return False
    pause = min(max(waited / 4, SHORTEST_WAIT), LONGEST_WAIT)
    mine = _waiting().filter(pk=message.pk, body_tries=message.body_tries)
    mine.update(body_tries=message.body_tries - 1, body_try_at=now + pause)
    return True


def came_at(message: Message) -> dt.datetime:
    """When a message reached its readers: for an unroutable one, when it was delivered."""
    was_unroutable = UnroutableMessage.objects.filter(message=message).first()
    delivered_at = was_unroutable.resolved_at if was_unroutable is not None else None
    return delivered_at or message.created_at


def set_aside(message: Message) -> None:
    """Keeps the body, unread, for as long as its files would have been kept. The caller saves the row."""
    message.body_tries = MOST_TRIES + 1
    message.body_try_at = came_at(message) + dt.timedelta(hours=settings.FILE_HOURS)


def forget(message: Message) -> None:
    """Marks the body as no longer needed. The caller saves the row, and removes the body after the commit."""
    message.body_file, message.body_tries, message.body_try_at = "", 0, None


SAVED = ("body_file", "body_tries", "body_try_at")


def set_aside_for_too_long() -> QuerySet[Message]:
    """Messages whose body was set aside and whose time is over."""
    aside = Message.objects.exclude(body_file="").filter(body_tries__gt=MOST_TRIES)
    return aside.filter(body_try_at__lte=timezone.now())


def _waiting() -> QuerySet[Message]:
    return Message.objects.exclude(body_file="").filter(body_tries__lte=MOST_TRIES)


def _pause_after(tries: int) -> dt.timedelta:
    return dt.timedelta(seconds=PAUSES[min(tries, MOST_TRIES) - 1])
