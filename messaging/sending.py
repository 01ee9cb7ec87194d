"""Sending: one channel's messages from its queue to the ITSP, at its rate.

lease → claim → permit → send → record, until nothing is due. Any number of processes may call `drain` for the same
channel: one sends, the others return at once.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from channels_app.credentials import CredentialsUnreadableError
from channels_app.models import Channel
from channels_app.providers.base import Account, Provider, SendOutcome, SendResult
from messaging import backoff, lease, settling
from messaging.claims import Claim, claim_next
from messaging.models import Session
from messaging.pacing import NoDepartureError, Pacer
from messaging.recording import Settled, record

logger = logging.getLogger(__name__)

DATABASE_ERRORS = (DatabaseError, InterfaceError)
AHEAD = 0.050  # seconds: what can leave within them is claimed now
LOOK_EVERY = 0.050  # seconds between looks while nothing is due
ROUND_AT_LEAST = 0.020  # seconds: what comes back within them is recorded in one transaction
LINGER = lease.DEPARTURE_COUNTS  # before a lease is let go: so no ring is ever handed over
RELOAD_EVERY = 0.5  # seconds after which a changed rate is noticed
PATIENCE = 4.0  # seconds that a claimed message may wait for its permit before it goes back
BULK_EVERY = 10  # at least every tenth place is for bulk
# One channel's share of the senders, so that an ITSP that has fallen silent does not take them all.
MOST_SENDERS = max(1, settings.SEND_THREADS // 2)

_stopping = threading.Event()
_running: dict[int, threading.Event] = {}
_running_lock = threading.Lock()
_senders = ThreadPoolExecutor(settings.SEND_THREADS, thread_name_prefix="send")
_free_senders = threading.Semaphore(settings.SEND_THREADS)


def stop() -> None:
    """Lets every drain of this process end: nothing more is claimed, what has not left goes back to the queue."""
    _stopping.set()
    with _running_lock:
        for wake in _running.values():
            wake.set()


def drain(channel_id: int) -> None:
    """Sends what a channel has queued, until nothing is due. Returns at once if another process does it."""
    wake = threading.Event()
    with _running_lock:
        if channel_id in _running:
            _running[channel_id].set()
            return
        _running[channel_id] = wake
    try:
        while _drain(channel_id, wake) and _rung_meanwhile(channel_id, wake):
            pass
    finally:
        with _running_lock:
            if _running.get(channel_id) is wake:
                del _running[channel_id]
        connection.close()


def _drain(channel_id: int, wake: threading.Event) -> bool:
    """Sends until nothing is due; False if another process does it."""
    settling.fail_waited_too_long()  # first: after a long pause nothing leaves that is too old to
    while not _stopping.is_set() and _something_is_due(channel_id):
        held = lease.Lease.acquire(channel_id)
        if held is None:
            return False
        if not Drain(channel_id, held, wake).run():
            break
    return True


def _rung_meanwhile(channel_id: int, wake: threading.Event) -> bool:
    """Whether somebody rang after the last look; if not, the next ring starts a drain of its own."""
    with _running_lock:
        if wake.is_set() and not _stopping.is_set():
            wake.clear()
            return True
        del _running[channel_id]
        return False


def _something_is_due(channel_id: int) -> bool:
    """Whether a message of the channel may leave now."""
    channel = Channel.objects.filter(pk=channel_id, enabled=True).first()
    if channel is None or channel.holds_queue:
        return False
    return (
        Session.objects.filter(channel_id=channel_id, send_priority__isnull=False)
        .exclude(channel__sending_state__waits_until__gt=Now())
        .exists()
    )


class Drain:
    """One channel's sending in one process, for as long as its lease lasts."""

    def __init__(self, channel_id: int, held: lease.Lease, wake: threading.Event) -> None:
        self.channel_id = channel_id
        self.lease = held
        self.wake = wake
        self.settled: SimpleQueue[tuple[Claim, SendResult]] = SimpleQueue()
        self.unrecorded: list[tuple[Claim, SendResult]] = []
        self.in_flight = 0  # claimed and not yet recorded
        self.busy_senders = 0
        self.waiting_for_permit = 0
        self.paused = False
        self.lacks_senders = False
        self.may_have_backed_off = True
        self.places_since_bulk = 0
        self.channel: Channel
        self.account: Account
        self.provider: Provider
        self._counting = threading.Lock()  # for the two above, which the senders change
        self.pacer = Pacer(1, held.first_departure_at)
        self.renew_at = time.monotonic() + lease.RENEW_EVERY
        self.reload_at = float("-inf")

    def run(self) -> bool:
        """Sends until nothing is due, the channel must wait, or this process must go.

        False if the database failed: to look again at once would be no use, the clock rings.
        """
        try:
            while self._round():
                pass
            return True
        except DATABASE_ERRORS as error:
            logger.error("channel %s: the database failed (%s)", self.channel_id, type(error).__name__)
            return False
        finally:
            self._finish()

    def _round(self) -> bool:
        """One look: record what came back, claim what is due, sleep. False when it is time to let go."""
        self._record()
        now = time.monotonic()
        if now >= self.renew_at:
            if not self.lease.renew():
                return False
            self.renew_at = now + lease.RENEW_EVERY
        if now >= self.reload_at and not self._reload():
            return False
        if self.paused or _stopping.is_set():
            return False
        claimed = self._claim()
        idle = claimed == 0 and self.in_flight == 0 and not self.lacks_senders
        if idle and now > max(self.pacer.last_departure_at + LINGER, self.lease.first_departure_at):
            return False
        self._sleep()
        return True

    def _reload(self) -> bool:
        """Reads the channel again; False if nothing may leave as it is now."""
        channel = Channel.objects.filter(pk=self.channel_id, enabled=True).first()
        if channel is None or channel.holds_queue:
            return False
        try:
            self.account = channel.account
        except CredentialsUnreadableError:
            channel.record_failure(Channel.FailureCode.UNREADABLE)
            return False
        self.channel, self.provider = channel, channel.provider
        self.pacer.rate = channel.sending_rate
        self.reload_at = time.monotonic() + RELOAD_EVERY
        return True

    def _claim(self) -> int:
        with self._counting:
            pending, room = self.waiting_for_permit, MOST_SENDERS - self.busy_senders
        due = min(self.pacer.due_within(AHEAD, pending), room)
        places = 0
        while places < due and _free_senders.acquire(blocking=False):
            places += 1
        self.lacks_senders = places < due
        bulk_places = (self.places_since_bulk + places) // BULK_EVERY
        claims: list[Claim] = []
        try:
            claims = claim_next(self.channel_id, places, bulk_places=bulk_places)
        finally:
            for _unused in range(places - len(claims)):
                _free_senders.release()
        self.places_since_bulk = (self.places_since_bulk + len(claims)) % BULK_EVERY
        for claim in claims:
            self.in_flight += 1
            with self._counting:
                self.busy_senders += 1
                self.waiting_for_permit += 1
            _senders.submit(self._send, claim)
        return len(claims)

    def _send(self, claim: Claim) -> None:
        """Runs in a sender thread. Uses no database."""
        waiting, departed = True, False

        def depart() -> None:
            nonlocal waiting, departed
            try:
                self.pacer.depart(self._may_depart, patience=PATIENCE)
                departed = True
            finally:
                waiting = False
                with self._counting:
                    self.waiting_for_permit -= 1

        try:
            result = self.provider.send(
                self.account, claim.message, depart=depart, timeout=settings.SEND_TIMEOUT
            )
        except NoDepartureError:
            result = SendResult(SendOutcome.NOT_DEPARTED, code="")
        except Exception as error:  # an adapter must raise nothing; if it does, the message may have left
            logger.error("an adapter raised %s", type(error).__name__)
            outcome = SendOutcome.UNCONFIRMED if departed else SendOutcome.NOT_DEPARTED
            result = SendResult(outcome, code="adapter_error")
        finally:
            _free_senders.release()
            with self._counting:
                self.busy_senders -= 1
                self.waiting_for_permit -= waiting
        self.settled.put((claim, result))
        self.wake.set()

    def _may_depart(self) -> bool:
        return self.lease.holds() and not self.paused and not _stopping.is_set()

    def _record(self) -> None:
        """Writes down what came back. What can't be written now is kept, and tried again the next time."""
        with suppress(Empty):
            while True:
                self.unrecorded.append(self.settled.get_nowait())
        if not self.unrecorded:
            return
        record(
            [
                Settled(claim.message_id, claim.session_id, claim.claim, result)
                for claim, result in self.unrecorded
            ]
        )
        results = [result for _claim, result in self.unrecorded]
        self.in_flight -= len(results)
        self.unrecorded.clear()
        self._heed(results)

    def _heed(self, results: list[SendResult]) -> None:
        """What the answers mean for the channel as a whole."""
        accepted = any(result.outcome in (SendOutcome.SENT, SendOutcome.FAILED) for result in results)
        # A success that was on its way before the channel had to pause says nothing about the pause.
        if accepted and self.may_have_backed_off and not self.paused:
            backoff.go_on(self.channel_id)
            self.may_have_backed_off = False
        for result in results:
            match result.outcome:
                case SendOutcome.NOT_DEPARTED if result.code:
                    backoff.back_off(self.channel_id, result.code)
                case SendOutcome.SLOW_DOWN:
                    backoff.slow_down(self.channel_id, result.retry_after or backoff.FIRST)
                case SendOutcome.BAD_CREDENTIALS:
                    self.channel.record_failure(Channel.FailureCode.CREDENTIALS, result.detail)
                case SendOutcome.WRONG_ADDRESS:
                    self.channel.record_failure(Channel.FailureCode.WRONG_ADDRESS, result.detail)
                case _:
                    continue
            self.paused = True

    def _sleep(self) -> None:
        """Until something comes back, somebody rings, or one more message can be claimed."""
        with self._counting:
            pending = self.waiting_for_permit
        now = time.monotonic()
        until_due = self.pacer.next_departure_at(pending) - AHEAD - now
        if until_due <= 0:  # more could leave than there was to claim
            until_due = LOOK_EVERY
        connection.close_if_unusable_or_obsolete()
        self.wake.wait(max(min(until_due, self.renew_at - now), 0))
        self.wake.clear()
        time.sleep(ROUND_AT_LEAST)

    def _finish(self) -> None:
        """Waits for what is in flight, records it and lets the lease go; tries again while the database is away.

        What can't be recorded becomes unconfirmed by itself: its claim is found to be dead.
        """
        self.paused = True
        ends_at = time.monotonic() + settings.CLAIM_LIFETIME
        while time.monotonic() < ends_at:
            try:
                self._record()
                if self.in_flight == 0:
                    self.lease.release(self.pacer.last_departure_at)
                    return
                if time.monotonic() >= self.renew_at:
                    self.lease.renew()
                    self.renew_at = time.monotonic() + lease.RENEW_EVERY
            except DATABASE_ERRORS as error:
                logger.error("channel %s: the database failed (%s)", self.channel_id, type(error).__name__)
                connection.close()
                time.sleep(0.5)
            self.wake.wait(0.2)
            self.wake.clear()
