"""What a `Range` header asks for."""

import pytest

from messaging.views.files.byte_range import Part, UnsatisfiableError, part_of


@pytest.mark.parametrize(
    ("header", "first", "last", "is_open"),
    [
        ("bytes=0-0", 0, 0, False),
        ("bytes=0-99", 0, 99, False),
        ("bytes=10-19", 10, 19, False),
        ("bytes=90-500", 90, 99, False),
        ("bytes=0-", 0, 99, True),
        ("bytes=99-", 99, 99, True),
        ("bytes=-1", 99, 99, False),
        ("bytes=-500", 0, 99, False),
        ("Bytes= 5-6 ", 5, 6, False),
    ],
)
def test_one_range_is_answered_with_that_part(header, first, last, is_open):
    part = part_of(header, 100)

    assert part is not None
    assert (part.first, part.last, part.length) == (first, last, last - first + 1)
    assert part.content_range == f"bytes {first}-{last}/100"
    assert (part.at_most(1).length, part.at_most(1000)) == (1, part)
    assert part.is_open is is_open


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "bytes=a-b",
        "bytes=0-1,5-6",
        "bytes=1",
        "bytes=--1",
        "bytes=+1-2",
        "bytes=١-٢",
        "bytes=0-1\n",
        "items=0-1",
        "bytes=" + "9" * 5000 + "-",
        "bytes 0-1",
    ],
)
def test_what_is_no_single_range_is_answered_with_the_whole(header):
    assert part_of(header, 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=" + "9" * 19 + "-"])
def test_a_part_that_the_file_does_not_have_is_said(header):
    with pytest.raises(UnsatisfiableError):
        part_of(header, 100)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0", "bytes=-1"])
def test_an_empty_file_has_no_part(header):
    with pytest.raises(UnsatisfiableError):
        part_of(header, 0)


def test_the_last_bytes_are_not_an_open_range():
    """A player asks for them to find an index there, and needs all of it."""
    assert part_of("bytes=-50", 100) == Part(50, 99, 100)
