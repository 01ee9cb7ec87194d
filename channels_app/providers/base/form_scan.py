"""The short fields of a form-encoded body of any size, and its large ones handed on in pieces."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import unquote_plus

from .body import Body, Kept, Sink

LONGEST_NAME = 1024  # bytes in the body, as all here
LONGEST_VALUE = 1024 * 1024

_NAME = re.compile(rb"[^=&]*")
_VALUE = re.compile(rb"[^&]*")
MOST_FIELDS = 10_000


class FormError(Exception):
    """This is no form that anybody sends."""


def scan_form(body: Body, wanted: Collection[str], sinks: Mapping[str, Sink]) -> dict[str, str]:
    """The values of the `wanted` fields; those of the fields in `sinks` go there, still encoded.

    Of a value the first `LONGEST_VALUE` bytes are kept; of fields with the same name the last one counts. Raises
    FormError.
    """
    fields: dict[str, str] = {}
    count = 0
    while body.peek():
        count += 1
        if count > MOST_FIELDS:
            raise FormError(f"The form has more than {MOST_FIELDS:,} fields.")
        kept = Kept(LONGEST_NAME)
        body.take(_NAME, kept)
        name = _decode(kept.value)
        if body.peek() == b"=":
            body.take_bytes(1)
            kept = Kept(LONGEST_VALUE)
            body.take(_VALUE, sinks.get(name, kept))
            if name in sinks:
                sinks[name].end()
            elif name in wanted:
                fields[name] = _decode(kept.value)
        if body.peek() == b"&":
            body.take_bytes(1)
    return fields


def _decode(raw: bytearray) -> str:
    return unquote_plus(raw.strip(b"\r\n").decode("utf-8", "replace"), errors="replace")
