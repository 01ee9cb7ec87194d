"""Starting: an extension that a rule allows writes first to a customer."""

from __future__ import annotations

import uuid
from functools import partial

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import Extension, RoutingRule
from channels_app.phone_numbers import normalise_number
from messaging.broker import hints
from messaging.models import Message, Session, SessionEvent
from messaging.models.person import Person
from messaging.models.session_rights import may_answer
from messaging.outbound.answering import pressed_before
from messaging.outbound.writing import Outgoing, clean_text, queue
from messaging.refusal import RefusedError
from messaging.sessions import archiving
from messaging.sessions.answerable import demand_answerable
from messaging.sessions.timeline import note


def start(person: Person, rule_id: int, typed_number: str, typed: str, press_key: uuid.UUID) -> Message:
    """Writes to a customer from one of our numbers, in a new session that this person holds, or in the open one.

    The writer's own open session is used; one that waits in a queue of the writer's is answered under its mode's
    rules; any other is refused, naming who has it, unless the channel allows taking over. Raises `RefusedError`.
    """
    text = clean_text(typed)
    if person.extension is None:
        raise RefusedError(_("Only people with an extension can start sessions."))
    rule, customer_number = pair(person.extension, rule_id, typed_number)
    before = partial(
        pressed_before,
        person.extension,
        press_key,
        text,
        customer_number=customer_number,
        our_number=rule.number,
    )
    if first := before():
        return first
    while True:
        with transaction.atomic():
            session = _open_session(rule, customer_number) or _new_session(
                rule, customer_number, person.extension
            )
            if session is None:
                continue  # somebody opened it in the same instant: look again
            if first := before():
                return first
            _make_ours(session, rule, person.extension)
            author = demand_answerable(session, person)
            archiving.show_again(session, author)
            return queue(session, Outgoing(text, author, person.name, press_key=press_key))


def rules_open_to(extension: Extension | None) -> list[RoutingRule]:
    """The numbers from which `extension` may start sessions now."""
    if extension is None:
        return []
    return list(extension.outbound_rules.filter(channel__enabled=True).select_related("channel"))


def pair(extension: Extension, rule_id: int, typed_number: str) -> tuple[RoutingRule, str]:
    """Our number's rule and the customer's number, for a session of theirs. Raises `RefusedError`."""
    rule = _allowed_rule(extension, rule_id)
    return rule, _customer(rule, typed_number)


def _allowed_rule(extension: Extension, rule_id: int) -> RoutingRule:
    rule = extension.outbound_rules.filter(pk=rule_id).select_related("channel").first()
    if rule is None:
        raise RefusedError(_("You can't start sessions from this number."))
    if not rule.channel.enabled:
        raise RefusedError(
            _("The channel “%(channel)s” is disabled: nothing can be sent through it.")
            % {"channel": rule.channel}
        )
    return rule


def _customer(rule: RoutingRule, typed_number: str) -> str:
    try:
        number = normalise_number(typed_number)
    except ValidationError as error:
        raise RefusedError(error.messages[0]) from None
    if number == rule.number:
        raise RefusedError(_("This is our own number. Enter the customer's, for example +13057673260"))
    return number


def open_sessions(rule: RoutingRule, customer_number: str) -> QuerySet[Session]:
    """The open session of the two numbers, if there is one."""
    return Session.objects.select_related("channel").filter(
        channel_id=rule.channel_id,
        our_number=rule.number,
        customer_number=customer_number,
        status=Session.Status.OPEN,
    )


def _open_session(rule: RoutingRule, customer_number: str) -> Session | None:
    return open_sessions(rule, customer_number).select_for_update(of=("self",)).first()


def _new_session(rule: RoutingRule, customer_number: str, extension: Extension) -> Session | None:
    now = timezone.now()
    session = Session(
        channel=rule.channel,
        our_number=rule.number,
        customer_number=customer_number,
        opened_at=now,
        last_activity_at=now,
    )
    session.give_to(extension)
    try:
        with transaction.atomic():
            session.save(force_insert=True)
    except IntegrityError:
        return None
    note(session, SessionEvent.Kind.STARTED, now, actor=extension)
    return session


def _make_ours(session: Session, rule: RoutingRule, extension: Extension) -> None:
    """Lets `extension` write in the session if the rules of section *Start* allow it, else refuses."""
    if may_answer(session, extension):
        return
    if not rule.channel.allow_takeover:
        raise RefusedError(refusal_of(session))
    now = timezone.now()
    owner = owner_of(session)
    hints.tell(session)  # those who lose it
    session.give_to(extension)
    session.save(update_fields=["holder", "holder_name"])
    note(session, SessionEvent.Kind.TAKEN_OVER, now, actor=extension, target_name=owner)


def owner_of(session: Session) -> str:
    """The name of whoever has an open session: its holder, its queue, or a holder that was deleted."""
    return session.holder_name if session.holder_id else session.queue_name or session.holder_name


def refusal_of(session: Session) -> str:
    """Why a session that somebody else has is not taken: it names who has it."""
    if session.holder_id:
        return _("This customer has an open session with %(holder)s.") % {"holder": session.holder_name}
    if session.queue_name:
        return _("This customer's session is waiting in the queue “%(queue)s”.") % {
            "queue": session.queue_name
        }
    return _(
        "This customer has an open session with an extension that was deleted; an administrator can move it."
    )
