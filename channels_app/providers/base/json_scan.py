"""The short fields of a JSON object of any size, and its large ones handed on in pieces.

Written here because the streaming parsers (ijson, say) hold each string whole in memory, and a webhook may
bring 100 MB of files in a single string.

Liberal where that is harmless: what follows the object, missing or trailing commas and mismatched brackets
inside a value are no errors. A body that ends early is one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping

from .body import Body, Kept, Sink

LONGEST_NAME = 1024  # bytes in the body, as all here
LONGEST_STRING = 1024 * 1024
LONGEST_TOKEN = 512
MOST_FIELDS = 10_000  # each costs time here, where the inside of a value is passed over quickly

_SPACE = re.compile(rb"\s*")
_TOKEN = re.compile(rb'[^\s,:"\[\]{}]*')
_OPENING = re.compile(rb"[\[{]+")
_CLOSING = re.compile(rb"[\]}]+")
# Each of these can match in one way only, so that nothing is tried twice. (Possessive quantifiers would say so
# too, but Python 3.11 has bugs in them.)
_IN_STRING = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_BETWEEN = rb'[^"\[\]{}]*'
_SIMPLE_LIST = rb"[\[{]%b(?:%b%b)*[\]}]" % (_BETWEEN, _STRING, _BETWEEN)
# What leaves the depth as it is: whole strings, lists and objects with none inside them, and what is between.
_FLAT = re.compile(rb"%b(?:(?:%b|%b)%b)*" % (_BETWEEN, _STRING, _SIMPLE_LIST, _BETWEEN), re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_CONSTANTS = {"true": True, "false": False, "null": None, "NaN": None, "Infinity": None, "-Infinity": None}


class NotJSONError(ValueError):
    """The body isn't JSON, or ends early. The text says what is wrong, in a sentence."""


class Number(str):
    """A number as it stands in the body: an identifier of 30 digits is no float."""

    __slots__ = ()


Scalar = str | Number | bool | None


def scan_object(body: Body, wanted: Collection[str], sinks: Mapping[str, Sink]) -> dict[str, Scalar]:
    """The values of the `wanted` fields of the object that `body` stands before; those of `sinks` go there.

    Of a string the first `LONGEST_STRING` bytes are kept; a list, an object or an overlong number is None. Of
    fields with the same name the last one counts, as for `json.loads`. Raises NotJSONError.
    """
    fields: dict[str, Scalar] = {}
    count = 0
    _expect(body, b"{", "an object")
    while (byte := _next_byte(body)) != b"}":
        if byte == b",":
            body.take_bytes(1)
            continue
        count += 1
        if count > MOST_FIELDS:
            raise NotJSONError(f"The JSON object has more than {MOST_FIELDS:,} fields.")
        name = _take_string(body, LONGEST_NAME)
        _expect(body, b":", "a colon")
        if name in sinks:
            _pass_value(body, sinks[name])
            sinks[name].end()
        elif name in wanted:
            fields[name] = _take_value(body)
        else:
            _pass_value(body, None)
    body.take_bytes(1)
    return fields


def _next_byte(body: Body) -> bytes:
    body.take(_SPACE)
    byte = body.peek()
    if not byte:
        raise NotJSONError("The JSON ends early.")
    return byte


def _expect(body: Body, byte: bytes, what: str) -> None:
    if _next_byte(body) != byte:
        raise NotJSONError(f"The body is not JSON: {what} is missing.")
    body.take_bytes(1)


def _take_value(body: Body) -> Scalar:
    byte = _next_byte(body)
    if byte == b'"':
        return _take_string(body, LONGEST_STRING)
    if byte in (b"{", b"["):
        _pass_value(body, None)
        return None
    kept = Kept(LONGEST_TOKEN)
    body.take(_TOKEN, kept)
    token = kept.value.decode("ascii", "replace")
    if token in _CONSTANTS:
        return _CONSTANTS[token]
    if kept.is_cut and token.lstrip("-").isdigit():
        return None
    if not _NUMBER.fullmatch(token):
        raise NotJSONError("The body is not JSON: a value is missing or malformed.")
    return Number(token)


def _take_string(body: Body, limit: int) -> str:
    if _next_byte(body) != b'"':
        raise NotJSONError("The body is not JSON: a field's name is missing.")
    kept = Kept(limit)
    _pass_string(body, kept)
    text = kept.value.decode("utf-8", "replace")
    if not kept.is_cut:
        return _decode(text)
    for cut in range(len(r"\u0000") + 1):  # perhaps cut within an escape
        try:
            return _decode(text[: len(text) - cut] + '"')
        except NotJSONError:
            continue
    raise NotJSONError("The body is not JSON: a string is malformed.")


def _decode(text: str) -> str:
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        raise NotJSONError("The body is not JSON: a string is malformed.") from None


def _pass_value(body: Body, sink: Sink | None) -> None:
    byte = _next_byte(body)
    if byte == b'"':
        _pass_string(body, sink)
    elif byte in (b"{", b"["):
        _pass_brackets(body, sink)
    else:
        body.take(_TOKEN, sink)


def _pass_string(body: Body, sink: Sink | None) -> None:
    body.take_bytes(1, sink)
    while True:
        body.take(_IN_STRING, sink)
        if body.peek() == b'"':
            body.take_bytes(1, sink)
            return
        if not body.more():  # else the piece ended between a backslash and what it escapes
            raise NotJSONError("The JSON ends early, inside a string.")


def _pass_brackets(body: Body, sink: Sink | None) -> None:
    depth = _take_brackets(body, 0, sink)
    while depth:
        body.take(_FLAT, sink)
        byte = body.peek()
        if not byte:
            raise NotJSONError("The JSON ends early, inside a list or an object.")
        if byte == b'"':
            _pass_string(body, sink)
        else:
            depth = _take_brackets(body, depth, sink)


def _take_brackets(body: Body, depth: int, sink: Sink | None) -> int:
    """Consume a run of brackets, all opening or all closing, down to depth 0. Gives the new depth."""
    if opening := _OPENING.match(body.buffer, body.position):
        count = opening.end() - body.position
        depth += count
    else:
        closing = _CLOSING.match(body.buffer, body.position)
        count = min(closing.end() - body.position, depth) if closing else 0
        depth -= count
    body.take_bytes(count, sink)
    return depth
