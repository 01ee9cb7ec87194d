"""The box in which an answer is written: what stands in its place, and what is said beside it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from channels_app.models import Extension
from channels_app.phone_numbers import pretty_number
from messaging.files import uploads
from messaging.inbox.conversation_lines import FileLine, file_line
from messaging.inbox.display import Shown
from messaging.models import Attachment, Session
from messaging.sessions.answerable import why_not_answerable


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


def composer_of(session: Session, extension: Extension | None) -> Composer:
    why_not = why_not_answerable(session, extension)
    return Composer(
        why_not=why_not,
        warning="" if why_not else _warning(session),
        hint="" if why_not else _hint(session),
        our_number=session.our_number,
        customer_number=session.customer_number,
        why_no_files="" if why_not else uploads.why_no_files(session),
        drafts=() if why_not or extension is None else _drafts(session, extension),
        accompanying_text=session.channel.accompanying_text,
        later_session=session.later_session or 0,  # type: ignore[attr-defined]
    )


def _drafts(session: Session, extension: Extension) -> tuple[FileLine, ...]:
    drafts = Attachment.objects.drafts(extension, session.pk)
    return tuple(file_line(draft) for draft in drafts if draft.is_there)


def _warning(session: Session) -> str:
    rule = session.rule
    if rule is None or not rule.warns_for(session.customer_number):
        return ""
    return _(
        "%(number)s is not registered for 10DLC. Carriers in the United States silently drop such messages "
        "after the ITSP has accepted them."
    ) % {"number": pretty_number(session.our_number)}


def _hint(session: Session) -> str:
    """What holds the channel's whole queue, if anything does."""
    channel = session.channel
    if not channel.holds_queue:
        return ""
    return _("Messages are waiting: %(status)s. They are sent automatically once that is fixed.") % {
        "status": channel.status_text
    }
