"""What became of an outbound message, in words: its state, and why."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.models import Message

Status = Message.Status

# Our codes, as providers and the sender give them. What is not here is told by the state alone.
REASONS = {
    "refused": gettext_lazy("the ITSP refused it"),
    "waited_too_long": gettext_lazy("it waited too long"),
    "file_expired": gettext_lazy("its file expired before it left"),
    "no_domain": gettext_lazy("the channel has no domain for the ITSP to fetch its file from"),
    "unknown_host": gettext_lazy("the ITSP's address can't be found"),
    "connection": gettext_lazy("the ITSP can't be reached"),
    "tls": gettext_lazy("the connection to the ITSP is not secure"),
    "slow_down": gettext_lazy("the ITSP asked us to slow down"),
    "credentials": gettext_lazy("the ITSP rejects the channel's key and secret"),
    "wrong_address": gettext_lazy("the channel's API address is not the ITSP's"),
    "unreadable": gettext_lazy("the channel's key and secret must be entered again"),
    "no_answer": gettext_lazy("the ITSP did not answer"),
    "server_error": gettext_lazy("the ITSP had a server error"),
    "not_json": gettext_lazy("the ITSP's answer does not say"),
    "worker_died": gettext_lazy("sending was interrupted"),
    "adapter_error": gettext_lazy("something went wrong while sending"),
}


def reason_of(message: Message) -> str:
    """Why a message is where it is, in the words of a sentence's second half; "" if there is nothing to say."""
    reason = str(REASONS.get(message.failure_code, "")) if message.status != Status.SENT else ""
    if message.status == Status.FAILED and not reason:
        reason = message.failure_code.replace("_", " ")
    if reason and message.failure_detail:
        return _("%(reason)s: “%(detail)s”") % {"reason": reason, "detail": message.failure_detail}
    return reason


def meaning_of(message: Message) -> str:
    """What the state means for the person who wrote the message; "" where the word says it all."""
    match message.status:
        case Status.UNCONFIRMED:
            return _("It may have reached the customer, so it is not sent again automatically.")
        case Status.QUEUED if message.failure_code:
            return _("It will be tried again automatically.")
        case Status.FAILED:
            return _("It did not reach the customer.")
        case Status.SENT if message.resolved_by:
            return _("%(person)s said that it was sent.") % {"person": message.resolved_by}
        case Status.SENT:
            return _("Accepted by the ITSP, which reports nothing after that.")
        case _:
            return ""
