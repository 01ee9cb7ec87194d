"""The portal's first page: what to set up next, and how things stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from channels_app.models import Channel, Domain, Extension, MessageQueue, RoutingRule
from messaging.admin.periods import bounds
from messaging.models import Session, TrafficCount, UnroutableMessage
from messaging.models.session_access import seat_of


@dataclass(frozen=True, slots=True)
class Step:
    done: bool
    title: str
    why: str
    address: str


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: int
    address: str
    tone: str = ""


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds the first page's own values to the template's context."""
    administers = getattr(request.user, "is_administrator", False)
    steps = _steps() if administers else []
    return {
        **context,
        "title": _("Overview"),
        "figures": _figures(),
        "steps": steps,
        "set_up": all(step.done for step in steps),
        "bad_channels": Channel.objects.filter(enabled=True, status=Channel.Status.FAILED),
        "has_seat": seat_of(request.user) is not None if request.user.is_authenticated else False,
    }


def _steps() -> list[Step]:
    channel = Channel.objects.first()
    add = "admin:channels_app_{}_add".format
    to_channel = (
        reverse("admin:channels_app_channel_change", args=[channel.pk])
        if channel
        else reverse(add("channel"))
    )
    return [
        Step(
            Extension.objects.exists(),
            _("Add extensions"),
            _("One for each person who reads and answers messages."),
            reverse(add("extension")),
        ),
        Step(
            MessageQueue.objects.filter(agents__isnull=False).exists(),
            _("Add a message queue with agents"),
            _("New sessions of a number can go to a whole team."),
            reverse(add("messagequeue")),
        ),
        Step(
            Domain.objects.exists(),
            _("Add your domain"),
            _("The name at which the ITSP reaches this portal."),
            reverse(add("domain")),
        ),
        Step(channel is not None, _("Add an SMS channel"), _("Your account at the ITSP."), to_channel),
        Step(
            RoutingRule.objects.exists(),
            _("Add your numbers to the channel"),
            _("And say who receives what is sent to each."),
            to_channel,
        ),
        Step(
            TrafficCount.objects.filter(received__gt=0).exists(),
            _("Receive the first message"),
            _("Enter the channel's webhook URL at the ITSP, then send a text to your number."),
            to_channel,
        ),
    ]


def _figures() -> list[Figure]:
    today = TrafficCount.objects.between(*bounds("today")).totals()
    waiting = Session.objects.filter(status=Session.Status.OPEN, holder__isnull=True).count()
    bad = Channel.objects.filter(enabled=True, status=Channel.Status.FAILED).count()
    unroutable = UnroutableMessage.objects.filter(resolution=UnroutableMessage.Resolution.WAITING).count()
    channels = reverse("admin:channels_app_channel_changelist")
    sessions = reverse("admin:messaging_session_changelist")
    return [
        Figure(_("Received today"), today["received"], f"{channels}?range=today"),
        Figure(_("Sent today"), today["sent"], f"{channels}?range=today"),
        Figure(_("Failed today"), today["failed"], f"{channels}?range=today", "bad"),
        Figure(_("Sessions that nobody holds"), waiting, f"{sessions}?waiting=queue", "warn"),
        Figure(_("Channels not connected"), bad, f"{channels}?status__exact=failed", "bad"),
        Figure(
            _("Unroutable messages"),
            unroutable,
            f"{reverse('admin:messaging_unroutablemessage_changelist')}?resolution__exact=waiting",
            "bad",
        ),
    ]
