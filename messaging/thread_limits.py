"""Places: how many of a web process's threads slow clients may hold at once.

Of its 20 threads, forms of strangers, forms being read, uploads, people's downloads and ITSPs' downloads may hold at
most four each, so that no one kind can take them all.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Hashable

TOGETHER = 4
EACH = 2  # per person or link, so that nobody takes them all


class Places:
    """At most `together` places, and `each` for one person or link."""

    def __init__(self, together: int = TOGETHER, each: int = EACH) -> None:
        self._together, self._each = together, each
        self._taken: Counter[Hashable] = Counter()
        self._changed = threading.Condition()

    def take(self, whose: Hashable, timeout: float = 0) -> bool:
        """Takes a place, waiting up to `timeout` seconds; False if there is none."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_room(whose), timeout):
                return False
            self._taken[whose] += 1
            return True

    def give_back(self, whose: Hashable) -> None:
        with self._changed:
            self._taken[whose] -= 1
            if not self._taken[whose]:
                del self._taken[whose]
            self._changed.notify_all()

    def _has_room(self, whose: Hashable) -> bool:
        return self._taken.total() < self._together and self._taken[whose] < self._each
