"""Handing one message over to Apidaze."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

from ..base import Account, OutboundMessage, SendOutcome, SendResult
from ..base.answers import meaning_of_no_answer, tokens_of
from ..base.http import BadAddressError, NoAnswerError, exchange
from .answers import meaning_of
from .credentials import Credentials

_E164 = re.compile(r"\+([0-9]+)")


def send(
    account: Account, message: OutboundMessage, *, depart: Callable[[], None], timeout: float
) -> SendResult:
    """Hand the message over, once; see `Provider.send`."""
    credentials = Credentials.of(account)
    if credentials is None:
        return SendResult(SendOutcome.BAD_CREDENTIALS, code="credentials")
    try:
        answer = exchange(
            "POST",
            account.base_url,
            credentials.target("sms/send"),
            body=form_of(message),
            depart=depart,
            timeout=timeout,
        )
    except BadAddressError:
        return SendResult(SendOutcome.WRONG_ADDRESS, code="wrong_address")
    except NoAnswerError as error:
        return meaning_of_no_answer(error)
    return meaning_of(answer, (*credentials.secrets, *tokens_of(message)))


def form_of(message: OutboundMessage) -> bytes:
    """The form that the API takes. A `+` before a number is answered 422."""
    form = {"from": _digits(message.sender), "to": _digits(message.recipient), "body": message.text}
    if message.file_urls:
        form["message_type"] = "MMS"
        form.update((f"file_urls[{position}]", url) for position, url in enumerate(message.file_urls))
    return urlencode(form, errors="replace").encode("ascii")


def _digits(number: str) -> str:
    match = _E164.fullmatch(number)
    return match[1] if match else number
