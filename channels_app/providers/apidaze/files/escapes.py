"""Strings with escapes, in JSON's or in Python's spelling, in pieces."""

from __future__ import annotations

import re
from collections.abc import Callable

_JSON_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Unescaper:
    r"""The inside of a string: `\n`, `\'`, `é`, `\x41` as their bytes. Ends at the quote that began it."""

    _RUNS = {quote: re.compile(rb"[^\\" + quote + rb"]*") for quote in (b'"', b"'")}

    def __init__(self, quote: bytes) -> None:
        self._run = self._RUNS[quote]
        self._quote = quote
        self._half = b""  # the first half of a surrogate pair, as its escape

    def take(self, buffer: bytes, position: int, after: Callable[[bytes], None]) -> tuple[int, bool]:
        """Hands on what is complete from `position` on. Gives where it stopped, and whether the string ended."""
        while True:
            run = self._run.match(buffer, position)
            end = run.end() if run else position
            if end > position:
                self._flush(after)
                after(buffer[position:end])
                position = end
            if position == len(buffer):
                return position, False
            if buffer[position : position + 1] == self._quote:
                self._flush(after)
                return position + 1, True
            length = self._escape_length(buffer, position)
            if position + length > len(buffer):
                return position, False
            self._escape(buffer[position : position + length], after)
            position += length

    @staticmethod
    def _escape_length(buffer: bytes, position: int) -> int:
        kind = buffer[position + 1 : position + 2]
        return {b"": 3, b"u": 6, b"x": 4, b"U": 10}.get(kind, 2)

    def _escape(self, escape: bytes, after: Callable[[bytes], None]) -> None:
        kind, digits = escape[1:2], escape[2:]
        if kind in (b"u", b"x", b"U"):
            try:
                code = int(digits, 16)
                character = chr(code)
            except (ValueError, OverflowError):
                code, character = 0xFFFD, "\ufffd"
            if self._half and 0xDC00 <= code <= 0xDFFF:
                pair = (self._half + character.encode("utf-16-le", "surrogatepass")).decode("utf-16-le")
                self._half = b""
                after(pair.encode())
                return
            self._flush(after)
            if 0xD800 <= code <= 0xDBFF:
                self._half = character.encode("utf-16-le", "surrogatepass")
            else:
                after(character.encode("utf-8", "replace"))
            return
        self._flush(after)
        after(_JSON_ESCAPES.get(kind, b"" if kind == b"\n" else kind))

    def _flush(self, after: Callable[[bytes], None]) -> None:
        if self._half:
            self._half = b""
            after("\ufffd".encode())
