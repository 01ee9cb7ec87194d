"""How objects show in lists and drop-downs."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from channels_app.models import Channel, ChannelStatusChange, Domain, MessageQueue
from channels_app.moments import moment

TONES: dict[str, str] = {
    Channel.Status.CONNECTED: "good",
    Channel.Status.FAILED: "bad",
    Channel.Status.NOT_CHECKED: "quiet",
}

DOMAIN_TONES = {
    Domain.Status.NOT_CHECKED: "quiet",
    Domain.Status.WORKS: "good",
    Domain.Status.ENDS_SOON: "warn",
    Domain.Status.NOT_TESTABLE: "quiet",
    Domain.Status.BROKEN: "bad",
}


def badge(tone: str, text: object, reason: object = "") -> SafeString:
    """A coloured word (good, warn, bad, quiet), followed by the reason."""
    word = format_html('<span class="tl-badge tl-badge-{}">{}</span>', tone, text)
    return format_html('{} <span class="tl-reason">{}</span>', word, reason) if reason else word


def channel_status(channel: Channel) -> SafeString:
    """*Connected*, *Connection failed* with since when and why, *Not checked yet*, or *Disabled*."""
    if not channel.enabled:
        return badge("quiet", _("Disabled"))
    status, reason = Channel.Status(channel.status), channel.failure_reason
    if reason and channel.status_changed_at:
        reason = _("since %(time)s: %(reason)s") % {
            "time": moment(channel.status_changed_at),
            "reason": reason,
        }
    return badge(TONES[status], status.label, reason)


def past_status(change: ChannelStatusChange) -> SafeString:
    """A past status of a channel, and its reason."""
    return badge(TONES.get(change.status, "quiet"), change.get_status_display(), change.reason)


def domain_status(domain: Domain) -> SafeString:
    """The domain's status, and why."""
    status, reason = domain.standing
    return badge(DOMAIN_TONES[status], status.label, reason)


def marked(domain: Domain, address: str) -> str:
    """An address under a domain; marked at the front, since it is long, if nothing can come in through it."""
    status = domain.standing.status
    if status != Domain.Status.BROKEN:
        return address
    return _("%(status)s: %(address)s") % {"status": status.label, "address": address}


def queue_label(queue: MessageQueue, agents: int) -> str:
    """The queue's name; marked if nobody would receive its messages."""
    return queue.name if agents else _("%(queue)s (no agents)") % {"queue": queue.name}
