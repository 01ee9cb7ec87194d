"""Pacing: when the next message of a channel may leave. In any rolling second at most `rate` do.

Two bounds hold at once for each departure, both on the monotonic clock of this process:

(a) the smooth schedule: 1.0065 s / rate after the departure before, with at most 50 ms of catching up;
(b) the ring: 1.005 s after the departure `rate` places earlier, so no second [t, t + 1) has more than `rate`,
    whatever was late.

The ring alone is the guarantee. It never gives lost time back: a late departure makes the one a second later late
too. So the schedule is a little slower than the ring, and a delay shorter than the difference, as most are, costs
nothing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from channels_app.models.channels import MAX_RATE

CATCH_UP = 0.050  # seconds of delay that the smooth schedule may catch up
RING_WINDOW = 1.005  # seconds: the rolling second, and a guard against jitter on the way
SCHEDULE_WINDOW = 1.0065  # seconds in which `rate` messages leave if none is late: 99.35 % of the rate
NAP = 0.050  # seconds; the longest sleep before checking again whether to stop


class NoDepartureError(Exception):
    """This message may not leave now, and nothing of it has left."""


class Pacer:
    """Gives out permits to depart, one at a time, to any number of threads.

    `rate` is in messages a second and can be changed at any time; `first_departure_at` is on `clock`.
    """

    def __init__(
        self, rate: int, first_departure_at: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate = rate
        self._clock = clock
        self._scheduled_at = float("-inf")
        self._not_before = first_departure_at
        self._departures: deque[float] = deque(maxlen=MAX_RATE)
        self._turn = threading.Lock()

    @property
    def last_departure_at(self) -> float:
        """When the last message left; minus infinity if none has."""
        return self._departures[-1] if self._departures else float("-inf")

    def next_departure_at(self, after: int = 0) -> float:
        """The earliest instant of the departure after the next `after` ones; it may be in the past."""
        rate = self.rate  # once: another thread may change it
        interval = SCHEDULE_WINDOW / rate
        at = max(self._not_before, self._scheduled_at + interval)
        if after:
            at = max(at, self._clock() - CATCH_UP) + after * interval
        departures = self._departures
        if len(departures) + after >= rate > after:
            at = max(at, departures[after - rate] + RING_WINDOW)
        return at

    def due_within(self, seconds: float, pending: int) -> int:
        """How many more messages could leave in the next `seconds`, beside `pending` that wait for a permit."""
        horizon = self._clock() + seconds
        due = 0
        while self.next_departure_at(pending + due) <= horizon:
            due += 1
        return due

    def depart(self, may_still: Callable[[], bool], *, patience: float) -> float:
        """Waits for the permit and takes it: the very next thing must be the first byte.

        Returns the instant of departure. Raises `NoDepartureError` when `may_still` turns false, or after
        `patience` seconds.
        """
        deadline = self._clock() + patience
        with self._turn:
            while True:
                now = self._clock()
                # Checked after that, so that a process that was stopped for a while does not use an old permit.
                if not may_still():
                    raise NoDepartureError
                next_at = self.next_departure_at()
                if now >= next_at:
                    self._departures.append(now)
                    self._scheduled_at = max(next_at, now - CATCH_UP)
                    return now
                if now > deadline:
                    raise NoDepartureError
                time.sleep(min(next_at - now, NAP))
