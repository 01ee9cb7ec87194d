"""Exporting sessions or messages: read in windows, sent as they are read, with the progress recorded."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import User
from messaging.exports import spreadsheets
from messaging.exports.spreadsheets import Cell, Row
from messaging.models import Attachment, Contact, Export, Message, Session
from messaging.outbound.status_texts import reason_of

logger = logging.getLogger(__name__)

WINDOW = 2000  # rows read at once; after each the progress is noted
LOST_AFTER = dt.timedelta(minutes=10)  # without progress; a paused one runs again when it continues
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def start(user: User, key: str, content: str, file_format: str, sessions: QuerySet[Session]) -> Export:
    """Records that this person exports these sessions or their messages. Raises `IntegrityError` for a used key."""
    rows = sessions if content == Export.Content.SESSIONS else _messages_of(sessions)
    return Export.objects.create(
        key=key,
        person=user,
        person_name=user.username,
        content=content,
        format=file_format,
        rows_expected=rows.order_by().count(),
    )


def written(export: Export, sessions: QuerySet[Session]) -> Iterator[bytes]:
    """The file, piece by piece. An error breaks it off, so that nobody takes it for complete."""
    is_of_sessions = export.content == Export.Content.SESSIONS
    rows = _session_rows(sessions) if is_of_sessions else _message_rows(_messages_of(sessions))
    head = _session_head() if is_of_sessions else _message_head()
    noted = _noting(export, rows)
    pieces = (
        spreadsheets.csv_file(head, noted)
        if export.format == Export.Format.CSV
        else spreadsheets.xlsx_file(str(export.get_content_display()), head, noted)
    )
    state = Export.State.STOPPED
    try:
        yield from pieces
        state = Export.State.DONE
    except Exception:
        state = Export.State.FAILED
        logger.exception("export %s failed after %s rows", export.pk, export.rows)
        raise
    finally:
        Export.objects.filter(pk=export.pk).update(state=state, rows=export.rows, ended_at=timezone.now())


def stop_lost() -> None:
    """Ends lost exports: their process was killed, or their reader left at once."""
    lost = Export.objects.filter(state=Export.State.RUNNING, noted_at__lt=timezone.now() - LOST_AFTER)
    lost.update(state=Export.State.STOPPED, ended_at=timezone.now())


def file_name(export: Export) -> str:
    """`messages-2026-01-05-1330.xlsx`, in the portal's time."""
    return f"{export.content}-{timezone.localtime(export.started_at):%Y-%m-%d-%H%M}.{export.format}"


def _messages_of(sessions: QuerySet[Session]) -> QuerySet[Message]:
    return Message.objects.filter(session__in=sessions.order_by().values("pk"))


def _noting(export: Export, windows: Iterable[list[Row]]) -> Iterator[Row]:
    for window in windows:
        yield from window
        export.rows += len(window)
        # A slow reader may have been given up meanwhile.
        running = {"state": Export.State.RUNNING, "noted_at": timezone.now(), "ended_at": None}
        Export.objects.filter(pk=export.pk).update(rows=export.rows, **running)


def _session_head() -> Sequence[str]:
    zone = timezone.get_current_timezone_name()
    times = [
        _("%(what)s (%(zone)s)") % {"what": what, "zone": zone}
        for what in (_("Opened"), _("Last activity"), _("Closed"))
    ]
    return [
        _("Session"), _("Channel"), _("Our number"), _("Customer"), _("Contact"), _("Company"), _("Queue"),
        _("Holder"), _("Status"), *times, _("Messages in"), _("Messages out"),
    ]  # fmt: skip


def _session_rows(sessions: QuerySet[Session]) -> Iterator[list[Row]]:
    ids = sessions.order_by().values("pk")
    last = 0
    while True:
        window = list(
            Session.objects.filter(pk__in=ids, pk__gt=last).select_related("channel").order_by("pk")[:WINDOW]
        )
        if not window:
            return
        last = window[-1].pk
        counts = _message_counts([session.pk for session in window])
        contacts = Contact.objects.by_number(session.customer_number for session in window)
        yield [_session_row(s, contacts.get(s.customer_number), *counts.get(s.pk, (0, 0))) for s in window]


def _message_counts(ids: list[int]) -> dict[int, tuple[int, int]]:
    inbound = Count("pk", filter=Q(direction=Message.Direction.INBOUND))
    rows = Message.objects.filter(session__in=ids).order_by().values_list("session_id")
    return {pk: (came, every - came) for pk, came, every in rows.annotate(came=inbound, every=Count("pk"))}


def _session_row(session: Session, contact: Contact | None, came: int, went: int) -> Row:
    return [
        session.pk, session.channel.name, session.our_number, session.customer_number,
        contact.name if contact else "", contact.company if contact else "", session.queue_name,
        session.holder_name, session.get_status_display(), _there(session.opened_at),
        _there(session.last_activity_at), _there(session.closed_at), came, went,
    ]  # fmt: skip


def _message_head() -> Sequence[str]:
    zone = timezone.get_current_timezone_name()
    return [
        _("Message"), _("Session"), _("%(what)s (%(zone)s)") % {"what": _("Time"), "zone": zone}, _("Direction"),
        _("Channel"), _("Our number"), _("Customer"), _("Contact"), _("Author"), _("Text"), _("Files"), _("Status"),
        _("Reason"), _("Segments"),
    ]  # fmt: skip


def _message_rows(messages: QuerySet[Message]) -> Iterator[list[Row]]:
    last = 0
    while True:
        window = list(messages.filter(pk__gt=last).select_related("session__channel").order_by("pk")[:WINDOW])
        if not window:
            return
        last = window[-1].pk
        contacts = Contact.objects.by_number(message.session.customer_number for message in window)
        files = _file_names([message.pk for message in window if message.has_files])
        yield [_message_row(m, contacts.get(m.session.customer_number), files.get(m.pk, "")) for m in window]


def _file_names(ids: list[int]) -> dict[int, str]:
    names: dict[int, list[str]] = {}
    for message_id, name in (
        Attachment.objects.filter(message__in=ids).order_by("pk").values_list("message_id", "name")
    ):
        names.setdefault(message_id, []).append(name)
    return {pk: ", ".join(each) for pk, each in names.items()}


def _message_row(message: Message, contact: Contact | None, files: str) -> Row:
    session = message.session
    segments: Cell = None if message.is_inbound else message.segments
    return [
        message.pk, session.pk, _there(message.created_at), message.get_direction_display(), session.channel.name,
        session.our_number, session.customer_number, contact.name if contact else "", message.author_name,
        message.text, files, message.get_status_display(), reason_of(message), segments,
    ]  # fmt: skip


def _there(at: dt.datetime | None) -> dt.datetime | None:
    """The time in the portal's zone, without the zone: the column's head names it."""
    return timezone.localtime(at).replace(tzinfo=None) if at else None
