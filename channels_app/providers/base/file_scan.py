"""Files out of a webhook's field, in pieces: memory stays flat however large they are.

ITSPs put files into a field in many ways: an object of names and contents, a list of objects with a name and a
content or an address, a list of addresses, and any of them once more as a text inside a JSON string, in JSON's or
in Python's spelling. One scanner reads them all: strings, brackets, colons and commas are alike in both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO, Protocol
from urllib.parse import unquote_to_bytes

from .escapes import Unescaper
from .file_building import Builder
from .file_list import FileList


class Decoder(Protocol):
    """Takes bytes in pieces and hands on what they mean."""

    def feed(self, piece: bytes, /) -> None: ...

    def end(self) -> None: ...


class FileField:
    """A sink for one field of a body: what it carries is added to `files`.

    `open_file` gives a new, empty file for a content. `encoded` says that the value is percent-encoded, as in a
    form. Raises what `open_file` and its files raise, and nothing of its own: what is broken or not understood
    becomes a file with a `problem`.
    """

    def __init__(self, files: FileList, open_file: Callable[[], BinaryIO], *, encoded: bool = False) -> None:
        self._files = files
        self._open_file = open_file
        self._encoded = encoded
        self._decoder: Decoder | None = None

    def write(self, piece: bytes, /) -> None:
        if self._decoder is None:
            builder = Builder(self._files, self._open_file, in_form=self._encoded)
            value: Decoder = _Value(builder, in_json=not self._encoded)
            self._decoder = _PercentDecoder(value) if self._encoded else value
        self._decoder.feed(piece)

    def end(self) -> None:
        if self._decoder is not None:
            self._decoder.end()
        self._decoder = None


class _PercentDecoder:
    """`a+b%20c` as its bytes."""

    def __init__(self, after: Decoder) -> None:
        self._after = after
        self._kept = b""

    def feed(self, piece: bytes, /) -> None:
        piece = self._kept + piece
        cut = piece.rfind(b"%", -2)
        whole = piece if cut < 0 else piece[:cut]
        self._kept = piece[len(whole) :]
        self._after.feed(unquote_to_bytes(whole.replace(b"+", b" ")))

    def end(self) -> None:
        self._after.feed(unquote_to_bytes(self._kept.replace(b"+", b" ")))
        self._after.end()


_SPACE = re.compile(rb"[\s\xef\xbb\xbf]*")
_LONGEST_WORD = 64  # bytes; what is longer is no `null` or `false`
_BARE = re.compile(rb"[\s\xef\xbb\xbf]*[A-Za-z0-9+/_-]")
_SHORT_BARE = re.compile(rb"[^'\"\[\]{}]+")
_SHORT_BASE64 = re.compile(
    rb"(?![0-9]*\Z)(?:[A-Za-z0-9+/_-]{4})*[A-Za-z0-9+/_-]{2}(?:[A-Za-z0-9+/_-]{2}|[A-Za-z0-9+/_-]=|==)"
)
_ADDRESS = re.compile(rb"https?://|data:", re.IGNORECASE)
_WORD = re.compile(rb"[^\s,:\"'\[\]{}]*")
_BEFORE_STRING = (b"b", b"u", b"r", b"br", b"rb")  # b'…', as Python spells it


class _Value:
    """Reads one value and tells the builder of strings, brackets, colons and words.

    `in_json`: a string at the top is not a file, but a text that is such a value itself, as Apidaze sends it.
    """

    def __init__(self, builder: Builder, *, in_json: bool) -> None:
        self._builder = builder
        self._in_json = in_json
        self._buffer = b""
        self._string: Unescaper | None = None
        self._inner: _Value | None = None
        self._began = False
        self._ending = False
        self._is_bare = False  # one content or address, in no quotes and no brackets
        self._long_word = b""  # how a word begins that is passed over

    def feed(self, piece: bytes, /) -> None:
        self._buffer += piece
        if not self._began and not self._in_json and not self._is_bare:
            self._is_bare = len(self._buffer) >= _LONGEST_WORD and bool(_BARE.match(self._buffer))
            if self._is_bare:
                self._builder.string_start()
        if self._is_bare:
            self._builder.string_piece(self._buffer)
            self._buffer = b""
        else:
            self._buffer = self._buffer[self._scan(self._buffer) :]

    def end(self) -> None:
        if not self._is_bare and not self._began and not self._in_json and self._end_short():
            return
        if self._is_bare:
            self._builder.string_end()
            return
        self._ending = True
        self.feed(b"\n")  # what can stand after any word, and ends it
        if self._inner is not None:
            self._inner.end()
        else:
            self._builder.end(cut_short=self._string is not None)

    def _end_short(self) -> bool:
        """Whether the whole value is one short content, address or word in no quotes; tells the builder."""
        value = self._buffer.strip()
        if not _SHORT_BARE.fullmatch(value):
            return False
        if _ADDRESS.match(value) or _SHORT_BASE64.fullmatch(value.replace(b" ", b"+")):
            self._builder.string_start()
            self._builder.string_piece(value)
            self._builder.string_end()
        else:
            self._builder.word(value)
        return True

    def _scan(self, buffer: bytes) -> int:
        position = 0
        while True:
            if self._string is not None:
                after = self._inner.feed if self._inner is not None else self._builder.string_piece
                position, ended = self._string.take(buffer, position, after)
                if not ended:
                    return position
                self._string = None
                if self._inner is None:
                    self._builder.string_end()
                continue
            undecided = not (self._began or self._in_json or self._ending) and len(buffer) < _LONGEST_WORD
            if undecided and (_BARE.match(buffer) or buffer.isspace()):
                return 0
            if not self._long_word:
                space = _SPACE.match(buffer, position)
                position = space.end() if space else position
            if position == len(buffer):
                return position
            byte = buffer[position : position + 1]
            if self._long_word or byte not in b"\"'[]{}:,":
                end = self._take_word(buffer, position)
                if end is None:
                    return position
                position = end
            elif byte in b"[]{}:,":
                position += 1
                self._began = True
                self._builder.mark(byte)
            else:
                position += 1
                self._string = Unescaper(byte)
                if self._in_json and not self._began:
                    self._inner = _Value(self._builder, in_json=False)
                else:
                    self._builder.string_start()
                self._began = True

    def _take_word(self, buffer: bytes, position: int) -> int | None:
        """Where the word ends that stands here; None if it may go on in the next piece."""
        match = _WORD.match(buffer, position)
        end = match.end() if match else position
        if end == len(buffer):
            if end - position < _LONGEST_WORD and not self._long_word:
                return None
            self._long_word = self._long_word or buffer[position : position + _LONGEST_WORD]
            self._began = True
            return end
        word, self._long_word = (
            self._long_word or buffer[position : position + _LONGEST_WORD][: end - position],
            b"",
        )
        if word.lower() not in _BEFORE_STRING or buffer[end : end + 1] not in (b'"', b"'"):
            self._began = True
            self._builder.word(word)
        return end
