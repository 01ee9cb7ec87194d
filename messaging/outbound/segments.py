"""How many segments a text takes on its way, by 3GPP TS 23.038 (GSM-7 with its extension table, else UCS-2)."""

from __future__ import annotations

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")

GSM_SINGLE, GSM_PART = 160, 153  # septets: a text alone, and a part of a longer one beside its header
UCS2_SINGLE, UCS2_PART = 70, 67  # 16-bit units


@dataclass(frozen=True, slots=True)
class Measure:
    """`units` are septets or 16-bit units; `ucs2_characters` are those that a GSM-7 text could not have."""

    encoding: str
    units: int
    segments: int
    ucs2_characters: tuple[str, ...] = ()


def measure(text: str) -> Measure:
    """Encoding, units and segments of a text; an empty one has no segment."""
    outside = tuple(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENSION))
    if outside:
        widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
        return Measure("UCS-2", sum(widths), _segments(widths, UCS2_SINGLE, UCS2_PART), outside)
    widths = [2 if character in _EXTENSION else 1 for character in text]
    return Measure("GSM-7", sum(widths), _segments(widths, GSM_SINGLE, GSM_PART))


def _segments(widths: list[int], single: int, part: int) -> int:
    """Segments that characters of these widths take, where no character is split between two."""
    if not widths:
        return 0
    if sum(widths) <= single:
        return 1
    segments, room = 1, part
    for width in widths:
        if width > room:
            segments, room = segments + 1, part
        room -= width
    return segments
