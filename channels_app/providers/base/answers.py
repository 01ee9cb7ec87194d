"""What an ITSP's answers have in common: how a table of them is read, and what no answer at all means."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from . import OutboundMessage, SendOutcome, SendResult
from .departure import Stage
from .http import Answer, NoAnswerError
from .text import storable

LONGEST_DETAIL = 300
LONGEST_ID = 128
DEFAULT_RETRY_AFTER = 5.0
LONGEST_RETRY_AFTER = 3600.0
_SHORTEST_RETRY_AFTER = 1.0  # "0" must not make a loop
_SHORTEST_TOKEN = 32  # characters; nothing shorter is a secret
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
    def is_object(self) -> bool:
        return isinstance(self.json, dict)

    @property
    def plain_words(self) -> str:
        """The body of an answer that is no JSON, else ""."""
        return self.answer.body.decode("utf-8", "replace") if self.json is None else ""


def anything(_: Reading) -> bool:
    """For a row that the status alone decides."""
    return True


def is_object(reading: Reading) -> bool:
    return reading.is_object


def has_retry_after(reading: Reading) -> bool:
    return "Retry-After" in reading.answer.headers


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an ITSP's table: answers with one of `statuses` to which `applies` says yes, and what they mean."""

    statuses: Collection[int]
    applies: Callable[[Reading], bool]
    outcome: SendOutcome
    code: str


# Where a request without an answer got stuck. Only after its departure may the message have been accepted.
NO_ANSWER: Mapping[Stage, tuple[SendOutcome, str]] = {
    Stage.RESOLVING: (SendOutcome.NOT_DEPARTED, "unknown_host"),
    Stage.CONNECTING: (SendOutcome.NOT_DEPARTED, "connection"),
    Stage.SECURING: (SendOutcome.NOT_DEPARTED, "tls"),
    Stage.READY: (SendOutcome.NOT_DEPARTED, "connection"),
    Stage.OUTLIVED: (SendOutcome.NOT_DEPARTED, ""),  # no fault of anybody: the next try connects anew
    Stage.DEPARTED: (SendOutcome.UNCONFIRMED, "no_answer"),
}


def result_of(
    reading: Reading, rows: Sequence[Row], *, words: str, message_id: object, secrets: Collection[str]
) -> SendResult:
    """What an answer means: the first of `rows` that fits counts, and one has to.

    `words` are the ITSP's own, `message_id` what stands where its id is expected. None of `secrets` gets into the
    result.
    """
    row = next(row for row in rows if reading.answer.status in row.statuses and row.applies(reading))
    if row.outcome is SendOutcome.SENT:
        return SendResult(row.outcome, message_id=_message_id(message_id, secrets))
    return SendResult(
        row.outcome,
        code=row.code,
        detail=_detail(words, secrets),
        retry_after=_retry_after(reading.answer.headers) if row.outcome is SendOutcome.SLOW_DOWN else None,
    )


def meaning_of_no_answer(error: NoAnswerError) -> SendResult:
    """What it means that no answer came."""
    outcome, code = NO_ANSWER[error.stage]
    return SendResult(outcome, code=code)


def in_words(value: object) -> str:
    """A text as it is, anything else of a JSON as JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:  # how deep is too deep differs from reading
        return ""


def tokens_of(message: OutboundMessage) -> list[str]:
    """What is secret in the links of the message's files: the long parts of their addresses."""
    parts = (part for url in message.file_urls for part in urlsplit(url).path.split("/"))
    return [part for part in parts if len(part) >= _SHORTEST_TOKEN]


def _message_id(value: object, secrets: Collection[str]) -> str:
    if not isinstance(value, str) or any(secret in value for secret in secrets):
        return ""
    return storable(value, LONGEST_ID)


def _detail(words: str, secrets: Collection[str]) -> str:
    """One line of at most `LONGEST_DETAIL` characters, without tags."""
    text = _TAGS.sub(" ", _mask(words, secrets)[:_LONGEST_PAGE])
    text = " ".join(storable(_mask(html.unescape(text), secrets), _LONGEST_PAGE).split())
    return text if len(text) <= LONGEST_DETAIL else text[: LONGEST_DETAIL - 1] + "…"


def _mask(text: str, secrets: Collection[str]) -> str:
    """`text` with each secret replaced, also as in a URL or in HTML: an ITSP may echo the request."""
    forms = {form for secret in secrets for form in _forms_of(secret)}
    anywhere = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    return re.sub(anywhere, "***", text, flags=re.IGNORECASE) if anywhere else text


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
