"""What a `Range` header asks for: RFC 9110, section 14."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

# One range in bytes. More digits than any file's size has are as senseless as letters.
_ONE_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,19})-([0-9]{0,19})[ \t]*", re.IGNORECASE)


class UnsatisfiableError(Exception):
    """The file has none of the bytes that were asked for: 416."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a file, from the first to the last, both included. `is_open`: its end was left to us."""

    first: int
    last: int
    size: int
    is_open: bool = False

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    @property
    def content_range(self) -> str:
        return f"bytes {self.first}-{self.last}/{self.size}"

    def at_most(self, length: int) -> Part:
        """Its beginning, of at most this many bytes."""
        return replace(self, last=min(self.last, self.first + length - 1))


def part_of(header: str, size: int) -> Part | None:
    """The part of a file of this size that a `Range` header asks for; None where the whole is the answer.

    The whole is the answer to several ranges at once too, and to what is no range. Raises `UnsatisfiableError`.
    """
    asked = _ONE_RANGE.fullmatch(header)
    if asked is None or not (asked[1] or asked[2]):
        return None
    if not asked[1]:  # the last so many bytes
        first, last = max(size - int(asked[2]), 0), size - 1
    else:
        first, last = int(asked[1]), int(asked[2] or size)
        if asked[2] and last < first:
            return None
    if first >= size:
        raise UnsatisfiableError
    return Part(first, min(last, size - 1), size, is_open=not asked[2])
