"""Sending: messages from their channels' queues to the ITSPs, each channel at its rate.

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
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from channels_app.models import Channel
from channels_app.providers.base import SendResult
from messaging import lease, settling
from messaging.claims import Claim, Wanted, claim
from messaging.draining import Drain
from messaging.models import Session
from messaging.recording import Settled, record

logger = logging.getLogger(__name__)

DATABASE_ERRORS = (DatabaseError, InterfaceError)
ROUND_AT_LEAST = 0.020  # seconds: what comes back within them is recorded in one transaction
RELOAD_EVERY = 0.5  # seconds after which a changed rate is noticed

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
    settling.fail_waited_too_long()  # first: after a long pause nothing leaves that is too old to
    while not _stopping.is_set() and (channel := _if_something_is_due(channel_id)):
        held = lease.Lease.acquire(channel_id)
        if held is None:
            return False
        draining = Drain(channel, held, rung)
        _loop.serve(draining)
        if draining.failed:
            break  # to look again at once would be no use: the clock rings
    return True


def _rung_meanwhile(channel_id: int, rung: threading.Event) -> bool:
    """Whether somebody rang after the last look; if not, the next ring starts a drain of its own."""
    with _running_lock:
        if rung.is_set() and not _stopping.is_set():
            rung.clear()
            return True
        del _running[channel_id]
        return False


def _if_something_is_due(channel_id: int) -> Channel | None:
    """The channel, if a message of it may leave now."""
    channel = Channel.objects.filter(pk=channel_id, enabled=True).first()
    if channel is None or channel.holds_queue:
        return None
    ready = Session.objects.filter(channel_id=channel_id, send_priority__isnull=False)
    waits = ready.exclude(channel__sending_state__waits_until__gt=Now())
    return channel if waits.exists() else None


class Loop:
    """Serves every drain of this process, in one of the threads that wait for theirs to end."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self._drains: list[Drain] = []
        self._is_served = False
        self._changing = threading.Condition()  # for the two above
        self._settled: SimpleQueue[tuple[Drain, Claim, SendResult]] = SimpleQueue()
        self._unrecorded: list[tuple[Drain, Claim, SendResult]] = []
        self._renew_at = self._reload_at = float("-inf")

    def serve(self, draining: Drain) -> None:
        """Returns when the drain has ended. The first thread that comes serves the drains of all."""
        with self._changing:
            if not self._drains:
                now = time.monotonic()
                self._renew_at, self._reload_at = now + lease.RENEW_EVERY, now + RELOAD_EVERY
            self._drains.append(draining)
        self.wake.set()
        connection.close_if_unusable_or_obsolete()
        try:
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
        """Waits until nobody else serves, and takes it over; False if the drain ended before."""
        with self._changing:
            self._changing.wait_for(lambda: draining.ended or not self._is_served)
            if draining.ended:
                return False
            self._is_served = True
            return True

    def _round(self) -> None:
        """One look for all: record what came back, claim what is due, let go what has ended, sleep."""
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
        except DATABASE_ERRORS as error:
            logger.error("sending: the database failed (%s)", type(error).__name__)
            connection.close()
            for each in drains:
                each.end(failed=True)
                each.give_up_in_time()
            time.sleep(0.5)
        if any(each.ended for each in drains):
            with self._changing:
                self._changing.notify_all()
        else:
            self._sleep(drains)

    def _record(self) -> None:
        """Writes down what came back. What can't be written now is kept, and tried again the next time."""
        with suppress(Empty):
            while True:
                self._unrecorded.append(self._settled.get_nowait())
        if not self._unrecorded:
            return
        record(
            [
                Settled(claim.message_id, claim.session_id, claim.claim, result)
                for _drain, claim, result in self._unrecorded
            ]
        )
        results: dict[Drain, list[SendResult]] = {}
        for each, _claim, result in self._unrecorded:
            each.in_flight -= 1
            results.setdefault(each, []).append(result)
        self._unrecorded.clear()
        for each, answers in results.items():
            each.heed(answers)

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
        for each in sorted(
            drains, key=lambda each: each.busy_senders
        ):  # senders are scarce: the fewest first
            due = each.places()
            places = 0
            while places < due and _free_senders.acquire(blocking=False):
                places += 1
            if places:
                looking[each.channel_id] = each
                wanted[each.channel_id] = Wanted(each.channel_id, places, each.bulk_places(places))
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
                _senders.submit(self._send, looking[channel_id], each_claim)

    def _send(self, draining: Drain, claim: Claim) -> None:
        """Runs in a sender's thread."""
        result = draining.send(claim)
        _free_senders.release()
        self._settled.put((draining, claim, result))
        self.wake.set()

    def _sleep(self, drains: list[Drain]) -> None:
        """Until something comes back, somebody rings, or one more message can be claimed."""
        until = min(self._renew_at, self._reload_at)
        until = min([until, *(each.looks_again_at() for each in drains if not each.ending)])
        connection.close_if_unusable_or_obsolete()
        self.wake.wait(max(until - time.monotonic(), 0))
        self.wake.clear()
        time.sleep(ROUND_AT_LEAST)


_loop = Loop()
