"""The one rule for repeats: which messages that were stored before are the same as one that comes in.

A fingerprint is of the ITSP's message id, sender, number, text and files. With an id, the same fingerprint is the same
message, whenever it came. Without one (Apidaze sends none) it may be, if it came within `REPEAT_WINDOW`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, models

REPEAT_WINDOW = dt.timedelta(seconds=10)
_Row = TypeVar("_Row", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a message is compared by, and when it comes in."""

    fingerprint: str
    has_id: bool
    at: dt.datetime

    @property
    def values(self) -> list[Any]:
        """The parameters of `repeat_exists`."""
        since = connection.ops.adapt_datetimefield_value(self.at - REPEAT_WINDOW)
        return [self.fingerprint, self.has_id, since]


def repeat_exists(table: str, came_at: str) -> str:
    """SQL, true where `table` has a repeat; `came_at` is its column of times.

    Written out: it is part of the first statement of every webhook (`session_arrivals`). NOT fingerprint = '' is the
    condition of the index, without which SQLite does not use it.
    """
    return (
        f"EXISTS (SELECT 1 FROM {table} same WHERE same.fingerprint = %s AND NOT (same.fingerprint = '')"  # noqa: S608
        f" AND (%s OR same.{came_at} >= %s))"
    )


class RepeatsQuerySet(models.QuerySet[_Row]):
    """Rows with a fingerprint; `came_at` names their column of times."""

    came_at = ""

    def has_repeat_of(self, likeness: Likeness) -> bool:
        """Whether any row of the table, whatever this query is filtered by, is the same message."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {repeat_exists(self.model._meta.db_table, self.came_at)}", likeness.values
            )
            return bool(cursor.fetchone()[0])
