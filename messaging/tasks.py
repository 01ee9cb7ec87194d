"""Celery tasks: each takes ids, calls one story, and is safe to lose and to run twice."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from typing import Any

from celery import shared_task
from celery.signals import beat_init, worker_shutting_down
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from channels_app import domain_checks
from channels_app.models import Channel
from messaging.broker import doorbell
from messaging.exports import session_log
from messaging.files import body_tries, fetching, previews, retention, taking_out
from messaging.models import Session, WebhookLogEntry
from messaging.sending import checking, dead_claims, expiry, loop
from messaging.sessions import closing
from messaging.traffic import counting, rollups

logger = logging.getLogger(__name__)

ROUND = 30  # seconds; what has not begun by then is left to the next round
# Of a worker's four threads: slow servers must leave some for the files of messages.
MOST_FETCHES = 2
_fetches = threading.BoundedSemaphore(MOST_FETCHES)


@worker_shutting_down.connect
def _stop(**_signal: Any) -> None:
    loop.stop()
    previews.stop()


@beat_init.connect
def _check_at_start(**_signal: Any) -> None:
    # Keys and addresses may have changed: check at once, not at the clock's first round.
    check_credentials.delay()


@shared_task
def drain(channel_id: int) -> None:
    loop.drain(channel_id)


@shared_task
def ring_waiting_channels() -> None:
    """Rings for every channel with due messages that nobody serves, so that a lost ring costs seconds."""
    ready = Session.objects.filter(channel=OuterRef("pk"), send_priority__isnull=False)
    served_or_waiting = Q(sending_state__lease_ends_at__gt=Now()) | Q(sending_state__waits_until__gt=Now())
    for channel in Channel.objects.filter(Exists(ready), enabled=True).exclude(served_or_waiting):
        if not channel.holds_queue:
            doorbell.ring(channel.pk)


@shared_task
def take_out_files(message_id: int) -> None:
    try:
        taken = taking_out.take_out(message_id)
    except Exception as error:  # not its text: it may quote what somebody sent
        logger.error("files of message %s: %s", message_id, type(error).__name__)
    else:
        if taken:
            fetch_files()
            make_previews()


@shared_task
def take_out_waiting_files() -> None:
    """Starts a task for each message that a lost ring or a killed worker left: one that hangs holds up no other."""
    for message_id in body_tries.due():
        take_out_files.apply_async((message_id,), expires=ROUND)


@shared_task
def fetch_files() -> None:
    """Starts a task for each due file that came as an address."""
    for attachment_id in fetching.due():
        fetch_file.apply_async((attachment_id,), expires=ROUND)


@shared_task
def fetch_file(attachment_id: int) -> None:
    """Fetches a file, then starts the next; left to a later round if `MOST_FETCHES` are under way."""
    if not _fetches.acquire(blocking=False):
        return
    try:
        fetching.fetch(attachment_id)
    except Exception as error:  # not its text: that may contain the address, which may contain a token
        logger.error("file %s: %s", attachment_id, type(error).__name__)
        return  # the next may fail for the same reason: that is for a later round
    finally:
        _fetches.release()
    make_previews()
    for following in fetching.due(limit=1):
        fetch_file.apply_async((following,), expires=ROUND)


@shared_task
def make_previews() -> None:
    previews.make_due()


@shared_task
def purge_files() -> None:
    retention.purge()
    retention.purge_bodies()


@shared_task
def remove_files_without_a_row() -> None:
    retention.remove_files_without_a_row()


@shared_task
def sweep_spool() -> None:
    retention.sweep_spool()


@shared_task
def settle_dead_claims() -> None:
    dead_claims.settle_dead_claims()


@shared_task
def fail_waited_too_long() -> None:
    expiry.fail_waited_too_long()
    expiry.fail_expired_files()


@shared_task
def close_idle_sessions() -> None:
    closing.close_idle()


@shared_task
def fold_traffic() -> None:
    counting.fold_traffic()
    rollups.roll_up()


@shared_task
def trim_webhook_log() -> None:
    """Deletes log lines older than `WEBHOOK_LOG_DAYS`."""
    oldest = timezone.now() - dt.timedelta(days=settings.WEBHOOK_LOG_DAYS)
    while True:
        old = WebhookLogEntry.objects.filter(received_at__lt=oldest).order_by("received_at")
        ids = list(old.values_list("pk", flat=True)[:1000])
        if not ids:
            return
        WebhookLogEntry.objects.filter(pk__in=ids).delete()


@shared_task
def stop_lost_exports() -> None:
    session_log.stop_lost()


@shared_task
def check_credentials() -> None:
    checking.check_all()


@shared_task
def check_domains() -> None:
    """Checks domains not checked for a day, so that a machine that is off at night misses none."""
    domain_checks.check_due()
