"""A drain: one channel's sending in one process, for as long as its lease lasts. `loop` serves all of them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable

from django.conf import settings

from channels_app.credentials import CredentialsUnreadableError
from channels_app.models import Channel
from channels_app.models.failures import FailureCode
from channels_app.providers.base import Account, Provider, SendOutcome, SendResult
from messaging.sending import backoff
from messaging.sending.claims import NOT_HANDED_OVER, Claim
from messaging.sending.lease import DEPARTURE_COUNTS, Lease
from messaging.sending.pacing import NoDepartureError, Pacer

logger = logging.getLogger(__name__)

AHEAD = 0.050  # seconds: what can leave within this time is claimed now
LOOK_EVERY = 0.050  # seconds between looks while nothing is due
LINGER = DEPARTURE_COUNTS  # seconds before a lease is released, so that the ring is never handed over
PATIENCE = 4.0  # seconds that a claimed message may wait for its permit before it goes back
BULK_EVERY = 10  # at least every tenth place is for bulk
# One channel's share of the senders, so that an ITSP that stops answering does not hold them all.
MOST_SENDERS: int = max(1, settings.SEND_THREADS // 2)


class Drain:
    """What the process knows of a channel whose lease it has.

    `ending`: nothing more is claimed or departs; what is in flight is waited for. `failed`: it ends because the
    database failed, so looking again at once is no use. `ended`: the lease is released.
    """

    def __init__(self, channel_id: int, held: Lease, rung: threading.Event) -> None:
        """To be loaded before it is served."""
        self.channel_id = channel_id
        self.lease = held
        self.rung = rung
        self.ending = self.failed = self.ended = False
        self.in_flight = 0  # claimed and not yet recorded
        self.pacer = Pacer(1, held.first_departure_at)
        self._began_at = time.monotonic()
        self._channel: Channel | None = None
        self._account: Account
        self._provider: Provider
        self._look_at = self._gives_up_at = float("-inf")
        self._may_have_backed_off = True
        self._places_since_bulk = 0
        self._busy_senders = self._waiting_for_permit = 0
        self._counting = threading.Lock()  # for the two above, which sender threads change

    def load(self, channel: Channel | None) -> None:
        """Loads what may have been changed in the portal; ends if nothing may leave now."""
        if channel is None or channel.holds_queue or self._is_elsewhere(channel):
            self.end()
            return
        try:
            self._account = channel.account
        except CredentialsUnreadableError:
            channel.record_failure(FailureCode.UNREADABLE)
            self.end()
            return
        self._channel, self._provider = channel, channel.provider
        self.pacer.rate = channel.sending_rate

    def _is_elsewhere(self, channel: Channel) -> bool:
        """Whether key or address were changed: answers in flight are about the old ones, so a new drain begins."""
        if self._channel is None:
            return False
        mine, its = self._channel, channel
        return (mine.encrypted_credentials, mine.base_url) != (its.encrypted_credentials, its.base_url)

    def end(self, *, failed: bool = False) -> None:
        """Lets nothing more be claimed or depart."""
        if not self.ending:
            self.ending = True
            self._gives_up_at = time.monotonic() + settings.CLAIM_LIFETIME
        self.failed = self.failed or failed

    @property
    def busy_senders(self) -> int:
        with self._counting:
            return self._busy_senders

    def places(self) -> int:
        """How many messages to claim now; 0 also shortly after a look that found nothing."""
        if self.rung.is_set():
            self.rung.clear()
            self._look_at = float("-inf")
        if self.ending or time.monotonic() < self._look_at:
            return 0
        with self._counting:
            pending, room = self._waiting_for_permit, MOST_SENDERS - self._busy_senders
        return min(self.pacer.due_within(AHEAD, pending), room)

    def bulk_at(self, places: int) -> range:
        """Which of the next places are bulk's, from 0: every tenth, counted on from claim to claim."""
        return range(BULK_EVERY - 1 - self._places_since_bulk, places, BULK_EVERY)

    def note_claimed(self, places: int, claimed: int) -> None:
        """Notes the result of a look for messages; ends if nothing is left to do."""
        self.in_flight += claimed
        self._places_since_bulk = (self._places_since_bulk + claimed) % BULK_EVERY
        with self._counting:
            self._busy_senders += claimed
            self._waiting_for_permit += claimed
        now = time.monotonic()
        if claimed < places:
            self._look_at = now + LOOK_EVERY
        idle = claimed == 0 and self.in_flight == 0
        # Also for a while after its start: what another process has locked is due, but can't be claimed yet.
        lingers_until = max(self.pacer.last_departure_at, self._began_at) + LINGER
        if idle and now > max(lingers_until, self.lease.first_departure_at):
            self.end()

    def looks_again_at(self) -> float:
        """When the next message could be claimed, unless something comes back or the bell rings earlier."""
        with self._counting:
            pending = self._waiting_for_permit
        at = max(self.pacer.next_departure_at(pending) - AHEAD, self._look_at)
        now = time.monotonic()
        return at if at > now else now + LOOK_EVERY  # in the past: senders are short

    def send(self, claim: Claim) -> SendResult:
        """Hands one message over. Runs in a sender thread, uses no database and raises nothing."""
        waiting, departed = True, False
        if claim.refusal:
            with self._counting:
                self._busy_senders -= 1
                self._waiting_for_permit -= 1
            return SendResult(SendOutcome.FAILED, code=claim.refusal)

        def depart() -> None:
            nonlocal waiting, departed
            try:
                self.pacer.depart(self._may_depart, patience=PATIENCE)
                departed = True
            finally:
                waiting = False
                with self._counting:
                    self._waiting_for_permit -= 1

        try:
            return self._provider.send(
                self._account, claim.message, depart=depart, timeout=settings.SEND_TIMEOUT
            )
        except NoDepartureError:
            return SendResult(SendOutcome.NOT_DEPARTED, code="")
        except Exception as error:  # an adapter must raise nothing; if it does, the message may have left
            logger.error("an adapter raised %s", type(error).__name__)
            outcome = SendOutcome.UNCONFIRMED if departed else SendOutcome.NOT_DEPARTED
            return SendResult(outcome, code="adapter_error")
        finally:
            with self._counting:
                self._busy_senders -= 1
                self._waiting_for_permit -= waiting

    def _may_depart(self) -> bool:
        return self.lease.holds() and not self.ending

    def heed(self, results: Iterable[SendResult]) -> None:
        """Applies what recorded answers mean for the whole channel."""
        self._look_at = float("-inf")  # their sessions may be ready again
        results = list(results)
        accepted = any(
            result.outcome in (SendOutcome.SENT, SendOutcome.FAILED) and result.code not in NOT_HANDED_OVER
            for result in results
        )
        # A success that was under way before the pause says nothing about the pause.
        if accepted and self._may_have_backed_off and not self.ending:
            backoff.go_on(self.channel_id)
            self._may_have_backed_off = False
        for result in results:
            match result.outcome:
                case SendOutcome.NOT_DEPARTED if result.code:
                    backoff.back_off(self.channel_id, result.code)
                case SendOutcome.SLOW_DOWN:
                    backoff.slow_down(self.channel_id, result.retry_after or backoff.FIRST)
                case SendOutcome.BAD_CREDENTIALS if self._channel:
                    self._channel.record_failure(FailureCode.CREDENTIALS, result.detail)
                case SendOutcome.WRONG_ADDRESS if self._channel:
                    self._channel.record_failure(FailureCode.WRONG_ADDRESS, result.detail)
                case _:
                    continue
            self.end()

    def let_go(self) -> None:
        """Releases the lease once nothing is in flight."""
        if self.in_flight == 0:
            self.lease.release(self.pacer.last_departure_at)
            self.ended = True

    def give_up_in_time(self) -> None:
        """Gives up on what could not be recorded for too long: it becomes unconfirmed as a dead claim."""
        if self.ending and not self.ended and time.monotonic() >= self._gives_up_at:
            self.ended = True
