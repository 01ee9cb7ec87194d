"""The doorbell: tells the sender that a channel has something to send. Losing a ring costs seconds, no message.

It is never in the way: 100 ms at most for the broker, no retries, and no attempt for 5 s after an error.
"""

from __future__ import annotations

import logging
import threading
import time

from celery import current_app
from django.conf import settings
from kombu import Connection

logger = logging.getLogger(__name__)

DRAIN = "messaging.tasks.drain"  # by name: tasks call stories, and stories ring
TAKE_OUT_FILES = "messaging.tasks.take_out_files"
MAKE_PREVIEWS = "messaging.tasks.make_previews"
TIMEOUT = 0.1  # seconds, to connect and for each answer
REST_AFTER_ERROR = 5.0  # seconds

_lock = threading.Lock()
_connection: Connection | None = None
_rests_until = 0.0


def ring(channel_id: int) -> None:
    """Asks the sending workers to look at a channel. Raises nothing."""
    _ask(DRAIN, channel_id)


def ring_for_files(message_id: int) -> None:
    """Asks a worker to take out the files of a message. Raises nothing."""
    _ask(TAKE_OUT_FILES, message_id)


def ring_for_previews() -> None:
    """Asks a worker to make the previews that are due. Raises nothing."""
    _ask(MAKE_PREVIEWS)


def _ask(task: str, *row_ids: int) -> None:
    global _connection, _rests_until
    if time.monotonic() < _rests_until:
        return
    if not _lock.acquire(timeout=TIMEOUT):
        return
    try:
        if _connection is None:
            _connection = _connect()
        current_app.send_task(task, row_ids, connection=_connection, retry=False, expires=60)
    except Exception as error:  # whatever the broker or its client does, no message may suffer
        logger.warning("the broker does not answer (%s); the clock will ring instead", type(error).__name__)
        _rests_until = time.monotonic() + REST_AFTER_ERROR
        _forget_connection()
    finally:
        _lock.release()


def forget() -> None:
    """Makes the next ring connect anew, whatever happened before."""
    global _rests_until
    with _lock:
        _rests_until = 0.0
        _forget_connection()


def _connect() -> Connection:
    return Connection(
        settings.REDIS_URL,
        connect_timeout=TIMEOUT,
        transport_options={
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
            "retry_on_timeout": False,
            "max_retries": 0,
        },
    )


def _forget_connection() -> None:
    global _connection
    connection, _connection = _connection, None
    if connection is not None:
        try:
            connection.release()
        except Exception:
            logger.debug("the broker's connection did not close cleanly")
