"""A webhook's body, read piecewise, so that memory stays flat however large it is."""

from __future__ import annotations

import re
from typing import BinaryIO, Protocol

PIECE = 64 * 1024


class Sink(Protocol):
    """Takes one field's value as it stands in the body, in pieces."""

    def write(self, piece: bytes, /) -> object: ...

    def end(self) -> None:
        """The value is complete. Another one may follow: a body can name a field twice."""
        ...


class Kept:
    """A sink that keeps the beginning of a value, at most `limit` bytes. `is_cut`: there was more."""

    def __init__(self, limit: int) -> None:
        self.value = bytearray()
        self.is_cut = False
        self._limit = limit

    def write(self, piece: bytes, /) -> None:
        room = self._limit - len(self.value)
        if len(piece) > room:
            self.is_cut = True
        if room:
            self.value += piece[:room]

    def end(self) -> None:
        pass


class Body:
    """A window that moves over a stream. `buffer` from `position` on is not consumed yet."""

    def __init__(self, stream: BinaryIO) -> None:
        self.buffer = b""
        self.position = 0
        self._stream = stream

    def more(self) -> bool:
        """Read the next piece, behind what is not consumed yet. False at the end of the stream."""
        piece = self._stream.read(PIECE)
        if piece:
            self.buffer = self.buffer[self.position :] + piece
            self.position = 0
        return bool(piece)

    def peek(self) -> bytes:
        """The next byte, or b"" at the end."""
        if self.position == len(self.buffer) and not self.more():
            return b""
        return self.buffer[self.position : self.position + 1]

    def take(self, run: re.Pattern[bytes], sink: Sink | None = None) -> None:
        """Consume what matches `run`, a pattern that matches any length, none included."""
        while True:
            match = run.match(self.buffer, self.position)
            end = match.end() if match else self.position
            if sink is not None and end > self.position:
                sink.write(self.buffer[self.position : end])
            self.position = end
            if end < len(self.buffer) or not self.more():
                return

    def take_bytes(self, count: int, sink: Sink | None = None) -> None:
        """Consume `count` bytes, which are in `buffer`."""
        end = self.position + count
        if sink is not None:
            sink.write(self.buffer[self.position : end])
        self.position = end
