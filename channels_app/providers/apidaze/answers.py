"""What each answer of Apidaze's means: the table, and how to read the ITSP's words out of an answer."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, quote_plus

from ..base import SendOutcome, SendResult
from ..base.departure import Stage
from ..base.http import Answer, NoAnswerError
from ..base.text import storable

LONGEST_DETAIL = 300
LONGEST_ID = 128
DEFAULT_RETRY_AFTER = 5.0
LONGEST_RETRY_AFTER = 3600.0
_SHORTEST_RETRY_AFTER = 1.0  # "0" must not make a loop
_LONGEST_PAGE = 8 * 1024  # characters of a web page in which its words are looked for
_TAGS = re.compile(r"<(script|style|head)\b.*?(?:</\1\s*>|\Z)|<[^<>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer with its JSON, None where there is none."""

    answer: Answer
    json: Any = field(default=None)

    @classmethod
    def of(cls, answer: Answer) -> Reading:
        try:
            return cls(answer, json.loads(answer.body.decode("utf-8-sig")))
        except (ValueError, RecursionError):
            return cls(answer)

    @property
    def words(self) -> str:
        """The ITSP's own words, else ""."""
        if not isinstance(self.json, dict):
            return self.answer.body.decode("utf-8", "replace") if self.json is None else ""
        for name in ("error", "message", "errors"):
            if value := self.json.get(name):
                return value if isinstance(value, str) else _as_text(value)
        return ""


def _as_text(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:  # how deep is too deep differs from reading
        return ""


def _anything(_: Reading) -> bool:
    return True


def _is_object(reading: Reading) -> bool:
    return isinstance(reading.json, dict)


def _is_ok_false(reading: Reading) -> bool:
    return _is_object(reading) and reading.json.get("ok") in (False, "false")


def _is_no_pair(reading: Reading) -> bool:
    return _is_object(reading) and "not a pair" in reading.words.lower()


def _is_not_the_api(reading: Reading) -> bool:
    return not _is_object(reading) or not {"ok", "code", "error", "message", "errors"}.intersection(
        reading.json
    )


def _has_retry_after(reading: Reading) -> bool:
    return "Retry-After" in reading.answer.headers


@dataclass(frozen=True, slots=True)
class Row:
    statuses: Collection[int]
    applies: Callable[[Reading], bool]
    outcome: SendOutcome
    code: str


# The first row that fits counts.
ANSWERS = (
    Row(range(200, 300), _is_ok_false, SendOutcome.FAILED, "refused"),
    Row(range(200, 300), _is_object, SendOutcome.SENT, ""),
    Row(range(200, 300), _anything, SendOutcome.UNCONFIRMED, "not_json"),
    Row(range(300, 400), _anything, SendOutcome.WRONG_ADDRESS, "wrong_address"),
    Row((401,), _anything, SendOutcome.BAD_CREDENTIALS, "credentials"),
    Row((404,), _is_no_pair, SendOutcome.BAD_CREDENTIALS, "credentials"),
    Row((404,), _is_not_the_api, SendOutcome.WRONG_ADDRESS, "wrong_address"),
    Row((429,), _anything, SendOutcome.SLOW_DOWN, "slow_down"),
    Row(range(400, 500), _anything, SendOutcome.FAILED, "refused"),
    Row((503,), _has_retry_after, SendOutcome.SLOW_DOWN, "slow_down"),
    Row(range(1000), _anything, SendOutcome.UNCONFIRMED, "server_error"),
)

# Where a request without an answer got stuck. Only after its departure may the message have been accepted.
NO_ANSWER: Mapping[Stage, tuple[SendOutcome, str]] = {
    Stage.RESOLVING: (SendOutcome.NOT_DEPARTED, "unknown_host"),
    Stage.CONNECTING: (SendOutcome.NOT_DEPARTED, "connection"),
    Stage.SECURING: (SendOutcome.NOT_DEPARTED, "tls"),
    Stage.READY: (SendOutcome.NOT_DEPARTED, "connection"),
    Stage.OUTLIVED: (SendOutcome.NOT_DEPARTED, ""),  # no fault of anybody: the next try connects anew
    Stage.DEPARTED: (SendOutcome.UNCONFIRMED, "no_answer"),
}


def meaning_of(answer: Answer, secrets: Collection[str]) -> SendResult:
    """What an answer means, with the ITSP's words, in which none of `secrets` is left."""
    reading = Reading.of(answer)
    row = next(row for row in ANSWERS if answer.status in row.statuses and row.applies(reading))
    if row.outcome is SendOutcome.SENT:
        return SendResult(row.outcome, message_id=_message_id(reading.json, secrets))
    return SendResult(
        row.outcome,
        code=row.code,
        detail=_detail(reading.words, secrets),
        retry_after=_retry_after(answer.headers) if row.outcome is SendOutcome.SLOW_DOWN else None,
    )


def meaning_of_no_answer(error: NoAnswerError) -> SendResult:
    """What it means that no answer came."""
    outcome, code = NO_ANSWER[error.stage]
    return SendResult(outcome, code=code)


def _message_id(answer: dict[str, Any], secrets: Collection[str]) -> str:
    details = answer.get("details")
    uuid = details.get("uuid") if isinstance(details, dict) else None
    if not isinstance(uuid, str) or any(secret in uuid for secret in secrets):
        return ""
    return storable(uuid, LONGEST_ID)


def _detail(words: str, secrets: Collection[str]) -> str:
    """One line of at most `LONGEST_DETAIL` characters, without tags."""
    text = _TAGS.sub(" ", _mask(words, secrets)[:_LONGEST_PAGE])
    text = " ".join(storable(_mask(html.unescape(text), secrets), _LONGEST_PAGE).split())
    return text if len(text) <= LONGEST_DETAIL else text[: LONGEST_DETAIL - 1] + "…"


def _mask(text: str, secrets: Collection[str]) -> str:
    """`text` with each secret replaced, also as in a URL or in HTML: an ITSP may echo the request."""
    forms = {form for secret in secrets for form in _forms_of(secret)}
    return re.sub(
        "|".join(map(re.escape, sorted(forms, key=len, reverse=True))), "***", text, flags=re.IGNORECASE
    )


def _forms_of(secret: str) -> set[str]:
    quoted = {quote(secret, safe="", errors="replace"), quote(secret, errors="replace")}
    return {
        secret,
        html.escape(secret),
        json.dumps(secret)[1:-1],
        quote_plus(secret, errors="replace"),
        *quoted,
    }


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait, from a number of seconds or an HTTP date (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,15}(?:\.[0-9]{1,15})?", value):
        seconds = float(value)
    else:
        try:
            moment = parsedate_to_datetime(value)
            seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, IndexError, OverflowError):
            return DEFAULT_RETRY_AFTER
        if seconds < 0:
            return DEFAULT_RETRY_AFTER
    return min(max(seconds, _SHORTEST_RETRY_AFTER), LONGEST_RETRY_AFTER)
