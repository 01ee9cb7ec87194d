"""The lines of a conversation, as pages show them: days, events, messages and their files."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from messaging.files.problems import in_words
from messaging.files.types import type_name
from messaging.inbox.display import Shown, about, clock, day
from messaging.models import Attachment, Message, Session, SessionEvent
from messaging.models.person import Person
from messaging.models.session_rights import may_resolve
from messaging.outbound.status_texts import meaning_of, reason_of
from messaging.outbound.waiting import leaves_in

Kind = SessionEvent.Kind
Status = Message.Status


@dataclass(frozen=True)
class Line(Shown):
    """One line of the timeline: a day, an event or a message."""

    kind: str
    key: str
    text: str
    time: str = ""
    at: str = ""


@dataclass(frozen=True)
class FileLine(Shown):
    """One file of a message. `kind`: picture, audio, video or other; `missing`: why it is not to be had now."""

    file_id: int
    name: str
    kind: str
    size: str
    bytes: int
    type_name: str
    has_preview: bool
    missing: str


@dataclass(frozen=True)
class MessageLine(Line):
    message_id: int = 0
    is_inbound: bool = True
    author: str = ""
    status: str = ""
    status_label: str = ""
    reason: str = ""
    meaning: str = ""
    possible_repeat: bool = False
    reads_files: bool = False
    files: tuple[FileLine, ...] = ()
    leaves_in: str = ""
    sent_again_as: int = 0
    may_cancel: bool = False
    may_send_again: bool = False
    may_say_sent: bool = False

    @property
    def is_unsettled(self) -> bool:
        """Whether it may look different later, without anybody's doing or by a colleague's."""
        waits = self.status in (Status.QUEUED, Status.SENDING, Status.UNCONFIRMED)
        return waits or self.may_send_again or self.reads_files


class Present:
    """What can be said and done about the outbound messages of the session that is open before somebody."""

    def __init__(self, session: Session, person: Person, messages: list[Message]) -> None:
        mine = [
            message for message in messages if message.session_id == session.pk and not message.is_inbound
        ]
        self.session = session
        self.may_resolve = may_resolve(session, person)
        self.leaves_in = leaves_in(session, [each.pk for each in mine if each.status == Status.QUEUED])
        unsure = [each.pk for each in mine if each.status in (Status.FAILED, Status.UNCONFIRMED)]
        again = Message.objects.filter(resent_from__in=unsure) if unsure else Message.objects.none()
        self.sent_again = dict(again.values_list("resent_from_id", "pk"))

    def of(self, message: Message) -> dict[str, Any]:
        """The fields of a message's line that depend on who looks, and when."""
        if message.is_inbound or message.session_id != self.session.pk:
            return {}
        unsure = message.status in (Status.FAILED, Status.UNCONFIRMED)
        again = self.sent_again.get(message.pk, 0)
        seconds = self.leaves_in.get(message.pk)
        return {
            "leaves_in": about(seconds) if seconds else "",
            "sent_again_as": again,
            "may_cancel": self.may_resolve and message.status == Status.QUEUED,
            "may_send_again": self.may_resolve
            and unsure
            and not again
            and self.session.is_open
            and all(each.is_there for each in message.attachments.all()),
            "may_say_sent": self.may_resolve and message.status == Status.UNCONFIRMED,
        }


def lines_of(messages: list[Message], session_id: int | None, present: Present) -> Iterator[Line]:
    """Messages with the events around them; `session_id` is the session of the message before the first."""
    events: dict[tuple[int, int], list[SessionEvent]] = defaultdict(list)
    for event in SessionEvent.objects.filter(session__in={message.session_id for message in messages}):
        events[event.session_id, event.after_message_id].append(event)
    shown_day: dt.date | None = None
    for message in messages:
        entries: list[Message | SessionEvent] = []
        if message.session_id != session_id:
            session_id = message.session_id
            entries += events[session_id, 0]
        entries += [message, *events[session_id, message.pk]]
        for entry in entries:
            at = entry.created_at if isinstance(entry, Message) else entry.at
            date = timezone.localdate(at)
            if shown_day is None or date > shown_day:
                shown_day = date
                yield Line("day", f"day-{date:%Y%m%d}", day(at))
            time = clock(at) if date == shown_day else date_format(timezone.localtime(at), "j M H:i")
            yield line_of(entry, at, time, present)


def line_of(entry: Message | SessionEvent, at: dt.datetime, time: str, present: Present) -> Line:
    if isinstance(entry, SessionEvent):
        return Line("event", f"event-{entry.pk}", event_text(entry), time, at.isoformat())
    files = tuple(file_line(each) for each in entry.attachments.all()) if entry.has_files else ()
    return MessageLine(
        "message",
        f"message-{entry.pk}",
        entry.text,
        time,
        at.isoformat(),
        message_id=entry.pk,
        is_inbound=entry.is_inbound,
        author=entry.author_name,
        status=entry.status,
        status_label=entry.get_status_display(),
        reason=reason_of(entry),
        meaning=meaning_of(entry),
        possible_repeat=entry.possible_repeat,
        reads_files=entry.has_files and entry.body_file != "" and not files,  # a broken one's body is kept
        files=files,
        **present.of(entry),
    )


def file_line(attachment: Attachment) -> FileLine:
    """A file as a page shows it."""
    missing = ""
    if attachment.state == Attachment.State.BROKEN:
        missing = in_words(attachment.problem)
    elif attachment.state == Attachment.State.WAITING:
        missing = _("being fetched…")
    elif not attachment.is_there:
        missing = _("File expired")
    return FileLine(
        file_id=attachment.pk,
        name=attachment.name,
        kind=attachment.kind,
        size=filesizeformat(attachment.size) if attachment.size else "",
        bytes=attachment.size,
        type_name=type_name(attachment.name, attachment.content_type),
        has_preview=attachment.preview != "",
        missing=missing,
    )


def event_text(event: SessionEvent) -> str:
    """The sentence of an event."""
    names = {"actor": event.actor_name, "target": event.target_name}
    match event.kind:
        case Kind.STARTED if event.actor_name:
            return _("Started by %(actor)s") % names
        case Kind.STARTED:
            return _("Started by the customer")
        case Kind.PICKED_UP:
            return _("Picked up by %(actor)s") % names
        case Kind.TRANSFERRED:
            return _("Transferred to %(target)s by %(actor)s") % names
        case Kind.TAKEN_OVER if event.target_name:
            return _("Taken over from %(target)s by %(actor)s") % names
        case Kind.TAKEN_OVER:
            return _("Taken over by %(actor)s") % names
        case Kind.CLOSED:
            return _("Closed by %(actor)s") % names
        case Kind.CLOSED_AUTOMATICALLY:
            return _("Closed automatically")
        case _:
            return event.get_kind_display()
