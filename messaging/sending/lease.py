"""The lease: at most one process paces a channel at a time. A row with a holder and an end, by the database's clock.

The ring of departures is never handed over. A holder that releases normally has waited until none of its
departures counts any longer; one that must go at once leaves `not_before`; after one that died, the first departure
waits for the lease's end and one second more.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now

from messaging.models import SendingState

LENGTH = 5.0  # seconds
RENEW_EVERY = 1.0  # seconds
# A departure counts for a rolling second, and 10 ms for jitter.
DEPARTURE_COUNTS = 1.010


@dataclass(slots=True)
class Lease:
    """A lease held by this process. `ends_at` and `first_departure_at` are on its monotonic clock."""

    channel_id: int
    holder: uuid.UUID
    ends_at: float
    first_departure_at: float

    @classmethod
    def acquire(cls, channel_id: int) -> Lease | None:
        """The channel's lease, or None if another has it."""
        # Without a lock, so that the holder never waits for processes that ask.
        if SendingState.objects.filter(channel_id=channel_id, lease_ends_at__gt=Now()).exists():
            return None
        SendingState.objects.get_or_create(channel_id=channel_id)
        asked_at = time.monotonic()
        holder = uuid.uuid4()
        with transaction.atomic():
            # The row's lock first: a clock read before waiting for it would be stale.
            SendingState.objects.select_for_update().get(channel_id=channel_id)
            state = SendingState.objects.annotate(now=Now()).get(channel_id=channel_id)
            if state.lease_ends_at is not None and state.lease_ends_at > state.now:
                return None
            waits = [dt.timedelta(0)]
            if state.lease_ends_at is not None:
                waits.append(state.lease_ends_at + dt.timedelta(seconds=DEPARTURE_COUNTS) - state.now)
            if state.not_before is not None:
                waits.append(state.not_before - state.now)
            first_departure_at = time.monotonic() + max(waits).total_seconds()
            SendingState.objects.filter(channel_id=channel_id).update(
                lease_holder=holder,
                lease_ends_at=state.now + dt.timedelta(seconds=LENGTH),
                not_before=None,
            )
        return cls(channel_id, holder, asked_at + LENGTH, first_departure_at)

    def holds(self) -> bool:
        """Whether the lease still holds, by this process's own clock. Costs nothing."""
        return time.monotonic() < self.ends_at

    def release(self, last_departure_at: float) -> None:
        """Releases the lease. A departure that still counts makes the next holder wait for the rest of its second."""
        counts_for = max(last_departure_at + DEPARTURE_COUNTS, self.first_departure_at) - time.monotonic()
        not_before = Now() + dt.timedelta(seconds=counts_for) if counts_for > 0 else None
        SendingState.objects.filter(channel_id=self.channel_id, lease_holder=self.holder).update(
            lease_holder=None, lease_ends_at=None, not_before=not_before
        )
        self.ends_at = float("-inf")


def renew(leases: Sequence[Lease]) -> None:
    """Extends these leases; a lost one no longer holds."""
    asked_at = time.monotonic()
    mine = SendingState.objects.filter(
        lease_holder__in=[each.holder for each in leases], lease_ends_at__gt=Now()
    )
    mine.update(lease_ends_at=Now() + dt.timedelta(seconds=LENGTH))
    renewed = set(mine.values_list("lease_holder", flat=True))
    for each in leases:
        each.ends_at = asked_at + LENGTH if each.holder in renewed else float("-inf")
