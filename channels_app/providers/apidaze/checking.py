"""Asking Apidaze whether a key and a secret are a pair."""

from __future__ import annotations

from ..base import Account, CheckOutcome, CheckResult, SendOutcome
from ..base.answers import meaning_of_no_answer
from ..base.http import BadAddressError, NoAnswerError, exchange
from .answers import meaning_of
from .credentials import Credentials

_SAYS_NOTHING = (SendOutcome.SENT, SendOutcome.FAILED)  # of a message; about credentials: nothing


def check_credentials(account: Account, *, timeout: float) -> CheckResult:
    """See `Provider.check_credentials`. The status decides: the body differs between versions of the API."""
    credentials = Credentials.of(account)
    if credentials is None:
        return CheckResult(CheckOutcome.REJECTED, code="credentials")
    try:
        answer = exchange("GET", account.base_url, credentials.target("validates"), timeout=timeout)
    except BadAddressError:
        return CheckResult(CheckOutcome.NOT_CHECKED, code="wrong_address")
    except NoAnswerError as error:
        return CheckResult(CheckOutcome.NOT_CHECKED, code=meaning_of_no_answer(error).code)
    if answer.status == 200:
        if answer.body.lstrip().startswith(b"<"):  # a web page: whoever answered, it wasn't the API
            return CheckResult(CheckOutcome.NOT_CHECKED, code="wrong_address")
        return CheckResult(CheckOutcome.VALID)
    meaning = meaning_of(answer, credentials.secrets)
    if meaning.outcome is SendOutcome.BAD_CREDENTIALS:
        return CheckResult(CheckOutcome.REJECTED, code=meaning.code, detail=meaning.detail)
    code = "unexpected" if meaning.outcome in _SAYS_NOTHING else meaning.code
    return CheckResult(CheckOutcome.NOT_CHECKED, code=code, detail=meaning.detail)
