"""Who sees what: the one place that says which sessions a person may see. What one may do: `session_rights`.

| session                 | seen by                                                              |
| ----------------------- | -------------------------------------------------------------------- |
| open, with a holder     | the holder                                                           |
| open, without a holder  | the queue's agents                                                   |
| … waiting too long      | its holder is away, the customer waits: the queue's agents, too       |
| closed                  | whoever held it last; if nobody did, its queue's agents              |
| earlier, same customer  | whoever may see the present one (see `messaging.inbox.conversation`)       |
| any                     | supervisors and administrators                                       |

Every entry point starts from `visible_to`; what it does not give is a 404.
"""

from __future__ import annotations

import datetime as dt
from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from channels_app.models import Extension, MessageQueue
from messaging.models.person import Person
from messaging.models.presence import Presence

# The rows are sessions; their model is built on this module, so it can't be named here.
_Session = TypeVar("_Session", bound=models.Model)

_HELD_BY_NOBODY = Q(holder__isnull=True)
_NEVER_HELD = Q(holder__isnull=True, holder_name="")


def waits_too_long() -> Q:
    """Open sessions whose customer waits for an answer of a holder who is away."""
    present = Presence.objects.available().filter(extension=OuterRef("holder"))
    return Q(~Exists(present), status="open", holder__isnull=False, waiting_since__lte=too_long_ago())


def too_long_ago() -> dt.datetime:
    return timezone.now() - dt.timedelta(minutes=settings.WAITING_TOO_LONG_MINUTES)


class SessionAccessQuerySet(models.QuerySet[_Session]):
    def visible_to(self, person: Person) -> Self:
        """The sessions that `user`, sitting at `extension`, may see."""
        if not person.user.is_active:
            return self.none()
        if person.oversees:
            return self
        return self.seen_from(person.extension)

    def seen_from(self, extension: Extension | None) -> Self:
        """The sessions that `extension` gives by itself, whatever the role of the person sitting at it."""
        if extension is None:
            return self.none()
        queues = extension.queues.all()
        return self.filter(
            Q(holder=extension)
            | (Q(queue__in=queues) & (_HELD_BY_NOBODY & Q(status="open")))
            | (Q(queue__in=queues) & waits_too_long())
            | (Q(queue__in=queues) & (_NEVER_HELD & Q(status="closed")))
        )

    def held_by(self, extension: Extension) -> Self:
        return self.filter(holder=extension)

    def waiting_in(self, queues: models.QuerySet[MessageQueue]) -> Self:
        """Open sessions in these queues that nobody holds."""
        return self.filter(_HELD_BY_NOBODY, status="open", queue__in=queues)

    def unanswered(self) -> Self:
        """Open sessions that nobody holds, and whose customer waits for an answer."""
        return self.filter(_HELD_BY_NOBODY, status="open", waiting_since__isnull=False)

    def stuck_in(self, queues: models.QuerySet[MessageQueue]) -> Self:
        """Open sessions in these queues that wait too long for a holder who is away."""
        return self.filter(waits_too_long(), queue__in=queues)

    def closed_unheld_in(self, queues: models.QuerySet[MessageQueue]) -> Self:
        """Closed sessions in these queues that nobody ever held."""
        return self.filter(_NEVER_HELD, status="closed", queue__in=queues)

    def open(self) -> Self:
        return self.filter(status="open")

    def orphaned(self) -> Self:
        """Sessions whose holder or queue is gone."""
        return self.filter(
            (Q(holder__isnull=True) & ~Q(holder_name="")) | (Q(queue__isnull=True) & ~Q(queue_name=""))
        )
