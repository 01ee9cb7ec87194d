"""The conversation: messages and events of a session in one timeline, those of earlier sessions above it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from channels_app.phone_numbers import pretty_number
from messaging.inbox.composer import Composer, composer_of
from messaging.inbox.conversation_lines import Line, Present, line_of, lines_of
from messaging.inbox.display import Shown, clock
from messaging.models import Attachment, Contact, Message, Session
from messaging.models.person import Person
from messaging.models.session_rights import may_move, may_pick_up, may_take_over
from messaging.refusal import NotFoundError
from messaging.sessions import locking
from messaging.sessions.read_marks import with_marks

PAGE = 60  # messages
MOST_TO_ONE = 500  # messages that come at once where an older one is to be shown


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


def visible_session(person: Person, session_id: int) -> Session:
    """The session with this person's marks.

    Raises `NotFoundError`, or `RefusedError` for an agent of its queue whose colleague has it now.
    """
    sessions = Session.objects.select_related("channel__domain", "channel__sending_state", "queue")
    contact = Contact.objects.filter(customer_number=OuterRef("customer_number"))
    described = sessions.annotate(
        contact_name=Subquery(contact.values("name")),
        contact_company=Subquery(contact.values("company")),
        later_session=Subquery(_later_sessions(person).values("pk")[:1]),
    )
    if found := with_marks(described.visible_to(person), person.extension).filter(pk=session_id).first():
        return found
    hidden = Session.objects.filter(pk=session_id).first()
    if hidden is not None:
        locking.demand_visible(hidden, person)
    raise NotFoundError


def _later_sessions(person: Person) -> QuerySet[Session]:
    """The open session with the same customer that this person sees beside a closed one, at most one."""
    same = {name: OuterRef(name) for name in ("channel", "our_number", "customer_number")}
    return Session.objects.visible_to(person).filter(status="open", pk__gt=OuterRef("pk"), **same)


def read_conversation(
    person: Person,
    session_id: int,
    at: int | None = None,
    also: Collection[int] = (),
) -> Conversation:
    """A session as this person sees it, with the newest messages.

    There are more of them if the message `at` is further up. Those of the ids `also` that stand above come beside them.

    Raises as `visible_session`.
    """
    session = visible_session(person, session_id)
    messages, previous = _messages(session, None, _distance_to(session, at) if at else 0)
    above = _above(session, messages, also)
    present = Present(session, person, [*above, *messages])
    return Conversation(
        head=_head(session, person),
        composer=composer_of(session, person.extension),
        timeline=_timeline(messages, previous, present),
        above=tuple(line_of(each, each.created_at, clock(each.created_at), present) for each in above),
        last_message=messages[-1].pk if messages else 0,
        last_inbound=max((m.pk for m in messages if m.is_inbound and m.session_id == session.pk), default=0),
        read_up_to=session.read_up_to,  # type: ignore[attr-defined]
        at=at or 0,
    )


def read_earlier(person: Person, session_id: int, before: int) -> Timeline:
    """What stands above the message `before`: in this session, and in earlier ones of the same customer and number.

    Raises as `visible_session`.
    """
    session = visible_session(person, session_id)
    messages, previous = _messages(session, before)
    return _timeline(messages, previous, Present(session, person, messages))


def visible_file(person: Person, session_id: int, file_id: int) -> Attachment:
    """A file that the conversation of this session shows. Raises as `visible_session`."""
    session = visible_session(person, session_id)
    found = Attachment.objects.filter(pk=file_id, message__in=_all_messages(session)).first()
    if found is None:
        raise NotFoundError
    return found


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


def _timeline(messages: list[Message], previous: Message | None, present: Present) -> Timeline:
    lines = tuple(lines_of(messages, previous.session_id if previous else None, present))
    return Timeline(lines, messages[0].pk if previous else None)


def _head(session: Session, person: Person) -> Head:
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
        is_mine=person.extension is not None and session.holder_id == person.extension.pk,
        is_open=session.is_open,
        state=_state(session),
        waits=session.is_open and session.holder_id is None,
        may_pick_up=may_pick_up(session, person.extension),
        may_take_over=may_take_over(session, person.extension),
        may_move=may_move(session, person),
        may_archive=person.extension is not None,
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
