"""Sending: takes messages from the channels' queues to the ITSPs, each channel at its rate.

lease → claim → permit → send → record, until nothing is due. Any number of processes may call `drain` for the same
channel: one sends, the others return at once. A process serves all the channels that it has leases of in one loop,
so that many slow channels cost hardly more than one fast one: each round records, renews, claims for all at once.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, connection
from django.db.models.functions import Now

from channels_app.models import Channel
from channels_app.providers.base import SendResult
from messaging.models import Session
from messaging.sending import expiry, lease
from messaging.sending.claims import Claim, Wanted, claim
from messaging.sending.draining import Drain
from messaging.sending.recording import Settled, record

logger = logging.getLogger(__name__)

DATABASE_ERRORS = (DatabaseError, InterfaceError)
ROUND_AT_LEAST = 0.020  # seconds: answers within this time are recorded in one transaction
RELOAD_EVERY = 0.5  # seconds after which a changed rate is noticed
FEW_SENDERS = 4  # a channel with fewer may take one of the reserved
RESERVED_SENDERS = settings.SEND_THREADS // 4  # so that two ITSPs that stop answering do not stop the others

_stopping = threading.Event()
_running: dict[int, threading.Event] = {}
_running_lock = threading.Lock()
_senders = ThreadPoolExecutor(settings.SEND_THREADS, thread_name_prefix="send")
_free_senders = threading.Semaphore(settings.SEND_THREADS)


def stop() -> None:
    """Lets every drain of this process end: nothing more is claimed, what has not left goes back to the queue."""
    _stopping.set()
    _loop.wake.set()


def drain(channel_id: int) -> None:
    """Sends what a channel has queued, until nothing is due. Returns at once if another process does it."""
    rung = threading.Event()
    with _running_lock:
        if channel_id in _running:
            _running[channel_id].set()
            _loop.wake.set()
            return
        _running[channel_id] = rung
    try:
        while _drain(channel_id, rung) and _rung_meanwhile(channel_id, rung):
            pass
    finally:
        with _running_lock:
            if _running.get(channel_id) is rung:
                del _running[channel_id]
        connection.close()


def _drain(channel_id: int, rung: threading.Event) -> bool:
    """Sends until nothing is due; False if another process does it."""
    expiry.fail_waited_too_long(channel_id)  # first, so that after a long pause nothing too old leaves
    while not _stopping.is_set() and _something_is_due(channel_id):
        held = lease.Lease.acquire(channel_id)
        if held is None:
            return False
        draining = Drain(channel_id, held, rung)
        # Read after the lease, which may have been waited for: anything read before would be stale.
        draining.load(Channel.objects.filter(pk=channel_id, enabled=True).first())
        _loop.serve(draining)
        if draining.failed:
            break  # looking again at once is no use: the clock rings
    return True


def _rung_meanwhile(channel_id: int, rung: threading.Event) -> bool:
    """Whether the bell rang after the last look; if not, the next ring starts a new drain."""
    with _running_lock:
        if rung.is_set() and not _stopping.is_set():
            rung.clear()
            return True
        del _running[channel_id]
        return False


def _something_is_due(channel_id: int) -> bool:
    """Whether a message of the channel may leave now."""
    channel = Channel.objects.filter(pk=channel_id, enabled=True).first()
    if channel is None or channel.holds_queue:
        return False
    ready = Session.objects.filter(channel_id=channel_id, send_priority__isnull=False)
    return ready.exclude(channel__sending_state__waits_until__gt=Now()).exists()


class Loop:
    """Serves every drain of this process, in one of the threads that wait for their drain to end."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self._drains: list[Drain] = []
        self._is_served = False
        self._changing = threading.Condition()  # for the two above
        self._settled: SimpleQueue[tuple[Drain, Claim, SendResult]] = SimpleQueue()
        self._unrecorded: list[tuple[Drain, Claim, SendResult]] = []
        self._renew_at = self._reload_at = float("-inf")
        self._failures = 0  # rounds in a row that failed

    def serve(self, draining: Drain) -> None:
        """Returns when the drain has ended. The first thread to arrive serves all drains."""
        with self._changing:
            if not self._drains:
                now = time.monotonic()
                self._renew_at, self._reload_at = now + lease.RENEW_EVERY, now + RELOAD_EVERY
            self._drains.append(draining)
        try:
            self.wake.set()
            while self._takes_over(draining):
                try:
                    while not draining.ended:
                        self._round()
                finally:
                    with self._changing:
                        self._is_served = False
                        self._changing.notify_all()
        finally:
            with self._changing:
                self._drains.remove(draining)

    def _takes_over(self, draining: Drain) -> bool:
        """Waits until no other thread serves, and takes over; False if the drain ended before."""
        with self._changing:
            if self._is_served and not connection.in_atomic_block:
                connection.close()  # many threads may wait here
            self._changing.wait_for(lambda: draining.ended or not self._is_served)
            if draining.ended:
                return False
            self._is_served = True
            return True

    def _round(self) -> None:
        """One round for all: records answers, claims what is due, releases what has ended, sleeps."""
        with self._changing:
            drains = [each for each in self._drains if not each.ended]
        try:
            self._record()
            self._renew(drains)
            self._reload(drains)
            self._claim(drains)
            for each in drains:
                if each.ending:
                    each.let_go()
            self._failures = 0
        except Exception as error:  # otherwise only the serving thread's own drain would end
            self._note_failure(error, drains)
        for each in drains:
            each.give_up_in_time()
        if any(each.ended for each in drains):
            with self._changing:
                self._changing.notify_all()
        else:
            self._sleep(drains)

    def _note_failure(self, error: Exception, drains: list[Drain]) -> None:
        """Tries once more; then every drain ends, and the clock restarts them."""
        if isinstance(error, DATABASE_ERRORS):
            logger.error("sending: the database failed (%s)", type(error).__name__)
        else:
            logger.error("sending: a round failed", exc_info=error)
        connection.close()
        self._failures += 1
        if self._failures > 1:
            for each in drains:
                each.end(failed=True)
        time.sleep(0.5)

    def _record(self) -> None:
        """Records answers. What can't be recorded now is kept and tried again next time."""
        with suppress(Empty):
            while True:
                self._unrecorded.append(self._settled.get_nowait())
        if not self._unrecorded:
            return
        settled = [
            Settled(claim.message_id, claim.session_id, claim.claim, result)
            for _drain, claim, result in self._unrecorded
        ]
        try:
            record(settled)
        except (DataError, IntegrityError):
            _record_one_by_one(settled)
        results: dict[Drain, list[SendResult]] = {}
        for each, _claim, result in self._unrecorded:
            each.in_flight -= 1
            results.setdefault(each, []).append(result)
        self._unrecorded.clear()
        for each, answers in results.items():
            try:
                each.heed(answers)
            except DATABASE_ERRORS as error:
                logger.error("channel %s: the database failed (%s)", each.channel_id, type(error).__name__)
                each.end(failed=True)

    def _renew(self, drains: list[Drain]) -> None:
        now = time.monotonic()
        if now < self._renew_at:
            return
        lease.renew([each.lease for each in drains])
        for each in drains:
            if not each.lease.holds():
                each.end()
        self._renew_at = now + lease.RENEW_EVERY

    def _reload(self, drains: list[Drain]) -> None:
        now = time.monotonic()
        if now < self._reload_at:
            return
        going_on = [each for each in drains if not each.ending]
        channels = Channel.objects.filter(enabled=True).in_bulk([each.channel_id for each in going_on])
        for each in going_on:
            each.load(channels.get(each.channel_id))
        self._reload_at = now + RELOAD_EVERY

    def _claim(self, drains: list[Drain]) -> None:
        if _stopping.is_set():
            for each in drains:
                each.end()
        wanted: dict[int, Wanted] = {}
        looking: dict[int, Drain] = {}
        busy = sum(each.busy_senders for each in drains)
        # Senders are scarce: the channel with the fewest goes first.
        for each in sorted(drains, key=lambda each: each.busy_senders):
            due = each.places()
            if each.busy_senders >= FEW_SENDERS:
                due = min(due, settings.SEND_THREADS - RESERVED_SENDERS - busy)
            places = 0
            while places < due and _free_senders.acquire(blocking=False):
                places += 1
            busy += places
            if places:
                looking[each.channel_id] = each
                wanted[each.channel_id] = Wanted(each.channel_id, places, each.bulk_at(places))
        if not wanted:
            return
        claims: list[Claim] = []
        try:
            claims = claim(list(wanted.values()))
        finally:
            for _unused in range(sum(each.places for each in wanted.values()) - len(claims)):
                _free_senders.release()
        found: dict[int, list[Claim]] = {channel_id: [] for channel_id in wanted}
        for each_claim in claims:
            found[each_claim.channel_id].append(each_claim)
        for channel_id, its_claims in found.items():
            looking[channel_id].note_claimed(wanted[channel_id].places, len(its_claims))
            for each_claim in its_claims:
                try:
                    _senders.submit(self._send, looking[channel_id], each_claim)
                except RuntimeError as error:  # no new thread: an existing one does a queued job
                    logger.error("sending: %s", error)

    def _send(self, draining: Drain, claim: Claim) -> None:
        """Runs in a sender's thread."""
        try:
            result = draining.send(claim)
        finally:
            _free_senders.release()
        self._settled.put((draining, claim, result))
        self.wake.set()

    def _sleep(self, drains: list[Drain]) -> None:
        """Sleeps until an answer comes, the bell rings, or the next message can be claimed."""
        until = min(self._renew_at, self._reload_at)
        until = min([until, *(each.looks_again_at() for each in drains if not each.ending)])
        connection.close_if_unusable_or_obsolete()
        self.wake.wait(max(until - time.monotonic(), 0))
        self.wake.clear()
        time.sleep(ROUND_AT_LEAST)


def _record_one_by_one(settled: list[Settled]) -> None:
    """So that one that can't be recorded holds up no other; it becomes unconfirmed as a dead claim."""
    for each in settled:
        try:
            record([each])
        except (DataError, IntegrityError) as error:
            logger.error("message %s: could not be recorded (%s)", each.message_id, type(error).__name__)


_loop = Loop()
