"""Files out of a webhook's field, in pieces: memory stays flat however large they are.

ITSPs put files into a field in many ways: an object of names and contents, a list of objects with a name and a
content or an address, a list of addresses, and any of them once more as a text inside a JSON string, in JSON's or
in Python's spelling. One scanner reads them all: strings, brackets, colons and commas are alike in both.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import BinaryIO, Protocol
from urllib.parse import unquote_to_bytes

from .found_file import FoundFile

MOST_FILES = 100
LONGEST_NAME = 255  # characters
LONGEST_ADDRESS = 4096
DEEPEST = 8  # brackets; what is nested deeper is passed over

NAMES = ("filename", "file_name", "name")
CONTENTS = ("base64", "data", "content", "contents", "body")
ADDRESSES = ("url", "uri", "href", "media_url", "link")


class Decoder(Protocol):
    """Takes bytes in pieces and hands on what they mean."""

    def feed(self, piece: bytes, /) -> None: ...

    def end(self) -> None: ...


class FileField:
    """A sink for one field of a body: what it carries is added to `files`.

    `open_file` gives a new, empty file for a content. `encoded` says that the value is percent-encoded, as in a
    form. Raises what `open_file` and its files raise, and nothing of its own: a broken part has a `problem`.
    """

    def __init__(
        self, files: list[FoundFile], open_file: Callable[[], BinaryIO], *, encoded: bool = False
    ) -> None:
        self._files = files
        self._open_file = open_file
        self._encoded = encoded
        self._decoder: Decoder | None = None

    def write(self, piece: bytes, /) -> None:
        if self._decoder is None:
            value: Decoder = _Value(_Builder(self._files, self._open_file), in_json=not self._encoded)
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


_JSON_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class _Unescaper:
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


_SPACE = re.compile(rb"[\s\xef\xbb\xbf]*")
_LONGEST_WORD = 64  # bytes; what is longer is no `null` or `false`
_BARE = re.compile(rb"[\s\xef\xbb\xbf]*[A-Za-z0-9+/]")
_BARE_ADDRESS = re.compile(rb"[\s\xef\xbb\xbf]*(?:https?://|data:)", re.IGNORECASE)
_WORD = re.compile(rb"[^\s,:\"'\[\]{}]*")


class _Value:
    """Reads one value and tells the builder of strings, brackets, colons and words.

    `in_json`: a string at the top is not a file, but a text that is such a value itself, as Apidaze sends it.
    """

    def __init__(self, builder: _Builder, *, in_json: bool) -> None:
        self._builder = builder
        self._in_json = in_json
        self._buffer = b""
        self._string: _Unescaper | None = None
        self._inner: _Value | None = None
        self._began = False
        self._ending = False
        self._is_bare = False  # one content or address, in no quotes and no brackets

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
        if not self._is_bare and not self._began and _BARE_ADDRESS.match(self._buffer):
            self._is_bare = True
            self._builder.string_start()
            self._builder.string_piece(self._buffer)
        if self._is_bare:
            self._builder.string_end()
            return
        self._ending = True
        self.feed(b"\n")  # what can stand after any word, and ends it
        if self._inner is not None:
            self._inner.end()
        else:
            self._builder.end(cut_short=self._string is not None)

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
            space = _SPACE.match(buffer, position)
            position = space.end() if space else position
            if position == len(buffer):
                return position
            undecided = not (self._began or self._in_json or self._ending) and len(buffer) < _LONGEST_WORD
            if undecided and _BARE.match(buffer):
                return 0
            byte = buffer[position : position + 1]
            if byte in (b'"', b"'"):
                position += 1
                self._string = _Unescaper(byte)
                if self._in_json and not self._began:
                    self._inner = _Value(self._builder, in_json=False)
                else:
                    self._builder.string_start()
                self._began = True
            elif byte in b"[]{}:,":
                position += 1
                self._began = True
                self._builder.mark(byte)
            else:
                word = _WORD.match(buffer, position)
                end = word.end() if word else position + 1
                if end == len(buffer):
                    return position if end - position < _LONGEST_WORD else end  # perhaps it goes on
                if buffer[end : end + 1] in (b'"', b"'"):
                    position = end  # the letter before a string: b'…', u'…'
                    continue
                self._began = True
                self._builder.word()
                position = end


class _Builder:
    """Puts files together from what the scanner tells. Knows where in the value it stands."""

    def __init__(self, files: list[FoundFile], open_file: Callable[[], BinaryIO]) -> None:
        self._files = files
        self._open_file = open_file
        self._stack: list[_Level] = []
        self._sink: _Text | _Content | None = None
        self._too_deep = 0  # brackets beyond the deepest: only counted, or they would fill the memory

    def mark(self, byte: bytes) -> None:
        if byte in b"[{" and len(self._stack) > DEEPEST:
            self._too_deep += 1
        elif byte in b"]}" and self._too_deep:
            self._too_deep -= 1
        elif self._too_deep:
            pass
        elif byte in b"[{":
            inside = self._level.value_role() if self._stack else "top"
            self._stack.append(_Level(is_object=byte == b"{", inside=inside, key=self._key()))
        elif byte in b"]}":
            if self._stack:
                level = self._stack.pop()
                level.close(self._add)
                if self._stack:
                    self._level.value_done()
        elif self._stack:
            self._level.colon() if byte == b":" else self._level.comma()

    def word(self) -> None:
        if self._stack:
            self._level.value_done()

    def string_start(self) -> None:
        level = self._level if self._stack else None
        if level is not None and level.wants_key and not self._too_deep:
            self._sink = _Text(LONGEST_NAME)
        elif self._too_deep or len(self._stack) > DEEPEST:
            self._sink = _Text(0)
        elif level is not None and level.describes_a_file and level.key.lower() in NAMES:
            self._sink = _Text(LONGEST_NAME)
        elif level is not None and level.describes_a_file and level.key.lower() in ADDRESSES:
            self._sink = _Text(LONGEST_ADDRESS)
        elif level is not None and level.describes_a_file and level.key.lower() not in CONTENTS:
            self._sink = _Text(0)
        else:
            self._sink = _Content(self._open_file)

    def string_piece(self, piece: bytes) -> None:
        if self._sink is not None:
            self._sink.write(piece)

    def string_end(self) -> None:
        sink, self._sink = self._sink, None
        if sink is None:
            return
        level = self._level if self._stack else None
        if isinstance(sink, _Text):
            if level is not None and not self._too_deep:
                level.text(sink.value)
            return
        found = sink.file()
        if level is None:
            if found.content or found.address:
                self._add(found)
        elif level.describes_a_file:
            level.content(found)
        else:
            found.name = level.key
            self._add(found)
            level.value_done()

    def end(self, *, cut_short: bool) -> None:
        if cut_short and self._sink is not None:
            sink, self._sink = self._sink, None
            if isinstance(sink, _Content):
                sink.discard()
                self._add(FoundFile(name=self._key(), problem="The file was cut short."))
        while self._stack:
            self._stack.pop().close(self._add)

    @property
    def _level(self) -> _Level:
        return self._stack[-1]

    def _key(self) -> str:
        return self._stack[-1].key if self._stack else ""

    def _add(self, found: FoundFile) -> None:
        if len(self._files) < MOST_FILES:
            self._files.append(found)
        elif found.content is not None:
            found.content.close()


class _Level:
    """Inside one pair of brackets."""

    def __init__(self, *, is_object: bool, inside: str, key: str) -> None:
        self.is_object = is_object
        self.key = ""
        self.wants_key = is_object
        self._name_outside = key
        # An object in a list, or under a file's name, describes one file by its fields.
        self.describes_a_file = is_object and inside != "top"
        self._file = FoundFile(name=key) if self.describes_a_file else None

    def value_role(self) -> str:
        return "value" if self.is_object else "item"

    def colon(self) -> None:
        self.wants_key = False

    def comma(self) -> None:
        self.wants_key = self.is_object
        if self.is_object:
            self.key = ""

    def value_done(self) -> None:
        pass

    def text(self, value: str) -> None:
        if self.wants_key:
            self.key = value
        elif self._file is not None and value:
            if self.key.lower() in NAMES:
                self._file.name = value
            elif self.key.lower() in ADDRESSES and self._file.content is None:
                self._file.address, self._file.problem = value, ""

    def content(self, found: FoundFile) -> None:
        if self._file is None or self._file.content is not None:
            if found.content is not None:
                found.content.close()
        elif found.content is not None or not self._file.address:
            self._file.content, self._file.address = found.content, found.address
            self._file.problem = found.problem

    def close(self, add: Callable[[FoundFile], None]) -> None:
        if self._file is None:
            return
        if self._file.content or self._file.address or self._file.problem:
            add(self._file)


class _Text:
    """A short string, at most `limit` characters of it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = b""

    def write(self, piece: bytes) -> None:
        if len(self._kept) < self._limit * 4:
            self._kept += piece

    @property
    def value(self) -> str:
        return self._kept.decode("utf-8", "replace")[: self._limit]


