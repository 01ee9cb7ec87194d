"""Files put together from the strings, words and brackets of a field's value."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from ...base.file_list import FileList
from ...base.found_file import (
    ADDRESS_TOO_LONG,
    CUT_SHORT,
    EMPTY,
    LONGEST_ADDRESS,
    NOT_UNDERSTOOD,
    FoundFile,
)
from .content import Content

LONGEST_NAME = 255  # characters

NAME = "filename"
CONTENTS = ("base64", "data", "content")
ADDRESS = "url"

_NOTHING = (b"null", b"none", b"false", b"0")


class Builder:
    """Knows where in the value it stands. Whatever it is told ends in the list, as a file or as a problem.

    A value is an object of names and contents, or a list. What stands in a list is a content, an address, or an
    object that describes one file (an entry). Whatever is nested deeper is not understood, and only counted.
    """

    def __init__(self, files: FileList, open_file: Callable[[], BinaryIO]) -> None:
        self._files = files
        self._open_file = open_file
        self._depth = 0
        self._outermost = b""
        self._entry: _Entry | None = None
        self._key = ""
        self._wants_key = False
        self._sink: _Text | Content | None = None
        self._is_told = False  # that what stands in no brackets is not understood

    def mark(self, byte: bytes) -> None:
        """A bracket, a colon or a comma."""
        if byte in b"[{":
            self._open(byte)
        elif byte in b"]}":
            self._close()
        elif self._is_in_object and not self._is_too_deep:
            self._wants_key = byte == b","

    def word(self, word: bytes) -> None:
        """What stands in no quotes: a number, a `null`, or anything else."""
        if self._is_too_deep:
            return
        if self._wants_key:
            self._key = word.decode("utf-8", "replace")
        elif word.lower() not in _NOTHING:
            self._not_understood()
        elif self._is_in_object and self._entry is None:
            self._files.add(FoundFile(name=self._key, problem=EMPTY))

    def string_start(self) -> None:
        self._sink = None
        if self._is_too_deep:
            return
        if self._wants_key:
            self._sink = _Text(LONGEST_NAME)
        elif self._depth == 0:
            self._not_understood()
        elif self._entry is None or self._key in CONTENTS:
            self._sink = Content(self._open_file)
        elif self._key == NAME:
            self._sink = _Text(LONGEST_NAME)
        elif self._key == ADDRESS:
            self._sink = _Text(LONGEST_ADDRESS + 1)
        else:
            self._not_understood()

    def string_piece(self, piece: bytes) -> None:
        if self._sink is not None:
            self._sink.write(piece)

    def string_end(self) -> None:
        sink, self._sink = self._sink, None
        if isinstance(sink, Content):
            self._found(sink.file())
        elif sink is not None and self._wants_key:
            self._key = sink.value
        elif sink is not None and self._entry is not None:
            self._entry.text(self._key, sink.value)

    def end(self, *, cut_short: bool) -> None:
        """The value is over, perhaps in the middle of a string."""
        if cut_short and isinstance(self._sink, Content):
            self._sink.discard()
            self._found(FoundFile(problem=CUT_SHORT))
        self._sink = None
        self._end_entry()

    @property
    def _is_in_object(self) -> bool:
        return self._entry is not None or (self._depth > 0 and self._outermost == b"{")

    @property
    def _is_too_deep(self) -> bool:
        return self._depth > (1 if self._entry is None else 2)

    def _open(self, byte: bytes) -> None:
        was_too_deep = self._is_too_deep
        self._depth += 1
        if self._depth == 1:
            self._outermost = byte
        elif self._depth == 2 and byte == b"{" and self._outermost == b"[":
            self._entry = _Entry()
        elif not was_too_deep:
            self._not_understood()
        if not self._is_too_deep:
            self._key, self._wants_key = "", byte == b"{"

    def _close(self) -> None:
        if self._depth == 2:
            self._end_entry()
        self._depth = max(self._depth - 1, 0)
        if self._depth == 0:
            self._wants_key = False

    def _end_entry(self) -> None:
        if self._entry is None:
            return
        if found := self._entry.file():
            self._files.add(found)
        self._entry, self._key, self._wants_key = None, "", False

    def _found(self, found: FoundFile) -> None:
        if self._entry is not None:
            self._entry.content(found)
        elif self._is_in_object:
            found.name = self._key
            self._files.add(found)
        elif found.problem != EMPTY:  # an empty string that nobody calls a file is none
            self._files.add(found)

    def _not_understood(self) -> None:
        if self._entry is not None:
            self._entry.has_more = True
        elif self._depth > 0 or not self._is_told:
            self._is_told = self._is_told or self._depth == 0
            self._files.add(FoundFile(name=self._key, problem=NOT_UNDERSTOOD))


class _Entry:
    """An object that describes one file. `has_more`: something in it is not read, a size perhaps."""

    def __init__(self) -> None:
        self.has_more = False
        self._file = FoundFile()

    def text(self, key: str, value: str) -> None:
        if key == NAME:
            self._file.name = value
        elif value and not self._file.content and not self._file.address:
            is_too_long = len(value) > LONGEST_ADDRESS
            self._file.address, self._file.problem = ("", ADDRESS_TOO_LONG) if is_too_long else (value, "")

    def content(self, found: FoundFile) -> None:
        """The first content counts; a problem only where there is nothing better."""
        mine = self._file
        if not mine.content and not mine.address:
            mine.content, mine.address, mine.problem = found.content, found.address, found.problem
        elif found.content:
            found.content.close()

    def file(self) -> FoundFile | None:
        """The file, or why it is none; None for an object in which nothing stands."""
        mine = self._file
        if not (mine.content or mine.address or mine.problem):
            if not (self.has_more or mine.name):
                return None
            mine.problem = NOT_UNDERSTOOD if self.has_more else EMPTY
        return mine


class _Text:
    """A short string, at most `limit` characters of it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = b""

    def write(self, piece: bytes) -> None:
        if len(self._kept) < self._limit * 4:
            self._kept += piece[: self._limit * 4]

    @property
    def value(self) -> str:
        return self._kept.decode("utf-8", "replace")[: self._limit]
