"""Files put together from the strings, words and brackets of a field's value."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from .file_content import EMPTY, LONGEST_ADDRESS, Content
from .file_list import FileList
from .found_file import FoundFile

LONGEST_NAME = 255  # characters
DEEPEST = 8  # brackets; what is nested deeper is not read

NAMES = ("filename", "file_name", "name")
CONTENTS = ("base64", "data", "content", "contents", "body")
ADDRESSES = ("url", "uri", "href", "media_url", "link")

CUT_SHORT = "The file was cut short."
NOT_UNDERSTOOD = "It came in a form that is not known."

_NOTHING = (b"null", b"none", b"false", b"0")


class Builder:
    """Knows where in the value it stands. Whatever it is told ends in the list, as a file or as a problem."""

    def __init__(self, files: FileList, open_file: Callable[[], BinaryIO], *, in_form: bool) -> None:
        self._files = files
        self._open_file = open_file
        self._in_form = in_form
        self._stack: list[_Level] = []
        self._sink: _Text | Content | None = None
        self._too_deep = 0  # brackets beyond the deepest: only counted, or they would fill the memory

    def mark(self, byte: bytes) -> None:
        """A bracket, a colon or a comma."""
        if byte in b"[{" and len(self._stack) > DEEPEST:
            if not self._too_deep:
                self._not_understood()
            self._too_deep += 1
        elif byte in b"]}" and self._too_deep:
            self._too_deep -= 1
        elif self._too_deep:
            pass
        elif byte in b"[{":
            name = self._stack[-1].key if self._stack else ""
            # An object in a list, or under a file's name, describes one file by its fields.
            describes_a_file = byte == b"{" and bool(self._stack)
            self._stack.append(_Level(byte == b"{", describes_a_file=describes_a_file, name=name))
        elif byte in b"]}":
            self._close()
        elif self._stack:
            self._stack[-1].colon() if byte == b":" else self._stack[-1].comma()

    def word(self, word: bytes) -> None:
        """What stands in no quotes: a number, a `null`, or anything else."""
        if self._too_deep:
            return
        level = self._level
        is_nothing = word.lower() in _NOTHING
        if level is not None and level.wants_key:
            level.key = word.decode("utf-8", "replace")
        elif not is_nothing:
            self._not_understood()
        elif level is not None and level.is_object and not level.describes_a_file:
            self._add(FoundFile(name=level.key, problem=EMPTY))

    def string_start(self) -> None:
        level = self._level
        if self._too_deep:
            self._sink = _Text(0)
        elif level is None or not (level.wants_key or level.describes_a_file):
            self._sink = Content(self._open_file, in_form=self._in_form)
        elif level.wants_key or level.key.lower() in NAMES:
            self._sink = _Text(LONGEST_NAME)
        elif level.key.lower() in ADDRESSES:
            self._sink = _Text(LONGEST_ADDRESS + 1)
        elif level.key.lower() in CONTENTS:
            self._sink = Content(self._open_file, in_form=self._in_form)
        else:
            self._sink = _Text(1)

    def string_piece(self, piece: bytes) -> None:
        if self._sink is not None:
            self._sink.write(piece)

    def string_end(self) -> None:
        sink, self._sink = self._sink, None
        level = self._level
        if sink is None or self._too_deep:
            return
        if isinstance(sink, _Text):
            if level is not None:
                level.text(sink.value)
            return
        found = sink.file()
        if level is not None and level.describes_a_file:
            level.content(found)
        elif level is not None and level.is_object:
            found.name = level.key
            self._add(found)
        elif found.problem != EMPTY:  # an empty string that nobody calls a file is none
            self._add(found)

    def end(self, *, cut_short: bool) -> None:
        """The value is over, perhaps in the middle of a string."""
        sink, self._sink = self._sink, None
        if cut_short and isinstance(sink, Content):
            sink.discard()
            level = self._level
            found = FoundFile(problem=CUT_SHORT)
            if level is not None and level.describes_a_file:
                level.content(found)
            else:
                found.name = level.key if level is not None else ""
                self._add(found)
        while self._stack:
            self._close()

    @property
    def _level(self) -> _Level | None:
        return self._stack[-1] if self._stack else None

    def _close(self) -> None:
        if not self._stack:
            return
        level = self._stack.pop()
        outside = self._level
        found = level.file()
        if found is not None and found.problem == NOT_UNDERSTOOD and outside and outside.describes_a_file:
            outside.has_more = True  # a picture's dimensions, say
        elif found is not None:
            self._add(found)
        if outside is not None:
            outside.gave = outside.gave or level.gave

    def _not_understood(self) -> None:
        level = self._level
        if level is not None and level.describes_a_file:
            level.has_more = True
        else:
            self._add(FoundFile(name=level.key if level is not None else "", problem=NOT_UNDERSTOOD))

    def _add(self, found: FoundFile) -> None:
        if self._stack:
            self._stack[-1].gave = True
        self._files.add(found)


class _Level:
    """Inside one pair of brackets. `gave`: something of it is in the list; `has_more`: something of it is not read."""

    def __init__(self, is_object: bool, *, describes_a_file: bool, name: str) -> None:
        self.is_object = is_object
        self.describes_a_file = describes_a_file
        self.key = ""
        self.wants_key = is_object
        self.gave = False
        self.has_more = False
        self._file = FoundFile(name=name)

    def colon(self) -> None:
        self.wants_key = False

    def comma(self) -> None:
        self.wants_key = self.is_object
        if self.is_object:
            self.key = ""

    def text(self, value: str) -> None:
        if self.wants_key:
            self.key = value
        elif value and self.key.lower() in NAMES:
            self._file.name = value
        elif value and self.key.lower() in ADDRESSES:
            self._address(value)
        elif value:
            self.has_more = True

    def content(self, found: FoundFile) -> None:
        """The first content counts; a problem only where there is nothing better."""
        mine = self._file
        if mine.content is not None or (found.content is None and mine.address):
            if found.content is not None:
                found.content.close()
            return
        mine.content, mine.address, mine.problem = found.content, found.address, found.problem

    def file(self) -> FoundFile | None:
        """The file that these brackets describe, or why they describe none."""
        mine = self._file
        if not self.describes_a_file:
            return None
        if not (mine.content or mine.address or mine.problem):
            if self.gave or not (self.has_more or mine.name):
                return None
            mine.problem = NOT_UNDERSTOOD if self.has_more else EMPTY
        return mine

    def _address(self, value: str) -> None:
        if self._file.content is not None or self._file.address:
            return
        if len(value) > LONGEST_ADDRESS:
            self._file.problem = "The file's address is too long."
        else:
            self._file.address, self._file.problem = value, ""


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
