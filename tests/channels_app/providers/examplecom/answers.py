"""What each answer of Examplecom's means."""

from __future__ import annotations

from collections.abc import Collection

from channels_app.providers.base import SendOutcome, SendResult
from channels_app.providers.base.answers import Reading, Row, anything, in_words, result_of
from channels_app.providers.base.http import Answer


def _has_reference(reading: Reading) -> bool:
    return reading.is_object and "reference" in reading.json


# The first row that fits counts.
ANSWERS = (
    Row(range(200, 300), _has_reference, SendOutcome.SENT, ""),
    Row(range(200, 300), anything, SendOutcome.UNCONFIRMED, "not_json"),
    Row(range(300, 400), anything, SendOutcome.WRONG_ADDRESS, "wrong_address"),
    Row((401, 403), anything, SendOutcome.BAD_CREDENTIALS, "credentials"),
    Row((404,), anything, SendOutcome.WRONG_ADDRESS, "wrong_address"),
    Row((429,), anything, SendOutcome.SLOW_DOWN, "slow_down"),
    Row(range(400, 500), anything, SendOutcome.FAILED, "refused"),
    Row(range(1000), anything, SendOutcome.UNCONFIRMED, "server_error"),
)


def meaning_of(answer: Answer, secrets: Collection[str]) -> SendResult:
    reading = Reading.of(answer)
    fields = reading.json if reading.is_object else {}
    words = in_words(fields["reason"]) if fields.get("reason") else reading.plain_words
    return result_of(reading, ANSWERS, words=words, message_id=fields.get("reference"), secrets=secrets)
