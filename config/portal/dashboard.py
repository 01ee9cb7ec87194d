"""The portal's first page: what to set up next, and how everything is doing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels_app.admin.kit.labels import badge, channel_status, domain_status
from channels_app.models import Channel, Domain, User
from config.portal import guidance
from config.portal.theme import has_inbox
from messaging.admin import overview
from messaging.admin.charts import Chart
from messaging.models import UnroutableMessage
from messaging.traffic.series import DAYS, Traffic, traffic

SHOWN = 8  # lines of each list; the rest is behind its link
_TO_MEND = [Domain.Status.BROKEN, Domain.Status.ENDS_SOON]


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: int
    address: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list: a link, and the text beside it."""

    title: str
    address: str
    text: str | SafeString = ""


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds the first page's own values to the template's context."""
    user = cast(User, request.user)
    counted = traffic()
    channels = overview.channels_worst_first()
    queues, waiting = overview.waiting_queues()
    return {
        **context,
        "title": _("Overview"),
        "guidance": guidance.shown_on_first_page(request),
        "figures": _figures(counted, channels, waiting),
        "channels": _channel_lines(channels[:SHOWN]),
        "more_channels": max(0, len(channels) - SHOWN),
        "domains": _domain_lines() if user.has_perm("channels_app.view_domain") else [],
        "queues": _queue_lines(queues[:SHOWN]),
        "agents": _agents(may_list=user.has_perm("channels_app.view_extension")),
        "charts": _charts(counted),
        "has_inbox": has_inbox(request),
    }


def _list(app: str, model: str, **filters: str) -> str:
    address = reverse(f"admin:{app}_{model}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address


def _figures(counted: Traffic, channels: Iterable[Channel], waiting: int) -> list[Figure]:
    today = _list("channels_app", "channel", range="today")
    unroutable = UnroutableMessage.objects.filter(resolution=UnroutableMessage.Resolution.WAITING).count()
    needing = overview.count_needing_a_person()
    bad = sum(channel.enabled and channel.status == Channel.Status.FAILED for channel in channels)
    return [
        Figure(_("Received today"), counted.today.received, today),
        Figure(_("Sent today"), counted.today.sent, today),
        Figure(_("Failed today"), counted.today.failed, today, "bad"),
        Figure(
            _("Customers waiting in queues"),
            waiting,
            _list("messaging", "session", waiting="unanswered"),
            "warn",
        ),
        Figure(
            _("Failed lately, not sent again"),
            needing["failed"],
            _list("messaging", "session", needs="failed"),
            "bad",
        ),
        Figure(
            _("Unconfirmed lately, not sent again"),
            needing["unconfirmed"],
            _list("messaging", "session", needs="unconfirmed"),
            "warn",
        ),
        Figure(
            _("Unroutable messages"),
            unroutable,
            _list("messaging", "unroutablemessage", resolution__exact="waiting"),
            "bad",
        ),
        Figure(
            _("Channels not connected"),
            bad,
            _list("channels_app", "channel", status__exact="failed", enabled__exact="1"),
            "bad",
        ),
    ]


def _channel_lines(channels: Iterable[Channel]) -> list[Line]:
    change = "admin:channels_app_channel_change"
    return [Line(each.name, reverse(change, args=[each.pk]), channel_status(each)) for each in channels]


def _domain_lines() -> list[Line]:
    """The domains through which messages don't come in, or soon won't."""
    change = "admin:channels_app_domain_change"
    to_mend = [each for each in Domain.objects.all() if each.standing.status in _TO_MEND]
    to_mend.sort(key=lambda each: _TO_MEND.index(each.standing.status))
    return [Line(str(each), reverse(change, args=[each.pk]), domain_status(each)) for each in to_mend[:SHOWN]]


def _queue_lines(queues: Iterable[overview.WaitingQueue]) -> list[Line]:
    lines = []
    for queue in queues:
        text = ngettext(
            "%(count)d session waiting, for %(time)s",
            "%(count)d sessions waiting, the longest for %(time)s",
            queue.sessions,
        ) % {"count": queue.sessions, "time": queue.longest_wait}
        address = _list("messaging", "session", waiting="unanswered", queue__id__exact=str(queue.pk))
        lines.append(Line(queue.name, address, _with_agents(queue, text)))
    return lines


def _with_agents(queue: overview.WaitingQueue, text: str) -> str | SafeString:
    if not queue.agents:
        return badge("bad", _("No agents"), text)
    if not queue.available:
        return badge("warn", _("Nobody available"), text)
    return text


def _agents(*, may_list: bool) -> dict[str, Any]:
    """Who is here, with links to the list of extensions for people who may see it."""
    available, away = overview.agents_now()
    addresses = {
        state: _list("channels_app", "extension", here=state) if may_list else ""
        for state in ("available", "away")
    }
    return {
        "available": len(available),
        "away": away,
        "names": ", ".join(available[:SHOWN]),
        "more": max(0, len(available) - SHOWN),
        "addresses": addresses,
    }


def _charts(counted: Traffic) -> list[Chart]:
    channel = "channels_app", "channel"
    days = ngettext("Last %(days)d day", "Last %(days)d days", DAYS) % {"days": DAYS}
    return [
        Chart("today", _("Today by hour"), counted.hours, _list(*channel, range="today")),
        Chart("days", days, counted.days, _list(*channel, range="30-days")),
    ]
