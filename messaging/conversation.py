"""The conversation: messages and events of a session in one timeline, those of earlier sessions above it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from channels_app.models import Extension, User
from channels_app.phone_numbers import pretty_number
from messaging import access, uploads
from messaging.delivery import meaning_of, reason_of
from messaging.file_problems import in_words
from messaging.file_types import type_name
from messaging.models import Attachment, Contact, Message, Session, SessionEvent
from messaging.models.session_access import may_move, may_pick_up, may_resolve, may_take_over
from messaging.personal import with_marks
from messaging.refusal import NotFoundError
from messaging.shown import Shown, about, clock, day
from messaging.waiting import leaves_in

PAGE = 60  # messages
MOST_TO_ONE = 500  # messages that come at once where an older one is to be shown

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


@dataclass(frozen=True)
class Head(Shown):
    """Who talks with whom, and what this person may do."""

    session_id: int
    customer: str
    number: str
    company: str
    our_number: str
    channel: str
    queue: str
    holder: str
    is_mine: bool
    is_open: bool
    state: str
    waits: bool
    may_pick_up: bool
    may_take_over: bool
    may_move: bool
    may_archive: bool
    archived: bool


@dataclass(frozen=True)
class Composer(Shown):
    """The box for the answer, or the sentence that stands in its place."""

    why_not: str
    warning: str
    hint: str
    our_number: str
    customer_number: str
    why_no_files: str
    # Not part of what is new: the page that uploads them knows them, and must not be disturbed.
    drafts: tuple[FileLine, ...] = field(repr=False)
    accompanying_text: str = ""
    later_session: int = 0  # the open one of the same customer, beside a closed one


@dataclass(frozen=True)
class Timeline(Shown):
    """Lines, oldest first; `before` is the message before which there are older ones."""

    lines: tuple[Line, ...]
    before: int | None


@dataclass(frozen=True)
class Conversation(Shown):
    """`above` are lines that stand above the timeline, each alone."""

    head: Head
    composer: Composer
    timeline: Timeline
    above: tuple[Line, ...]
    last_message: int
    last_inbound: int
    # Not part of what is new: one's own reading changes nothing that the conversation shows.
    read_up_to: int = field(repr=False)
    at: int = field(default=0, repr=False)

    @property
    def session_id(self) -> int:
        return self.head.session_id


def visible_session(user: User, seat: Extension | None, session_id: int) -> Session:
    """The session with this person's marks.

    Raises `NotFoundError`, or `RefusedError` for an agent of its queue whose colleague has it now.
    """
    sessions = Session.objects.select_related("channel__domain", "channel__sending_state", "queue")
    contact = Contact.objects.filter(customer_number=OuterRef("customer_number"))
    sessions = sessions.annotate(
        contact_name=Subquery(contact.values("name")),
        contact_company=Subquery(contact.values("company")),
        later_session=Subquery(_later_sessions(user, seat).values("pk")[:1]),
    )
    if found := with_marks(sessions.visible_to(user, seat), seat).filter(pk=session_id).first():
        return found
    hidden = Session.objects.filter(pk=session_id).first()
    if hidden is not None:
        access.demand_visible(hidden, user, seat)
    raise NotFoundError


def _later_sessions(user: User, seat: Extension | None) -> QuerySet[Session]:
    """The open session with the same customer that this person sees beside a closed one, at most one."""
    same = {name: OuterRef(name) for name in ("channel", "our_number", "customer_number")}
    return Session.objects.visible_to(user, seat).filter(status="open", pk__gt=OuterRef("pk"), **same)


def read_conversation(
    user: User,
    seat: Extension | None,
    session_id: int,
    at: int | None = None,
    also: Collection[int] = (),
) -> Conversation:
    """A session as this person sees it, with the newest messages.

    There are more of them if the message `at` is further up. Those of the ids `also` that stand above come beside them.

    Raises as `visible_session`.
    """
    session = visible_session(user, seat, session_id)
    messages, previous = _messages(session, None, _distance_to(session, at) if at else 0)
    above = _above(session, messages, also)
    present = _Present(session, user, seat, [*above, *messages])
    return Conversation(
        head=_head(session, user, seat),
        composer=_composer(session, seat),
        timeline=_timeline(messages, previous, present),
        above=tuple(_line(each, each.created_at, clock(each.created_at), present) for each in above),
        last_message=messages[-1].pk if messages else 0,
        last_inbound=max((m.pk for m in messages if m.is_inbound and m.session_id == session.pk), default=0),
        read_up_to=session.read_up_to,  # type: ignore[attr-defined]
        at=at or 0,
    )


def read_earlier(user: User, seat: Extension | None, session_id: int, before: int) -> Timeline:
    """What stands above the message `before`: in this session, and in earlier ones of the same customer and number.

    Raises as `visible_session`.
    """
    session = visible_session(user, seat, session_id)
    messages, previous = _messages(session, before)
    return _timeline(messages, previous, _Present(session, user, seat, messages))


def visible_file(user: User, seat: Extension | None, session_id: int, file_id: int) -> Attachment:
    """A file that the conversation of this session shows. Raises as `visible_session`."""
    session = visible_session(user, seat, session_id)
    found = Attachment.objects.filter(pk=file_id, message__in=_all_messages(session)).first()
    if found is None:
        raise NotFoundError
    return found


class _Present:
    """What can be said and done about the outbound messages of the session that is open before somebody."""

    def __init__(self, session: Session, user: User, seat: Extension | None, messages: list[Message]) -> None:
        mine = [
            message for message in messages if message.session_id == session.pk and not message.is_inbound
        ]
        self.session = session
        self.may_resolve = may_resolve(session, user, seat)
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


def _messages(
    session: Session, before: int | None, at_least: int = 0
) -> tuple[list[Message], Message | None]:
    """A page of messages, oldest first, and the one before it, if there is one.

    Sessions of one customer and number follow each other: the order is by session, then by message.
    """
    messages = _all_messages(session).order_by("-session_id", "-pk")
    if before is not None:
        last = messages.filter(pk=before).values_list("session_id", flat=True).first()
        if last is None:
            raise NotFoundError
        messages = messages.filter(Q(session_id__lt=last) | Q(session_id=last, pk__lt=before))
    size = max(PAGE, at_least)
    page = list(messages.prefetch_related("attachments")[: size + 1])
    return page[:size][::-1], page[size] if len(page) > size else None


def _distance_to(session: Session, message_id: int) -> int:
    """How many messages there are from this one to the newest; 0 if it is not there, or too far up."""
    messages = _all_messages(session)
    of = messages.filter(pk=message_id).values_list("session_id", flat=True).first()
    if of is None:
        return 0
    since = messages.filter(Q(session_id__gt=of) | Q(session_id=of, pk__gte=message_id))
    distance = since.order_by()[: MOST_TO_ONE + 1].count()
    return distance if distance <= MOST_TO_ONE else 0


def _above(session: Session, newest: list[Message], ids: Collection[int]) -> list[Message]:
    """The messages of these ids that are not among the newest; at most a page of them."""
    left = sorted(set(ids) - {each.pk for each in newest})[:PAGE]
    if not left:
        return []
    return list(_all_messages(session).filter(pk__in=left).order_by("pk").prefetch_related("attachments"))


def _all_messages(session: Session) -> QuerySet[Message]:
    """The messages of this session, and of earlier ones of the same customer and number."""
    return Message.objects.filter(
        session__our_number=session.our_number,
        session__customer_number=session.customer_number,
        session_id__lte=session.pk,
    )


def _timeline(messages: list[Message], previous: Message | None, present: _Present) -> Timeline:
    lines = tuple(_lines(messages, previous.session_id if previous else None, present))
    return Timeline(lines, messages[0].pk if previous else None)


def _lines(messages: list[Message], session_id: int | None, present: _Present) -> Iterator[Line]:
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
            yield _line(entry, at, time, present)


def _line(entry: Message | SessionEvent, at: dt.datetime, time: str, present: _Present) -> Line:
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


def _head(session: Session, user: User, seat: Extension | None) -> Head:
    number = pretty_number(session.customer_number)
    return Head(
        session_id=session.pk,
        customer=session.contact_name or number,  # type: ignore[attr-defined]
        number=number,
        company=session.contact_company or "",  # type: ignore[attr-defined]
        our_number=pretty_number(session.our_number),
        channel=session.channel.name,
        queue=session.queue_name,
        holder=session.holder_name,
        is_mine=seat is not None and session.holder_id == seat.pk,
        is_open=session.is_open,
        state=_state(session),
        waits=session.is_open and session.holder_id is None,
        may_pick_up=may_pick_up(session, seat),
        may_take_over=may_take_over(session, seat),
        may_move=may_move(session, user, seat),
        may_archive=seat is not None,
        archived=session.archived,  # type: ignore[attr-defined]
    )


def _state(session: Session) -> str:
    if not session.is_open:
        return _("Closed")
    if session.holder_is_gone:
        return _("Open; %(holder)s was deleted") % {"holder": session.holder_name}
    if session.holder_id is None:
        return _("Waiting in the queue") if session.queue_id else _("Open; its queue was deleted")
    return _("Open")


def _composer(session: Session, seat: Extension | None) -> Composer:
    why_not = access.why_not_answerable(session, seat)
    return Composer(
        why_not=why_not,
        warning="" if why_not else _warning(session),
        hint="" if why_not else _hint(session),
        our_number=session.our_number,
        customer_number=session.customer_number,
        why_no_files="" if why_not else uploads.why_no_files(session),
        drafts=() if why_not or seat is None else _drafts(session, seat),
        accompanying_text=session.channel.accompanying_text,
        later_session=session.later_session or 0,  # type: ignore[attr-defined]
    )


def _drafts(session: Session, seat: Extension) -> tuple[FileLine, ...]:
    drafts = Attachment.objects.drafts(seat, session.pk)
    return tuple(file_line(draft) for draft in drafts if draft.is_there)


def _warning(session: Session) -> str:
    rule = session.rule
    if rule is None or not rule.warns_for(session.customer_number):
        return ""
    return _(
        "%(number)s is not registered for 10DLC. Carriers in the United States silently drop such messages "
        "after they were accepted."
    ) % {"number": pretty_number(session.our_number)}


def _hint(session: Session) -> str:
    """What holds the channel's whole queue, if anything does."""
    channel = session.channel
    if not channel.holds_queue:
        return ""
    return _("Messages wait for now: %(status)s. They leave by themselves once that is mended.") % {
        "status": channel.status_text
    }
