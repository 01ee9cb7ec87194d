"""The rows of the inbox's list: the lines that sessions show there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.db.models import OuterRef, QuerySet, Subquery

from channels_app.models import Extension
from channels_app.phone_numbers import pretty_number
from messaging.inbox import highlighting
from messaging.inbox.display import Shown, how_long, short_time
from messaging.inbox.search import Search
from messaging.models import Contact, Message, Session
from messaging.models.session_access import waits_too_long
from messaging.sessions.read_marks import with_unread_count

LONGEST_LINE = 160  # characters of a message
_STATUS_LABELS = dict(Message.Status.choices)


@dataclass(frozen=True)
class Row(Shown):
    """One session of the list. `found`: the message that a search found in it, and its text in parts."""

    session_id: int
    customer: str
    number: str
    company: str
    our_number: str
    queue: str
    holder: str
    is_open: bool
    is_current: bool
    last_line: str
    last_is_ours: bool
    last_has_files: bool
    time: str
    unread: int
    waiting: str
    outgoing: str
    outgoing_label: str
    holder_is_away: bool = False
    found: int = 0
    parts: tuple[highlighting.Part, ...] = ()


def rows_of(
    ids: Iterable[int], extension: Extension | None, current: int | None, search: Search | None = None
) -> Iterator[Row]:
    """The rows of these sessions, in this order; one that is gone meanwhile is left out."""
    sessions = _with_newest(with_unread_count(Session.objects.select_related("queue"), extension))
    if search:
        sessions = search.with_found(sessions)
    by_id = {session.pk: session for session in sessions.filter(pk__in=list(ids))}
    stuck = _stuck_among(by_id.values(), extension)
    wanted = {pk for session in by_id.values() for pk in _messages_of(session)}
    messages = Message.objects.only("text", "direction", "created_at", "status", "has_files").in_bulk(wanted)
    contacts = Contact.objects.by_number(session.customer_number for session in by_id.values())
    for session in (by_id[pk] for pk in ids if pk in by_id):
        contact = contacts.get(session.customer_number)
        row = _row(session, contact, messages, current, search)
        yield replace(row, holder_is_away=True) if session.pk in stuck else row


def _with_newest(sessions: QuerySet[Session]) -> QuerySet[Session]:
    newest = Message.objects.filter(session=OuterRef("pk")).order_by("-pk").values("pk")
    outgoing = newest.filter(direction=Message.Direction.OUTBOUND)
    return sessions.annotate(
        newest_message=Subquery(newest[:1]),
        newest_outgoing=Subquery(outgoing[:1]),
    )


def _stuck_among(sessions: Iterable[Session], extension: Extension | None) -> set[int]:
    """Which of them wait too long for somebody else who is away; seldom is there one to ask for."""
    nobodys = {None, extension and extension.pk}
    held = [each.pk for each in sessions if each.waiting_since and each.holder_id not in nobodys]
    if not held:
        return set()
    return set(Session.objects.filter(waits_too_long(), pk__in=held).values_list("pk", flat=True))


def _messages_of(session: Session) -> set[int]:
    found = getattr(session, "found_message", None)
    return {session.newest_message, session.newest_outgoing, found} - {None}  # type: ignore[attr-defined]


def _row(
    session: Session,
    contact: Contact | None,
    messages: dict[int, Message],
    current: int | None,
    search: Search | None,
) -> Row:
    number = pretty_number(session.customer_number)
    last = messages.get(session.newest_message)  # type: ignore[attr-defined]
    outgoing = messages.get(session.newest_outgoing)  # type: ignore[attr-defined]
    found = messages.get(session.found_message) if search else None  # type: ignore[attr-defined]
    shown = found or last
    return Row(
        session_id=session.pk,
        customer=(contact and contact.name) or number,
        number=number,
        company=contact.company if contact else "",
        our_number=pretty_number(session.our_number),
        queue=session.queue.name if session.queue else session.queue_name,
        holder=session.holder_name,
        is_open=session.is_open,
        is_current=session.pk == current,
        last_line=" ".join(last.text[:LONGEST_LINE].split()) if last else "",
        last_is_ours=last is not None and not last.is_inbound,
        last_has_files=last is not None and last.has_files,
        time=short_time(shown.created_at if shown else session.last_activity_at),
        unread=session.unread,  # type: ignore[attr-defined]
        waiting=how_long(session.waiting_since) if session.waiting_since else "",
        outgoing=outgoing.status if outgoing else "",
        outgoing_label=str(_STATUS_LABELS[outgoing.status]) if outgoing else "",
        found=found.pk if found else 0,
        parts=highlighting.excerpt(found.text, search.words) if found and search else (),
    )
