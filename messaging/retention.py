"""Retention: stored requests that no row knows of go after a day.

They are left by requests that could not be answered 200, and the ITSP has sent them again since. A request whose
commit was not seen to end may belong to a row all the same, so none goes at once.
"""

from __future__ import annotations

import datetime as dt

from messaging import spool
from messaging.models import Message, UnroutableMessage

NEW = dt.timedelta(days=1)  # far more than any request takes until its row is there
BATCH = 500


def sweep_spool() -> int:
    """Removes stored requests, whole or not, that no message needs; returns how many."""
    swept = 0
    names = spool.older_than(NEW)
    for start in range(0, len(names), BATCH):
        batch = set(names[start : start + BATCH])
        # In this order: a message that is delivered meanwhile is found as one or as the other.
        needed = set(
            UnroutableMessage.objects.filter(body_file__in=batch).values_list("body_file", flat=True)
        )
        needed |= set(Message.objects.filter(body_file__in=batch).values_list("body_file", flat=True))
        for name in batch - needed:
            spool.drop(name)
            swept += 1
    return swept