_SPACES = bytes.maketrans(b"-_", b"+/")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]")
_DATA_ADDRESS = re.compile(rb"data:[^,]{0,200},", re.IGNORECASE)


class _Content:
    """A file's content in base64, decoded into a file as it comes; or an address, told by how it begins."""

    def __init__(self, open_file: Callable[[], BinaryIO]) -> None:
        self._open_file = open_file
        self._start: bytes | None = b""
        self._address = bytearray()
        self._is_address = False
        self._kept = b""
        self._file: BinaryIO | None = None
        self._problem = ""
        self._ended = False

    def write(self, piece: bytes) -> None:
        if self._start is not None:
            self._start += piece
            if len(self._start) < 256:
                return
            piece = self._begin()
        if self._is_address:
            if len(self._address) <= LONGEST_ADDRESS:
                self._address += piece
        else:
            self._decode(piece)

    def _begin(self) -> bytes:
        start, self._start = (self._start or b"").lstrip(), None
        if start[:8].lower().startswith((b"http://", b"https://")):
            self._is_address = True
        elif match := _DATA_ADDRESS.match(start):
            start = start[match.end() :]
        return start

    def _decode(self, piece: bytes) -> None:
        if self._problem or self._ended:
            return
        piece = b"".join(piece.split()).translate(_SPACES)
        if _NOT_BASE64.search(piece):
            self._problem = "The content is not base64."
            return
        piece = self._kept + piece
        if b"=" in piece:
            self._ended = True
            piece = piece[: piece.index(b"=")]
            self._kept = piece
            return
        whole = len(piece) - len(piece) % 4
        self._kept = piece[whole:]
        self._put(piece[:whole])

    def _put(self, quads: bytes) -> None:
        if not quads:
            return
        if self._file is None:
            self._file = self._open_file()
        self._file.write(base64.b64decode(quads))

    def file(self) -> FoundFile:
        """What it was, now that it is complete."""
        if self._start is not None:
            self.write(b"") if len(self._start) >= 256 else self._finish_start()
        if self._is_address:
            address = bytes(self._address)
            if len(address) > LONGEST_ADDRESS:
                return FoundFile(problem="The file's address is too long.")
            return FoundFile(address=address.decode("utf-8", "replace").strip())
        self._finish()
        if self._problem:
            self.discard()
            return FoundFile(problem=self._problem)
        if self._file is None:
            return FoundFile(problem="The file is empty.")
        self._file.seek(0)
        return FoundFile(content=self._file)

    def _finish_start(self) -> None:
        rest = self._begin()
        if self._is_address:
            self._address += rest
        else:
            self._decode(rest)

    def _finish(self) -> None:
        kept, self._kept = self._kept, b""
        if self._problem or not kept:
            return
        whole = len(kept) - len(kept) % 4
        rest = kept[whole:]
        try:
            self._put(kept[:whole])
            if rest:
                self._put_rest(rest)
        except binascii.Error:
            self._problem = "The content is not base64."

    def _put_rest(self, rest: bytes) -> None:
        if len(rest) == 1:
            self._problem = "The content is not base64."
            return
        if self._file is None:
            self._file = self._open_file()
        self._file.write(base64.b64decode(rest + b"=" * (-len(rest) % 4)))

    def discard(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
