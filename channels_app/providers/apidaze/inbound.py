"""One webhook request of Apidaze's, understood: known forms first, and liberal with what nobody documents."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO
from urllib.parse import unquote_plus

import phonenumbers

from ..base import FoundFile, InboundMessage, NotAMessageError, NotUnderstoodError, redaction
from ..base.body import Body, Sink
from ..base.file_list import FileList
from ..base.file_scan import FileField
from ..base.form_scan import FormError, scan_form
from ..base.json_scan import NotJSONError, Number, Scalar, scan_object
from ..base.text import storable

FILE_FIELDS = ("files", "media", "media_urls")
_SENDER = ("caller_id_number", "from")
_RECIPIENT = ("destination_number", "to")
_TEXT = ("text", "body")
_MESSAGE_ID = ("id", "uuid", "message_uuid", "reference_id")
_WANTED = frozenset((*_SENDER, *_RECIPIENT, *_TEXT, *_MESSAGE_ID, "status"))

UNKNOWN_SENDER = "unknown"
_LONGEST_TEXT = 64 * 1024  # characters
_LONGEST_NUMBER = 32
_LONGEST_ID = 128

_BEFORE_BODY = re.compile(rb"[\s\xef\xbb\xbf]*")  # white space and UTF-8's byte order mark
_FORM_START = re.compile(rb"[\w.%+\[\]-]{1,100}=")
_BETWEEN_DIGITS = re.compile(r"[\s().-]+")
_DIGITS = re.compile(r"(?:\+|00)?([1-9][0-9]{6,14})")
_LAYOUT = (".smil", ".smi")  # how the parts of a multimedia message are arranged on a phone
_NO_FILES = re.compile(r"(?:[\s\"'\[\]{},:]|\b(?:null|None|[Ff]alse|0)\b)*")


def redact_body(stream: BinaryIO, limit: int) -> str:
    """The body for the webhook log: at most `limit` characters, contents of files cut out. Raises nothing."""
    return redaction.redact_body(stream, limit, file_fields=FILE_FIELDS, fields=_WANTED)


def parse_inbound(stream: BinaryIO, headers: Mapping[str, str]) -> InboundMessage:
    """Read one body, JSON or form-encoded by its looks: the `Content-Type` isn't trusted.

    Raises NotUnderstoodError or NotAMessageError; what the stream raises comes through.
    """
    files = _Files()
    sinks: dict[str, Sink] = dict.fromkeys(FILE_FIELDS, files)
    fields = _scan(Body(stream), sinks, sinks)
    text = _text(_first(fields, _TEXT))
    if "status" in fields and not text and not files.found:
        raise NotAMessageError("This looks like a delivery report.")
    recipient = _number(_first(fields, _RECIPIENT))
    if not recipient:
        raise NotUnderstoodError("There is no destination number.")
    if not text and not files.found:
        raise NotUnderstoodError("There is neither text nor a file.")
    return InboundMessage(
        sender=_number(_first(fields, _SENDER)) or UNKNOWN_SENDER,
        recipient=recipient,
        text=text,
        message_id=storable(_first(fields, _MESSAGE_ID).strip(), _LONGEST_ID),
        has_files=files.found,
        files_digest=files.digest.hexdigest() if files.found else "",
    )


def read_files(stream: BinaryIO, open_file: Callable[[], BinaryIO]) -> list[FoundFile]:
    """The files of a body. Raises nothing of its own: what is broken or not understood has a `problem`."""
    found = FileList(_LAYOUT)

    def sinks(*, encoded: bool) -> dict[str, Sink]:
        return {name: FileField(found, open_file, encoded=encoded) for name in FILE_FIELDS}

    with contextlib.suppress(NotUnderstoodError):  # then what was found before stays
        _scan(Body(stream), sinks(encoded=False), sinks(encoded=True))
    return found.files


class _Files:
    """The fields that carry files: whether they hold anything, and the SHA-256 of what they hold."""

    def __init__(self) -> None:
        self.found = False
        self.digest = hashlib.sha256()
        self._beginning: bytes | None = b""  # None once the value is too long to be empty

    def write(self, piece: bytes, /) -> None:
        if self._beginning is not None:
            self._beginning += piece
            if len(self._beginning) <= 64:
                return
            piece, self._beginning = self._beginning, None
            self.found = True
        self.digest.update(piece)

    def end(self) -> None:
        beginning, self._beginning = self._beginning, b""
        if beginning and not _NO_FILES.fullmatch(unquote_plus(beginning.decode("utf-8", "replace"))):
            self.found = True
            self.digest.update(beginning)


def _scan(body: Body, in_json: Mapping[str, Sink], in_form: Mapping[str, Sink]) -> Mapping[str, Scalar]:
    body.take(_BEFORE_BODY)
    first = body.peek()
    if not first:
        raise NotUnderstoodError("The body is empty.")
    if first == b"{":
        try:
            return scan_object(body, _WANTED, in_json)
        except NotJSONError as error:
            raise NotUnderstoodError(str(error)) from None
    while len(body.buffer) - body.position < 101 and body.more():
        pass
    if _FORM_START.match(body.buffer, body.position):
        try:
            return scan_form(body, _WANTED, in_form)
        except FormError as error:
            raise NotUnderstoodError(str(error)) from None
    raise NotUnderstoodError("The body is neither a JSON object nor a form.")


def _first(fields: Mapping[str, Scalar], names: Sequence[str]) -> str:
    """The first of the fields that has a value, numbers as they stand in the body, else ""."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def _text(value: str) -> str:
    return storable(value.replace("\r\n", "\n").replace("\r", "\n"), _LONGEST_TEXT)


def _number(value: str) -> str:
    """E.164 where it can be told, else as it came ("Google", a short code), at most 32 characters."""
    plain = _whole_number(value) if isinstance(value, Number) else _BETWEEN_DIGITS.sub("", value)
    if match := _DIGITS.fullmatch(plain):
        try:
            number = phonenumbers.parse(f"+{match[1]}")
        except phonenumbers.NumberParseException:
            pass
        else:
            possible = phonenumbers.is_possible_number_with_reason(number)
            if possible == phonenumbers.ValidationResult.IS_POSSIBLE:
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return storable(value.strip(), _LONGEST_NUMBER).strip()


def _whole_number(value: Number) -> str:
    """`1.3057673260e10`, as some JSON writers put it, with its digits."""
    if value.isdigit():
        return value
    as_float = float(value)
    return str(int(as_float)) if as_float.is_integer() and 0 < as_float < 1e15 else value
