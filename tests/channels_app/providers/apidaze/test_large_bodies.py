"""A body of 100 MB of files: read fast, with flat memory."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from channels_app.providers import get_provider
from channels_app.providers.base import NotUnderstoodError

APIDAZE = get_provider("apidaze")
MEGABYTE = 1024 * 1024
BASE64 = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo" * (MEGABYTE // 35)


class Generated(io.RawIOBase):
    """A body that is made while it is read, so that it is never in memory."""

    def __init__(self, before: bytes, repeated: bytes, megabytes: int, after: bytes) -> None:
        self._pieces: Iterator[bytes] = iter([before, *[repeated] * megabytes, after])
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        if not self._left:
            self._left = next(self._pieces, b"")
        piece, self._left = self._left[:size], self._left[size:]
        return piece


def python_dict(megabytes: int) -> Generated:
    return Generated(b"{\"files\": \"{'a.jpg': '", BASE64, megabytes, b'\'}", "to": "13052314933", "id": 7}')


def escaped_json(megabytes: int) -> Generated:
    line = BASE64[:72] + rb"\/\r\n"
    repeated = line * (MEGABYTE // len(line))
    return Generated(rb'{"files": {"a.jpg": "', repeated, megabytes, b'"}, "to": "13052314933", "id": 7}')


def form(megabytes: int) -> Generated:
    return Generated(b"files=", BASE64, megabytes, b"&to=13052314933&id=7")


def long_text(megabytes: int) -> Generated:
    return Generated(b'{"to": "13052314933", "id": 7, "text": "', b"some words " * 95_000, megabytes, b'"}')


def many_files(megabytes: int) -> Generated:
    after = b'], "to": "13052314933", "id": 7}'
    return Generated(b'{"files": [{}', b',{"name":"a","data":"QUJD"}' * 40_000, megabytes, after)


def peak_memory(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("body", [python_dict, escaped_json, long_text, many_files])
def test_memory_stays_flat(body: Callable[[int], io.RawIOBase]) -> None:
    message = APIDAZE.parse_inbound(body(2), {})  # type: ignore[arg-type]
    assert (message.recipient, message.message_id) == ("+13052314933", "7")
    assert peak_memory(lambda: APIDAZE.parse_inbound(body(24), {})) < 12 * MEGABYTE  # type: ignore[arg-type]
    assert peak_memory(lambda: APIDAZE.redact_body(body(24), 8_000)) < 12 * MEGABYTE  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [python_dict, escaped_json, many_files])
def test_134_megabytes_are_read_within_seconds(body: Callable[[int], io.RawIOBase]) -> None:
    started = time.process_time()
    assert APIDAZE.parse_inbound(body(134), {}).has_files  # type: ignore[arg-type]
    assert APIDAZE.redact_body(body(134), 8_000).endswith(("7}", "7", "…"))  # type: ignore[arg-type]
    assert time.process_time() - started < 10


def test_a_large_form_is_refused_before_it_is_read() -> None:
    def refused() -> None:
        with pytest.raises(NotUnderstoodError, match="The form is larger than 1 MB"):
            APIDAZE.parse_inbound(form(24), {})  # type: ignore[arg-type]

    assert peak_memory(refused) < 6 * MEGABYTE
    assert peak_memory(lambda: APIDAZE.redact_body(form(24), 8_000)) < 12 * MEGABYTE  # type: ignore[arg-type]
