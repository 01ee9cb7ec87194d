"""One string of a file field: a content in base64, decoded into a file as it comes, or an address."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import BinaryIO

from .found_file import FoundFile

LONGEST_ADDRESS = 4096

EMPTY = "The file is empty."
NOT_BASE64 = "The content is not base64."

_TELLING = 256  # bytes that tell an address from a content
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_OUTSIDE_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]")
_DATA_ADDRESS = re.compile(rb"data:[^,]{0,200},", re.IGNORECASE)
_LINE_ENDS = (b"\n", b"\r")


class Content:
    """Takes the string in pieces; `file` is what it was.

    White space about line ends is folding. Any other would mean that something was lost: in a form (`in_form`) it is
    a `+` that was not encoded, elsewhere nobody knows.
    """

    def __init__(self, open_file: Callable[[], BinaryIO], *, in_form: bool) -> None:
        self._open_file = open_file
        self._in_form = in_form
        self._after_end = b"=+" if in_form else b"="
        self._start: bytes | None = b""
        self._address = bytearray()
        self._is_address = False
        self._space = b"\n"  # of the white space before the next piece: a line end, a space, or none
        self._kept = b""
        self._file: BinaryIO | None = None
        self._problem = ""
        self._ended = False

    def write(self, piece: bytes) -> None:
        if self._start is not None:
            self._start += piece
            if len(self._start) >= _TELLING:
                self._begin()
        elif self._is_address:
            if len(self._address) <= LONGEST_ADDRESS:
                self._address += piece
        else:
            self._decode(piece)

    def file(self) -> FoundFile:
        """What it was, now that it is complete."""
        if self._start is not None:
            self._begin()
        if self._is_address:
            if len(self._address) > LONGEST_ADDRESS:
                return FoundFile(problem="The file's address is too long.")
            return FoundFile(address=self._address.decode("utf-8", "replace").strip())
        self._finish()
        if self._problem:
            self.discard()
            return FoundFile(problem=self._problem)
        if self._file is None:
            return FoundFile(problem=EMPTY)
        self._file.seek(0)
        return FoundFile(content=self._file)

    def discard(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        start, self._start = self._start or b"", None
        stripped = start.lstrip()
        if stripped[:8].lower().startswith((b"http://", b"https://")):
            self._is_address = True
            self._address += stripped
        elif match := _DATA_ADDRESS.match(stripped):
            self._decode(stripped[match.end() :])
        else:
            self._decode(start)

    def _decode(self, piece: bytes) -> None:
        if self._problem:
            return
        piece = self._unfolded(piece).translate(_URL_SAFE)
        if _OUTSIDE_BASE64.search(piece):
            self._problem = NOT_BASE64
            return
        if not self._ended:
            piece, end, after = (self._kept + piece).partition(b"=")
            whole = len(piece) - len(piece) % 4
            self._put(piece[:whole])
            self._kept, self._ended, piece = piece[whole:], bool(end), after
        if self._ended and piece.strip(self._after_end):
            self._problem = NOT_BASE64

    def _unfolded(self, piece: bytes) -> bytes:
        """The piece without the white space about line ends; other white space stays."""
        if self._in_form:
            piece = piece.replace(b" ", b"+")
        piece = self._space + piece
        text = piece.rstrip()
        after = piece[len(text) :]
        self._space = b"\n" if any(end in after for end in _LINE_ENDS) else after[:1]
        first, *lines = text.splitlines() or [b""]
        return first.rstrip() + b"".join(line.strip() for line in lines)

    def _put(self, quads: bytes) -> None:
        if not quads:
            return
        if self._file is None:
            self._file = self._open_file()
        self._file.write(base64.b64decode(quads))

    def _finish(self) -> None:
        rest, self._kept = self._kept, b""
        if self._problem or not rest:
            return
        if len(rest) == 1:
            self._problem = NOT_BASE64
            return
        try:
            self._put(rest + b"=" * (4 - len(rest)))
        except binascii.Error:
            self._problem = NOT_BASE64
