"""One webhook request of Examplecom's: a short JSON object, files as addresses."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from channels_app.providers.base import (
    FoundFile,
    InboundMessage,
    NotAMessageError,
    NotUnderstoodError,
    redaction,
)
from channels_app.providers.base.fields import UNKNOWN_SENDER, message_id_of, number_of, text_of
from channels_app.providers.base.file_digest import FileDigest
from channels_app.providers.base.found_file import LONGEST_ADDRESS, NOT_UNDERSTOOD

_LONGEST_BODY = 1024 * 1024  # bytes
_FIELDS = ("kind", "reference", "sender", "recipient", "content")


def parse_inbound(stream: BinaryIO) -> InboundMessage:
    body = _read(stream)
    if body.get("kind") == "receipt":
        raise NotAMessageError("This is a delivery report.")
    recipient, text = number_of(_string(body, "recipient")), text_of(_string(body, "content"))
    attachments = _attachments(body)
    if not recipient:
        raise NotUnderstoodError("There is no recipient.")
    if not text and not attachments:
        raise NotUnderstoodError("There is neither text nor a file.")
    digest = FileDigest()
    if attachments:
        digest.write(json.dumps(attachments).encode())
        digest.end()
    return InboundMessage(
        sender=number_of(_string(body, "sender")) or UNKNOWN_SENDER,
        recipient=recipient,
        text=text,
        message_id=message_id_of(_string(body, "reference")),
        has_files=digest.found,
        files_digest=digest.value,
    )


def read_files(stream: BinaryIO) -> list[FoundFile]:
    try:
        return [_file(each) for each in _attachments(_read(stream))]
    except NotUnderstoodError:
        return []


def redact_body(stream: BinaryIO, limit: int) -> str:
    return redaction.redact_body(stream, limit, file_fields=("attachments",), fields=_FIELDS)


def _read(stream: BinaryIO) -> dict[str, Any]:
    try:
        body = json.loads(stream.read(_LONGEST_BODY).decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NotUnderstoodError("The body is not JSON, or too long.") from None
    if not isinstance(body, dict):
        raise NotUnderstoodError("The body is not a JSON object.")
    return body


def _string(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _attachments(body: dict[str, Any]) -> list[Any]:
    value = body.get("attachments") or []
    return [each for each in value if each] if isinstance(value, list) else [value]


def _file(attachment: Any) -> FoundFile:
    address = attachment.get("href") if isinstance(attachment, dict) else None
    if not isinstance(address, str) or not 0 < len(address) <= LONGEST_ADDRESS:
        return FoundFile(problem=NOT_UNDERSTOOD)
    name = attachment.get("name")
    return FoundFile(name=name if isinstance(name, str) else "", address=address)
