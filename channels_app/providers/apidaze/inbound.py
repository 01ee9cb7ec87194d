"""One webhook request of Apidaze's, understood: known forms first, and liberal with what nobody documents."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from typing import BinaryIO

from ..base import FoundFile, InboundMessage, NotAMessageError, NotUnderstoodError, redaction
from ..base.body import Body, Sink
from ..base.fields import UNKNOWN_SENDER, first_of, message_id_of, number_of, text_of
from ..base.file_digest import FileDigest
from ..base.file_list import FileList
from ..base.form import FormError, read_form
from ..base.found_file import NOT_UNDERSTOOD
from ..base.json_scan import NotJSONError, Scalar, scan_object
from .files import FileField

FILE_FIELDS = ("files", "media", "media_urls")
_SENDER = ("caller_id_number", "from")
_RECIPIENT = ("destination_number", "to")
_TEXT = ("text", "body")
_MESSAGE_ID = ("id", "uuid", "message_uuid", "reference_id")
_WANTED = frozenset((*_SENDER, *_RECIPIENT, *_TEXT, *_MESSAGE_ID, "status"))

_BEFORE_BODY = re.compile(rb"[\s\xef\xbb\xbf]*")  # white space and UTF-8's byte order mark
_FORM_START = re.compile(rb"[\w.%+\[\]-]{1,100}=")
_LAYOUT = (".smil", ".smi")  # how the parts of a multimedia message are arranged on a phone


def redact_body(stream: BinaryIO, limit: int) -> str:
    """The body for the webhook log: at most `limit` characters, contents of files cut out. Raises nothing."""
    return redaction.redact_body(stream, limit, file_fields=FILE_FIELDS, fields=_WANTED)


def parse_inbound(stream: BinaryIO, headers: Mapping[str, str]) -> InboundMessage:
    """Read one body, JSON or form-encoded by its looks: the `Content-Type` isn't trusted.

    Raises NotUnderstoodError or NotAMessageError; what the stream raises comes through.
    """
    files = FileDigest()
    fields = _scan(Body(stream), files)
    text = text_of(first_of(fields, _TEXT))
    if "status" in fields and not text and not files.found:
        raise NotAMessageError("This looks like a delivery report.")
    recipient = number_of(first_of(fields, _RECIPIENT))
    if not recipient:
        raise NotUnderstoodError("There is no destination number.")
    if not text and not files.found:
        raise NotUnderstoodError("There is neither text nor a file.")
    return InboundMessage(
        sender=number_of(first_of(fields, _SENDER)) or UNKNOWN_SENDER,
        recipient=recipient,
        text=text,
        message_id=message_id_of(first_of(fields, _MESSAGE_ID)),
        has_files=files.found,
        files_digest=files.value,
    )


def read_files(stream: BinaryIO, open_file: Callable[[], BinaryIO]) -> list[FoundFile]:
    """The files of a body. Raises nothing of its own: what is broken or not understood has a `problem`."""
    found, digest = FileList(_LAYOUT), FileDigest()
    sink = _Both(digest, FileField(found, open_file))
    with contextlib.suppress(NotUnderstoodError):  # then what was found before stays
        _scan(Body(stream), sink)
    sink.end()  # of a field in whose middle the body ended
    if digest.found and not found.files:
        found.add(FoundFile(problem=NOT_UNDERSTOOD))
    return found.files


class _Both:
    """A sink that passes on to two."""

    def __init__(self, *sinks: Sink) -> None:
        self._sinks = sinks

    def write(self, piece: bytes, /) -> None:
        for sink in self._sinks:
            sink.write(piece)

    def end(self) -> None:
        for sink in self._sinks:
            sink.end()


def _scan(body: Body, files: Sink) -> Mapping[str, Scalar]:
    """The short fields of the body; those that carry files go to `files`. Raises NotUnderstoodError."""
    body.take(_BEFORE_BODY)
    first = body.peek()
    if not first:
        raise NotUnderstoodError("The body is empty.")
    try:
        if first == b"{":
            return scan_object(body, _WANTED, dict.fromkeys(FILE_FIELDS, files))
        while len(body.buffer) - body.position < 101 and body.more():
            pass
        if _FORM_START.match(body.buffer, body.position):
            form = read_form(body)
            for name in FILE_FIELDS:
                files.write(form.get(name, "").encode())
                files.end()
            return form
    except (NotJSONError, FormError) as error:
        raise NotUnderstoodError(str(error)) from None
    raise NotUnderstoodError("The body is neither a JSON object nor a form.")
