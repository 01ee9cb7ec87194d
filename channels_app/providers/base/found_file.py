"""A file as an ITSP's webhook brought it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO


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
