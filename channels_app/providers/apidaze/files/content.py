"""One string of a file field: a content in base64, decoded into a file as it comes, or an address."""

from __future__ import annotations

import binascii
from collections.abc import Callable
from typing import BinaryIO

from ...base.found_file import ADDRESS_TOO_LONG, EMPTY, LONGEST_ADDRESS, NOT_BASE64, FoundFile

_ADDRESSES = (b"http://", b"https://")
_TELLING = 8  # bytes that tell an address from a content
_LINE_ENDS = b"\r\n"


class Content:
    """Takes the string in pieces; `file` is what it was."""

    def __init__(self, open_file: Callable[[], BinaryIO]) -> None:
        self._open_file = open_file
        self._kept = b""  # an address, or what is not decoded yet
        self._is_told = False
        self._is_address = False
        self._is_over = False  # base64 ends with its first `=`
        self._file: BinaryIO | None = None
        self._problem = ""

    def write(self, piece: bytes) -> None:
        if self._problem or len(self._kept) > LONGEST_ADDRESS:
            return
        self._kept += piece
        if self._is_told or len(self._kept) >= _TELLING:
            self._tell()

    def file(self) -> FoundFile:
        """What it was, now that it is complete."""
        self._tell()
        if self._is_address and len(self._kept) > LONGEST_ADDRESS:
            return FoundFile(problem=ADDRESS_TOO_LONG)
        if self._is_address:
            return FoundFile(address=self._kept.decode("utf-8", "replace").strip())
        if self._kept:  # without its `=` at the end
            self._put(self._kept.ljust(4, b"="))
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

    def _tell(self) -> None:
        if not self._is_told:
            self._is_address = self._kept[:_TELLING].lower().startswith(_ADDRESSES)
            self._is_told = True
        if not self._is_address:
            encoded = self._kept.translate(None, _LINE_ENDS)
            whole = len(encoded) - len(encoded) % 4
            self._kept = encoded[whole:]
            self._put(encoded[:whole])

    def _put(self, encoded: bytes) -> None:
        """Decode whole groups of four."""
        if not encoded:
            return
        try:
            if self._is_over:
                raise binascii.Error
            decoded = binascii.a2b_base64(encoded, strict_mode=True)
        except binascii.Error:
            self._problem = NOT_BASE64
            return
        self._is_over = encoded.endswith(b"=")
        if self._file is None:
            self._file = self._open_file()
        self._file.write(decoded)
