"""The lease: one holder at a time, and no handed-over second has too many departures."""

import datetime as dt
import time
from functools import partial

import pytest
from django.db.models.functions import Now

from messaging.models import SendingState
from messaging.sending.lease import LENGTH, Lease, renew
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
AGES_AGO = float("-inf")


def test_of_many_that_ask_at_once_one_gets_it(channel):
    leases = at_once(*(partial(Lease.acquire, channel.pk) for _ in range(8)))

    assert len([lease for lease in leases if lease is not None]) == 1


def test_who_lets_go_after_its_last_second_hands_over_at_once(channel):
    Lease.acquire(channel.pk).release(AGES_AGO)

    assert Lease.acquire(channel.pk).first_departure_at <= time.monotonic()


def test_who_lets_go_right_after_a_departure_keeps_the_next_one_waiting(channel):
    departed_at = time.monotonic()
    Lease.acquire(channel.pk).release(departed_at)

    # 2 ms: the database's clock and this process's are read one after the other, in whole milliseconds.
    assert Lease.acquire(channel.pk).first_departure_at >= departed_at + 1.010 - 0.002


def test_a_dead_holders_lease_ends_and_the_next_one_waits_a_second_more(channel):
    Lease.acquire(channel.pk)
    SendingState.objects.update(lease_ends_at=Now() - dt.timedelta(seconds=0.2))

    lease = Lease.acquire(channel.pk)

    assert 0.5 < lease.first_departure_at - time.monotonic() <= 0.82


def test_a_lost_lease_is_not_renewed_and_not_released_for_the_other(channel):
    lost = Lease.acquire(channel.pk)
    SendingState.objects.update(lease_ends_at=Now() - dt.timedelta(seconds=2))
    mine = Lease.acquire(channel.pk)

    renew([lost, mine])

    assert not lost.holds()
    assert mine.holds()
    lost.release(AGES_AGO)
    assert Lease.acquire(channel.pk) is None


def test_it_holds_no_longer_than_the_row_says(channel):
    before = time.monotonic()
    lease = Lease.acquire(channel.pk)

    assert before + LENGTH <= lease.ends_at <= time.monotonic() + LENGTH
    assert lease.holds()


def test_a_wait_that_was_inherited_is_handed_on_by_who_never_departed(channel):
    departed_at = time.monotonic()
    Lease.acquire(channel.pk).release(departed_at)
    Lease.acquire(channel.pk).release(AGES_AGO)

    assert Lease.acquire(channel.pk).first_departure_at >= departed_at + 1.0
