"""Encoding and segments, as 3GPP TS 23.038 has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.outbound.segments import measure


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        # 153 septets hold 76 characters of the extension table: none is split.
        ("€" * 153, "GSM-7", 306, 3),
        ("é\nÄ", "GSM-7", 3, 1),
        ("ж" * 70, "UCS-2", 70, 1),
        ("ж" * 71, "UCS-2", 71, 2),
        ("ж" * 134, "UCS-2", 134, 2),
        ("😀" * 35, "UCS-2", 70, 1),
        # 67 units hold 33 pairs: none is split.
        ("😀" * 67, "UCS-2", 134, 3),
    ],
)
def test_known_texts(text, encoding, units, segments):
    measured = measure(text)
    assert (measured.encoding, measured.units, measured.segments) == (encoding, units, segments)


def test_it_names_what_makes_a_text_ucs2():
    assert measure("naïve “quote” ï").ucs2_characters == ("ï", "“", "”")


@given(st.text(max_size=1600))
def test_segments_always_suffice_and_never_shrink_with_more_text(text):
    measured, longer = measure(text), measure(text + "a")
    part = 153 if measured.encoding == "GSM-7" else 67
    assert measured.units <= max(measured.segments * part, 160 if part == 153 else 70)
    assert longer.segments >= measured.segments
