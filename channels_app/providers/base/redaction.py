"""A webhook's body for the log, without the files in it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import BinaryIO

from .body import PIECE, Body
from .text import storable

_SHORTEST_RUN = 64
_LONGEST_UNIT = 3  # an encoded character: it may be split between two pieces

# Base64 as it stands in JSON, where a slash may be escaped, or in a form, where `+`, `/` and `=` are encoded.
_RUN = re.compile(rb"(?:[A-Za-z0-9+/_-]+|\\/|%2[BbFf])+(?:=|%3[Dd])*")
# Once inside, its line ends too.
_REST_OF_RUN = re.compile(rb"(?:[A-Za-z0-9+/=_-]+|\\[/rn]|[\r\n]|%(?:2[BbFf]|3[Dd]|0[AaDd]))*")

# A name and its value, quoted as in JSON, as in a Python dictionary, or as in JSON within a JSON string.
_PAIR = re.compile(
    r"""(?P<before>(?P<quote>\\?["'])(?P<name>[^"'\\]{0,255})(?P=quote)\s*:\s*(?P<end>\\?["']))"""
    r"""(?P<value>[^"'\\]*(?:(?!(?P=end))(?:\\.|["'\\])[^"'\\]*)*)""",
    re.DOTALL,
)
_FORM_PAIR = re.compile(r"(?P<before>(?:^|(?<=&))(?P<name>[^=&]{1,255})=)(?P<value>[^&]+)")
_KEPT_NAMES = frozenset(("filename", "name", "type", "content_type", "mime_type"))
_KEPT_VALUE = re.compile(r"\s*(?:<… [0-9,]+ bytes cut>|https?(?::|%3A)\S*)?\s*", re.IGNORECASE)


def redact_body(
    stream: BinaryIO, limit: int, *, file_fields: Collection[str], fields: Collection[str]
) -> str:
    """At most `limit` characters of the body: text that a database takes, contents of files cut out.

    Anything that looks like 64 or more characters of base64 is cut wherever it stands. After the first of
    `file_fields` each value is cut, however short, save those of `fields` (the message's own), the names and
    types of the files, and addresses. Raises nothing: what the stream can't give is not there.
    """
    raw = _without_runs(stream, 2 * max(limit, 0) + PIECE)
    text = storable(raw.decode("utf-8", "replace"), len(raw))
    text = _without_short_files(text, file_fields, fields)
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…" * (limit > 0)


def _without_runs(stream: BinaryIO, enough: int) -> bytes:
    """The first `enough` bytes of what is left of the body when long runs of base64 are cut out."""
    kept = bytearray()
    body = _UnbreakableBody(stream)
    while len(kept) < enough and body.peek():
        kept += _next_part(body)
    return bytes(kept[:enough])


class _UnbreakableBody(Body):
    """A stream that breaks has ended: the log shows what came."""

    def more(self) -> bool:
        try:
            return super().more()
        except Exception:
            return False


def _next_part(body: Body) -> bytes:
    """What stands before the next run, or the run itself if it is short, or the mark that replaces it."""
    run = _RUN.search(body.buffer, body.position)
    start, end = run.span() if run else (len(body.buffer),) * 2
    if start > body.position:
        before = body.buffer[body.position : start]
        body.position = start
        return before
    length = end - start
    if length < _SHORTEST_RUN and end + _LONGEST_UNIT > len(body.buffer) and body.more():
        return b""  # perhaps it goes on: look again
    body.position += length
    if length < _SHORTEST_RUN:
        return body.buffer[body.position - length : body.position]
    counter = _Counter(length)
    body.take(_REST_OF_RUN, counter)
    while len(body.buffer) - body.position < _LONGEST_UNIT and body.more():
        body.take(_REST_OF_RUN, counter)
    return _mark(counter.count).encode()


class _Counter:
    def __init__(self, count: int) -> None:
        self.count = count

    def write(self, piece: bytes, /) -> None:
        self.count += len(piece)

    def end(self) -> None:
        pass


def _mark(count: int) -> str:
    return f"<… {count:,} bytes cut>"


def _without_short_files(text: str, file_fields: Collection[str], fields: Collection[str]) -> str:
    kept_names = _KEPT_NAMES.union(fields)

    def redact(pair: re.Match[str]) -> str:
        value = pair["value"]
        if pair["name"] in file_fields and not is_form:
            value = _PAIR.sub(redact, value)
        elif pair["name"] not in kept_names and not _KEPT_VALUE.fullmatch(value):
            value = _mark(len(value.encode()))
        return pair["before"] + value

    is_form = not text.lstrip("\ufeff \t\r\n").startswith("{")
    if is_form:
        return _FORM_PAIR.sub(lambda pair: redact(pair) if pair["name"] in file_fields else pair[0], text)
    first = re.search(f'"(?:{"|".join(map(re.escape, file_fields))})"\\s*:', text)
    return text if first is None else text[: first.start()] + _PAIR.sub(redact, text[first.start() :])
