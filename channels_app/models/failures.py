"""Why a connection to an ITSP failed: codes and their texts."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_app.providers.base import CheckOutcome, CheckResult


class FailureCode(models.TextChoices):
    """Why a connection failed; those in `HOLDS_QUEUE` hold the queue until a check succeeds."""

    CREDENTIALS = "credentials", _("the ITSP rejects the key and secret")
    WRONG_ADDRESS = "wrong_address", _("this is not the ITSP's address")
    UNREADABLE = "unreadable", _("enter key and secret again")
    NO_ANSWER = "no_answer", _("could not be checked")


HOLDS_QUEUE = (FailureCode.CREDENTIALS, FailureCode.WRONG_ADDRESS, FailureCode.UNREADABLE)

# Codes of the adapters, for failed checks without any words of the ITSP.
_WHY_NOT_CHECKED = {
    "unknown_host": _("the name in the API address can't be found"),
    "connection": _("nothing answers at the API address"),
    "tls": _("the server at the API address has no valid certificate"),
    "no_answer": _("there was no answer to the request"),
    "server_error": _("the ITSP had a server error"),
    "slow_down": _("the ITSP asks to wait"),
    "unexpected": _("the ITSP's answer does not say"),
}


def why_it_failed(code: str, detail: str) -> str:
    """Why a connection failed, in words: the reason, and more detail in brackets."""
    reason = str(FailureCode(code).label) if code else ""
    return f"{reason} ({_WHY_NOT_CHECKED.get(detail, detail)})" if detail else reason


def failure_code_of(result: CheckResult) -> FailureCode:
    if result.outcome is CheckOutcome.REJECTED:
        return FailureCode.CREDENTIALS
    if result.code == FailureCode.WRONG_ADDRESS:
        return FailureCode.WRONG_ADDRESS
    return FailureCode.NO_ANSWER
