"""Hints: tell open pages that something has changed in a session. Losing one costs seconds, no message.

A hint is only ids: a page that gets it fetches what its person may see. It is published after the commit, by a
thread of its own, so that neither a webhook nor a sender ever waits for the broker; after an error none is sent for
5 s. Topics say who it is for; `messaging.broker.stream_endpoint` passes it on to the streams of those people.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue

import redis
from django.conf import settings
from django.db import transaction

from messaging.models import Session

logger = logging.getLogger(__name__)

BROKER_CHANNEL = "trunkline:hints"
OVERSEERS = "overseers"
TIMEOUT = 0.1  # seconds, to connect and for each answer
REST_AFTER_ERROR = 5.0  # seconds
PAUSE = 0.01  # seconds between two messages to the broker; hints in between are gathered into one

_waiting: SimpleQueue[tuple[int, frozenset[str]]] = SimpleQueue()
_thread: threading.Thread | None = None
_lock = threading.Lock()


def of_extension(extension_id: int) -> str:
    """The topic of an extension."""
    return f"extension:{extension_id}"


def of_queue(queue_id: int) -> str:
    """The topic of a queue's agents."""
    return f"queue:{queue_id}"


def tell(session: Session, *, before: Iterable[int | None] = ()) -> None:
    """Hints that a session has changed, after the commit; `before` had it until now and may have lost it.

    To its holder, its queue's agents, supervisors and administrators. Raises nothing.
    """
    tell_of(session.pk, [session.holder_id, *before], session.queue_id)


def tell_of(session_id: int, extension_ids: Iterable[int | None], queue_id: int | None) -> None:
    """As `tell`, for callers that know only ids."""
    topics = {of_extension(each) for each in extension_ids if each is not None} | {OVERSEERS}
    if queue_id is not None:
        topics.add(of_queue(queue_id))
    transaction.on_commit(partial(_put, session_id, frozenset(topics)))


def tell_by_id(session_ids: Collection[int]) -> None:
    """As `tell`, for sessions known only by id: asks the database who has them."""
    if not session_ids:
        return
    for pk, holder_id, queue_id in Session.objects.filter(pk__in=session_ids).values_list(
        "pk", "holder_id", "queue_id"
    ):
        tell_of(pk, [holder_id], queue_id)


def tell_person(session_id: int, extension_id: int) -> None:
    """Hints to a person's other pages about that person's own state."""
    transaction.on_commit(partial(_put, session_id, frozenset({of_extension(extension_id)})))


def _put(session_id: int, topics: frozenset[str]) -> None:
    global _thread
    _waiting.put((session_id, topics))
    if _thread is None or not _thread.is_alive():
        with _lock:
            if _thread is None or not _thread.is_alive():
                _thread = threading.Thread(target=_publish_all, name="hints", daemon=True)
                _thread.start()


def _publish_all() -> None:
    broker = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=None
    )
    rests_until = 0.0
    while True:
        hints = _gathered()
        if time.monotonic() < rests_until:
            continue
        try:
            broker.publish(BROKER_CHANNEL, json.dumps([[pk, sorted(topics)] for pk, topics in hints.items()]))
        except Exception as error:  # whatever the broker or its client does, this thread keeps running
            logger.warning(
                "the broker does not answer (%s); open pages ask by themselves", type(error).__name__
            )
            rests_until = time.monotonic() + REST_AFTER_ERROR
            broker.close()
        time.sleep(PAUSE)


def _gathered() -> dict[int, set[str]]:
    """Waits for a hint, then takes all waiting ones: each session once."""
    session_id, topics = _waiting.get()
    hints = {session_id: set(topics)}
    with suppress(Empty):
        while True:
            session_id, topics = _waiting.get_nowait()
            hints.setdefault(session_id, set()).update(topics)
    return hints
