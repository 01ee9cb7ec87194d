"""Files out of a webhook's field, in pieces: memory stays flat however large they are.

Apidaze puts them into a JSON string that holds a Python dictionary. Strings, brackets, colons and commas are alike in
Python and in JSON, so one scanner reads that and real JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO

from ...base.file_list import FileList
from .builder import Builder
from .escapes import Unescaper


class FileField:
    """A sink for one field of a body: what it carries is added to `files`.

    `open_file` gives a new, empty file for a content. Raises what `open_file` and its files raise, and nothing of
    its own: what is broken or not understood becomes a file with a `problem`.
    """

    def __init__(self, files: FileList, open_file: Callable[[], BinaryIO]) -> None:
        self._files = files
        self._open_file = open_file
        self._scanner: _Scanner | None = None

    def write(self, piece: bytes, /) -> None:
        if self._scanner is None:
            self._scanner = _Scanner(Builder(self._files, self._open_file))
            self._string = Unescaper(b'"') if piece.startswith(b'"') else None
            self._rest = b""
            piece = piece[1:] if self._string else piece
        if self._string is None:
            self._scanner.feed(piece)
            return
        piece = self._rest + piece
        position, _ended = self._string.take(piece, 0, self._scanner.feed)
        self._rest = piece[position:]

    def end(self) -> None:
        if self._scanner is not None:
            self._scanner.end()
        self._scanner = None


_SPACE = re.compile(rb"\s*")
_WORD = re.compile(rb"[^\s,:\"'\[\]{}]*")
_LONGEST_WORD = 64  # bytes; what is longer is no `null`


class _Scanner:
    """Tells the builder of strings, brackets, colons, commas and words."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._rest = b""
        self._string: Unescaper | None = None
        self._word = b""

    def feed(self, piece: bytes) -> None:
        text = self._rest + piece
        position = 0
        while position < len(text):
            if self._string is not None:
                position, ended = self._string.take(text, position, self._builder.string_piece)
                if not ended:
                    break
                self._string = None
                self._builder.string_end()
            elif end := _end_of(_WORD, text, position):
                self._word = (self._word + text[position:end])[:_LONGEST_WORD]
                position = end
            else:
                self._end_word()
                position = self._take_one(text, position)
        self._rest = text[position:]

    def end(self) -> None:
        self._end_word()
        self._builder.end(cut_short=self._string is not None)

    def _end_word(self) -> None:
        if self._word:
            self._builder.word(self._word)
        self._word = b""

    def _take_one(self, text: bytes, position: int) -> int:
        """Take the mark, the quote or the space that stands at `position`; gives where it ends."""
        if end := _end_of(_SPACE, text, position):
            return end
        byte = text[position : position + 1]
        if byte in b"\"'":
            self._string = Unescaper(byte)
            self._builder.string_start()
        else:
            self._builder.mark(byte)
        return position + 1


def _end_of(pattern: re.Pattern[bytes], text: bytes, position: int) -> int:
    """Where what matches at `position` ends; 0 if nothing does."""
    match = pattern.match(text, position)
    return match.end() if match and match.end() > position else 0
