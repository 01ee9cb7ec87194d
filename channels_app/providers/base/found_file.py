"""A file as an ITSP's webhook brought it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

# What is wrong with a file, in sentences that `messaging.files.problems` translates.
EMPTY = "The file is empty."
CUT_SHORT = "The file was cut short."
NOT_BASE64 = "The content is not base64."
NOT_UNDERSTOOD = "It came in a form that is not known."
ADDRESS_TOO_LONG = "The file's address is too long."

LONGEST_ADDRESS = 4096  # bytes


@dataclass(slots=True)
class FoundFile:
    """A file of a body: its `content`, open at its start, or the `address` it is to be fetched from.

    `name` is as it came, perhaps empty. `problem` says why there is neither, in a sentence. `is_layout`: a part that
    only says how the others are arranged on a phone; it has none of the three.
    """

    name: str = ""
    content: BinaryIO | None = None
    address: str = ""
    problem: str = ""
    is_layout: bool = False
