"""The pacer alone: never more than the rate in any rolling second, and close to it."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.sending.pacing import NoDepartureError, Pacer


class Clock:
    """A clock that stands still until somebody sleeps on it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def most_in_a_second(departures: list[float]) -> int:
    """The most departures in any half-open second [t, t + 1)."""
    return max(sum(1 for other in departures if at <= other < at + 1) for at in departures)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("messaging.sending.pacing.time.sleep", clock.sleep)
    return clock


@pytest.mark.parametrize("rate", [1, 10, 100, 1000])
def test_the_rate_is_held_and_nearly_reached(clock, rate):
    pacer = Pacer(rate, clock.now, clock)

    departures = [pacer.depart(lambda: True, patience=10) for _ in range(rate * 5)]

    assert most_in_a_second(departures) <= rate
    assert (len(departures) - 1) / (departures[-1] - departures[0]) >= 0.985 * rate if rate > 1 else True


def test_what_is_a_little_late_costs_nothing(monkeypatch, clock):
    pacer = Pacer(100, clock.now, clock)
    late = iter(range(10_000))
    monkeypatch.setattr(
        "messaging.sending.pacing.time.sleep", lambda seconds: clock.sleep(seconds + next(late) % 7 * 0.0002)
    )

    departures = [pacer.depart(lambda: True, patience=10) for _ in range(2000)]

    assert most_in_a_second(departures) <= 100
    assert (len(departures) - 1) / (departures[-1] - departures[0]) >= 99.3


def test_after_a_stop_it_does_not_catch_up_over_the_rate(clock):
    pacer = Pacer(100, clock.now, clock)
    departures = []
    for _ in range(4):
        departures += [pacer.depart(lambda: True, patience=10) for _ in range(150)]
        clock.now += 0.045

    assert most_in_a_second(departures) <= 100


@pytest.mark.parametrize("pending", [0, 2, 5])
def test_what_is_due_soon_is_what_departs_soon(clock, pending):
    pacer = Pacer(100, clock.now, clock)
    for _ in range(30):
        pacer.depart(lambda: True, patience=10)

    due = pacer.due_within(0.050, pending)
    until = clock.now + 0.050
    departed = 0
    while pacer.next_departure_at() <= until:
        pacer.depart(lambda: True, patience=10)
        departed += 1

    assert due == max(departed - pending, 0)


def test_nothing_is_due_while_the_ring_is_full(clock):
    pacer = Pacer(5, clock.now, clock)
    for _ in range(5):
        pacer.depart(lambda: True, patience=10)

    assert pacer.due_within(0.050, 0) == 0
    assert pacer.next_departure_at(after=1) > pacer.next_departure_at()


@settings(max_examples=100, deadline=None)
@given(data=st.data(), rate=st.integers(1, 60))
def test_no_second_has_too_many_whatever_is_late(data, rate):
    clock = Clock()
    pacer = Pacer(rate, clock.now, clock)
    departures = []
    for _ in range(rate * 3):
        clock.now += data.draw(st.sampled_from([0, 0, 0, 0.001, 0.02, 0.3, 1.5]))
        while True:
            next_at = pacer.next_departure_at()
            if clock.now >= next_at:
                departures.append(pacer.depart(lambda: True, patience=10))
                break
            clock.now = next_at

    assert most_in_a_second(departures) <= rate


def test_a_changed_rate_holds_at_once_in_both_directions(clock):
    pacer = Pacer(50, clock.now, clock)
    fast = [pacer.depart(lambda: True, patience=10) for _ in range(50)]
    pacer.rate = 5
    slow = [pacer.depart(lambda: True, patience=10) for _ in range(10)]
    pacer.rate = 50
    again = [pacer.depart(lambda: True, patience=10) for _ in range(50)]

    assert most_in_a_second(slow) <= 5
    assert most_in_a_second(fast + slow + again) <= 50
    assert again[-1] - slow[-1] < 1.2


def test_many_threads_together_hold_the_rate():
    pacer = Pacer(40, time.monotonic())
    departures: list[float] = []

    def send() -> None:
        for _ in range(6):
            departures.append(pacer.depart(lambda: True, patience=10))

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(departures) == 60
    assert most_in_a_second(sorted(departures)) <= 40


def test_nothing_departs_once_it_may_not(clock):
    pacer = Pacer(1, clock.now, clock)
    pacer.depart(lambda: True, patience=10)

    with pytest.raises(NoDepartureError):
        pacer.depart(lambda: clock.now < 1000.5, patience=10)


def test_a_process_that_was_stopped_asks_again_before_it_departs(clock, monkeypatch):
    pacer = Pacer(1, clock.now + 0.01, clock)
    lease_ends_at = clock.now + 5

    def stopped_for_eight_seconds(seconds: float) -> None:
        clock.now += 8

    monkeypatch.setattr("messaging.sending.pacing.time.sleep", stopped_for_eight_seconds)
    with pytest.raises(NoDepartureError):
        pacer.depart(lambda: clock.now < lease_ends_at, patience=60)


def test_patience_ends(clock):
    pacer = Pacer(1, clock.now + 100, clock)

    with pytest.raises(NoDepartureError):
        pacer.depart(lambda: True, patience=4)


def test_a_rate_that_is_raised_while_it_is_read_is_no_error():
    class Raised(Pacer):
        reads = iter([10, 10, 100, 100])

        @property
        def rate(self):
            return next(self.reads, 100)

        @rate.setter
        def rate(self, rate):
            pass

    pacer = Raised(10, 0.0)
    pacer._departures.extend(float(at) for at in range(10))

    assert pacer.next_departure_at() > 0
