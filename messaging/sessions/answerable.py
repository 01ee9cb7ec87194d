"""Whether somebody can write in a session now, and the sentence that says why not."""

from __future__ import annotations

from django.utils.translation import gettext as _

from channels_app.models import Extension
from channels_app.phone_numbers import is_phone_number
from messaging.models import Session
from messaging.models.person import Person
from messaging.models.session_rights import may_answer, may_take_over
from messaging.refusal import RefusedError
from messaging.sessions.locking import demand_visible


def demand_answerable(session: Session, person: Person) -> Extension:
    """The extension to answer from. Raises `RefusedError` with the reason why this session can't be answered."""
    demand_visible(session, person)
    reason = why_not_answerable(session, person.extension)
    if reason or person.extension is None:
        raise RefusedError(reason)
    return person.extension


def why_not_answerable(session: Session, extension: Extension | None) -> str:
    """The sentence that says why `extension` can't write in the session now; "" if it can."""
    if session.is_open and extension is None:
        return _("Only people with an extension can answer.")
    if session.is_open and not may_answer(session, extension):
        return _whose(session, extension)
    return why_nothing_leaves(session)


def why_nothing_leaves(session: Session) -> str:
    """The sentence that says why no message of anybody can be written in the session now; "" if one can."""
    if not session.is_open:
        return _("This session is closed. Start a new one to write to this customer.")
    if not session.channel.enabled:
        return _("The channel “%(channel)s” is disabled: nothing can be sent through it.") % {
            "channel": session.channel.name
        }
    if not is_phone_number(session.customer_number):
        return _("“%(customer)s” is not a phone number and can't be answered.") % {
            "customer": session.customer_number
        }
    if session.rule is None:
        return _(
            "This number was removed: %(number)s no longer has a rule, so nothing can be sent from it."
        ) % {"number": session.our_number}
    return ""


def _whose(session: Session, extension: Extension | None) -> str:
    if may_take_over(session, extension):
        return _("%(holder)s is away and the customer is waiting. Take over the session to answer.") % {
            "holder": session.holder_name
        }
    if session.holder_name:
        return _("%(holder)s has this session now.") % {"holder": session.holder_name}
    return _("This session belongs to a queue you are not in.")
