"""The statements of a message that comes in: where it goes, and the session's row taken for it.

Written out, since every webhook runs them: Django took longer to build each than the database to answer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models.functions import Coalesce

from messaging.models.repeats import Likeness, repeat_exists

_Session = TypeVar("_Session", bound=models.Model)


@dataclass(slots=True)
class Route:
    """Where a message goes: its number's rule, the customer's open session, and whether it looks like a repeat.

    `session_active_at` is as the database's driver gives it: only to be compared by the database.
    """

    rule_id: int
    session_id: int | None
    session_active_at: Any
    holder_id: int | None
    queue_id: int | None
    repeated: bool


# A sender ID never receives.
_ROUTE = f"""
    SELECT rule.id, session.id, session.last_activity_at, session.holder_id, session.queue_id,
        {repeat_exists("messaging_message", "created_at")}
    FROM channels_app_routingrule rule
    LEFT JOIN messaging_session session
        ON session.channel_id = rule.channel_id AND session.our_number = rule.number
        AND session.customer_number = %s AND session.status = 'open'
    WHERE rule.channel_id = %s AND rule.number = %s AND rule.number LIKE '+%%'
"""  # noqa: S608
_JOIN_AS_SEEN = """
    UPDATE messaging_session SET last_activity_at = %s, waiting_since = COALESCE(waiting_since, %s)
    WHERE id = %s AND status = 'open' AND last_activity_at = %s
"""


class SessionArrivalsQuerySet(models.QuerySet[_Session]):
    def route(self, channel_id: int, our_number: str, customer: str, likeness: Likeness) -> Route | None:
        """Where a message from `customer` goes; None where the channel has no rule for our number."""
        with connection.cursor() as cursor:
            cursor.execute(_ROUTE, [*likeness.values, customer, channel_id, our_number])
            found = cursor.fetchone()
        if found is None:
            return None
        rule_id, session_id, session_active_at, holder_id, queue_id, repeated = found
        return Route(rule_id, session_id, session_active_at, holder_id, queue_id, bool(repeated))

    def join_as_seen(self, route: Route, now: dt.datetime) -> bool:
        """As `join`, if nobody has changed the session since it was looked up."""
        at = connection.ops.adapt_datetimefield_value(now)
        with connection.cursor() as cursor:
            cursor.execute(_JOIN_AS_SEEN, [at, at, route.session_id, route.session_active_at])
            return bool(cursor.rowcount == 1)

    def join(self, session_id: int, now: dt.datetime) -> bool:
        """Takes the row of an open session for a message; False if it was closed."""
        is_open = self.filter(pk=session_id, status="open")
        return bool(is_open.update(last_activity_at=now, waiting_since=Coalesce("waiting_since", now)))
