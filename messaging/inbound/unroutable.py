"""What becomes of unroutable messages: delivered, once their number has a rule, or dismissed."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import RoutingRule, User
from channels_app.providers.base import InboundMessage
from messaging.broker import doorbell
from messaging.inbound import receiving
from messaging.models import UnroutableMessage
from messaging.refusal import RefusedError

Resolution = UnroutableMessage.Resolution


def deliver(user: User, unroutable_id: int) -> UnroutableMessage:
    """Puts a waiting message into its customer's session, as if it had just come in. Raises `RefusedError`."""
    with transaction.atomic():
        waiting = _locked(unroutable_id)
        if waiting.resolution != Resolution.WAITING:
            raise RefusedError(_already(waiting))
        try:
            waiting.message = receiving.deliver(
                waiting.channel, _arrival(waiting), waiting.received_at, was_repeat=waiting.possible_repeat
            )
        except RoutingRule.DoesNotExist:
            raise RefusedError(
                _("%(number)s is not in the channel “%(channel)s” yet: add the number there first.")
                % {"number": waiting.recipient, "channel": waiting.channel}
            ) from None
        _resolve(waiting, Resolution.DELIVERED, user)
        if waiting.message is not None and waiting.body_file:
            transaction.on_commit(partial(doorbell.ring_for_files, waiting.message.pk))
        return waiting


def dismiss(user: User, unroutable_id: int) -> UnroutableMessage:
    """Takes a waiting message off the list; its text stays readable. Raises `RefusedError`."""
    with transaction.atomic():
        waiting = _locked(unroutable_id)
        if waiting.resolution != Resolution.WAITING:
            raise RefusedError(_already(waiting))
        _resolve(waiting, Resolution.DISMISSED, user)
        return waiting


def _locked(unroutable_id: int) -> UnroutableMessage:
    messages = UnroutableMessage.objects.select_for_update(of=("self",)).select_related("channel")
    return messages.get(pk=unroutable_id)


def _arrival(waiting: UnroutableMessage) -> receiving.Arrival:
    return receiving.Arrival(
        InboundMessage(
            sender=waiting.sender,
            recipient=waiting.recipient,
            text=waiting.text,
            message_id=waiting.itsp_message_id,
            has_files=waiting.body_file != "",
        ),
        fingerprint=waiting.fingerprint,
        body_file=waiting.body_file,
    )


def _resolve(waiting: UnroutableMessage, resolution: Resolution, user: User) -> None:
    waiting.resolution, waiting.resolved_at, waiting.resolved_by = resolution, timezone.now(), user.username
    waiting.save(update_fields=["resolution", "resolved_at", "resolved_by", "message"])


def _already(waiting: UnroutableMessage) -> str:
    return _("This message was already %(state)s by %(who)s.") % {
        "state": waiting.get_resolution_display().lower(),
        "who": waiting.resolved_by,
    }
