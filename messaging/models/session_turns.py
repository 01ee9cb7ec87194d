"""The statements of sending's turns: which sessions are ready, and when one is again.

Written out, since every round of sending runs them, the first for each channel: Django took a sixth of the round to
build the second.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TypeVar

from django.db import connection, models

_Session = TypeVar("_Session", bound=models.Model)

_READY = """
    SELECT id FROM messaging_session WHERE channel_id = %s AND send_priority {which}
    ORDER BY send_priority, send_turn_at, id LIMIT %s {lock}
"""
_FIRST = "SELECT MIN(priority) FROM messaging_message WHERE session_id = session.id AND status = 'queued'"
_BUSY = "SELECT 1 FROM messaging_message WHERE session_id = session.id AND status = 'sending'"
_RENEW = f"""
    UPDATE messaging_session AS session SET
        send_priority = CASE WHEN NOT EXISTS ({_BUSY}) THEN ({_FIRST}) END,
        send_turn_at = CASE
            WHEN NOT EXISTS ({_BUSY}) AND ({_FIRST}) IS NOT NULL THEN COALESCE(send_turn_at, %s)
        END
    WHERE id IN
"""  # noqa: S608


class SessionTurnsQuerySet(models.QuerySet[_Session]):
    def lock_ready(self, channel_id: int, most: int, *, priority: int | None = None) -> list[int]:
        """The ids of a channel's sessions whose oldest message may be claimed, in the order of their turns.

        At most `most`, of one priority or of any. Their rows are locked; those that another has locked are left out.
        """
        which = "IS NOT NULL" if priority is None else f"= {priority:d}"
        skips = connection.features.has_select_for_update_skip_locked
        statement = _READY.format(which=which, lock="FOR UPDATE SKIP LOCKED" if skips else "")
        with connection.cursor() as cursor:
            cursor.execute(statement, [channel_id, most])
            return [session_id for (session_id,) in cursor.fetchall()]

    def renew_turns(self, session_ids: Collection[int], now: dt.datetime) -> None:
        """Recomputes the readiness of locked sessions, after messages of theirs were settled."""
        if not session_ids:
            return
        places = ", ".join(["%s"] * len(session_ids))
        at = connection.ops.adapt_datetimefield_value(now)
        with connection.cursor() as cursor:
            cursor.execute(f"{_RENEW} ({places})", [at, *session_ids])
