"""Marking what was searched for, in an excerpt of a text around it."""

from __future__ import annotations

import re
from typing import NamedTuple

BEFORE, LENGTH = 16, 160  # characters of the text before the first word that was found, and altogether


class Part(NamedTuple):
    text: str
    is_found: bool


def excerpt(text: str, words: tuple[str, ...]) -> tuple[Part, ...]:
    """The text around the first of the words in it, cut into what is one of them and what is not."""
    text = " ".join(text.split())
    found = re.compile(
        "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE
    )
    first = found.search(text)
    start = max(first.start() - BEFORE, 0) if first else 0
    if start:
        start = text.rfind(" ", 0, start) + 1 or start
    shown = ("…" if start else "") + text[start : start + LENGTH]
    parts, position = [], 0
    for match in found.finditer(shown) if words else ():
        parts += [Part(shown[position : match.start()], False), Part(match.group(), True)]
        position = match.end()
    parts.append(Part(shown[position:], False))
    return tuple(part for part in parts if part.text)
