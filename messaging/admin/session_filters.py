"""Filters of the session log."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from messaging.admin.filters import DropdownFilter
from messaging.admin.overview import needing_a_person
from messaging.models import Message, Session

HELD_BY_NOBODY = Q(holder__isnull=True)


class GoneFilter(DropdownFilter):
    """Sessions that appear in nobody's inbox, since their holder or queue was deleted."""

    title = _("deleted holder or queue")
    parameter_name = "gone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Holder or queue deleted")), ("open", _("Deleted, and still open"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> QuerySet[Session]:
        if self.value() is None:
            return queryset
        gone = queryset.filter(pk__in=Session.objects.orphaned().values("pk"))
        return gone.filter(status=Session.Status.OPEN) if self.value() == "open" else gone


class WaitingFilter(DropdownFilter):
    """Open sessions that nobody has picked up."""

    title = _("pick-up")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("queue", _("In a queue, without a holder")),
            ("unanswered", _("… and the customer is waiting for an answer")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> QuerySet[Session]:
        if self.value() == "queue":
            return queryset.filter(HELD_BY_NOBODY, status=Session.Status.OPEN)
        if self.value() == "unanswered":
            return queryset.filter(HELD_BY_NOBODY, status=Session.Status.OPEN, waiting_since__isnull=False)
        return queryset


class NeedsFilter(DropdownFilter):
    """Sessions with a message that somebody should look at."""

    title = _("what went wrong")
    parameter_name = "needs"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            (Message.Status.FAILED, _("A message failed lately")),
            (Message.Status.UNCONFIRMED, _("A message is unconfirmed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> QuerySet[Session]:
        if self.value() not in (Message.Status.FAILED, Message.Status.UNCONFIRMED):
            return queryset
        messages = needing_a_person().filter(status=self.value())
        return queryset.filter(pk__in=messages.order_by().values("session"))
