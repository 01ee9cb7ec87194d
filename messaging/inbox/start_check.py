"""What starting a session would do: said while the number is typed, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from channels_app.models import Extension
from channels_app.phone_numbers import pretty_number
from messaging.inbox.search import Search
from messaging.models import Contact
from messaging.models.session_rights import may_answer
from messaging.outbound import starting
from messaging.refusal import RefusedError

# The longest list of contacts that is offered.
MOST_CONTACTS = 8


@dataclass(frozen=True, slots=True)
class Foresight:
    """What is known of a number that is being typed; `tone` is how it looks."""

    number: str
    sentence: str
    tone: Literal["good", "warn", "bad"]


def foresee(extension: Extension, rule_id: int, typed_number: str) -> Foresight:
    """What starting would do. Says no more than starting itself would say, and changes nothing."""
    try:
        rule, number = starting.pair(extension, rule_id, typed_number)
    except RefusedError as refusal:
        return Foresight("", str(refusal), "bad")
    name = pretty_number(number)
    session = starting.open_sessions(rule, number).first()
    if session is None:
        if rule.warns_for(number):
            return Foresight(
                name,
                _("Our number is not registered for 10DLC: carriers will probably drop the message."),
                "warn",
            )
        return Foresight(name, _("A new session, held by you."), "good")
    if session.holder_id == extension.pk:
        return Foresight(
            name, _("You have an open session with this customer: the message goes there."), "good"
        )
    if may_answer(session, extension):
        sentence = _("The customer is waiting in your queue “%(queue)s”: the message goes there.")
        return Foresight(name, sentence % {"queue": session.queue_name}, "good")
    if not rule.channel.allow_takeover:
        return Foresight(name, starting.refusal_of(session), "bad")
    sentence = _("You would take over this customer from %(owner)s.")
    return Foresight(name, sentence % {"owner": starting.owner_of(session)}, "warn")


def contacts_like(extension: Extension, typed: str) -> list[Contact]:
    """Contacts whose name or company has the typed words, for who may start a session with them."""
    search = Search.of(typed)
    if search is None or not search.words or not any(letter.isalpha() for letter in search.query):
        return []
    return list(search.contacts()[:MOST_CONTACTS]) if starting.rules_open_to(extension) else []
