"""What each answer of Apidaze's means: the table, and where the ITSP's words stand in an answer."""

from __future__ import annotations

from collections.abc import Collection

from ..base import SendOutcome, SendResult
from ..base.answers import Reading, Row, anything, has_retry_after, in_words, is_object, result_of
from ..base.http import Answer


def _is_ok_false(reading: Reading) -> bool:
    return reading.is_object and reading.json.get("ok") in (False, "false")


def _is_no_pair(reading: Reading) -> bool:
    return reading.is_object and "not a pair" in _words(reading).lower()


def _is_not_the_api(reading: Reading) -> bool:
    return not reading.is_object or not {"ok", "code", "error", "message", "errors"}.intersection(
        reading.json
    )


# The first row that fits counts.
ANSWERS = (
    Row(range(200, 300), _is_ok_false, SendOutcome.FAILED, "refused"),
    Row(range(200, 300), is_object, SendOutcome.SENT, ""),
    Row(range(200, 300), anything, SendOutcome.UNCONFIRMED, "not_json"),
    Row(range(300, 400), anything, SendOutcome.WRONG_ADDRESS, "wrong_address"),
    Row((401,), anything, SendOutcome.BAD_CREDENTIALS, "credentials"),
    Row((404,), _is_no_pair, SendOutcome.BAD_CREDENTIALS, "credentials"),
    Row((404,), _is_not_the_api, SendOutcome.WRONG_ADDRESS, "wrong_address"),
    Row((429,), anything, SendOutcome.SLOW_DOWN, "slow_down"),
    Row(range(400, 500), anything, SendOutcome.FAILED, "refused"),
    Row((503,), has_retry_after, SendOutcome.SLOW_DOWN, "slow_down"),
    Row(range(1000), anything, SendOutcome.UNCONFIRMED, "server_error"),
)


def meaning_of(answer: Answer, secrets: Collection[str]) -> SendResult:
    """What an answer means, with the ITSP's words, in which none of `secrets` is left."""
    reading = Reading.of(answer)
    details = reading.json.get("details") if reading.is_object else None
    uuid = details.get("uuid") if isinstance(details, dict) else None
    return result_of(reading, ANSWERS, words=_words(reading), message_id=uuid, secrets=secrets)


def _words(reading: Reading) -> str:
    if not reading.is_object:
        return reading.plain_words
    fields = (reading.json.get(name) for name in ("error", "message", "errors"))
    return next((in_words(value) for value in fields if value), "")
