"""Open streams of hints, many at once and cheap: what the rows about live events listen with."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Heard = Callable[[int, float], None]


class _Stream(asyncio.Protocol):
    """One connection: tells its number and the wall clock for each hint, and is ready once it was told to catch up."""

    def __init__(self, number: int, cookie: str, heard: Heard) -> None:
        self.number, self.cookie, self.heard = number, cookie, heard
        self.is_ready = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(
            f"GET /events/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n\r\n".encode("latin-1")
        )

    def data_received(self, data: bytes) -> None:
        if b"event: hint" in data:
            self.heard(self.number, time.time())
        if b"event: catch-up" in data and not self.is_ready.done():
            self.is_ready.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_ready.done():
            self.is_ready.set_exception(ConnectionError("the stream was refused"))


@contextmanager
def open_streams(port: int, cookies: list[str], heard: Heard) -> Iterator[None]:
    """One stream for each cookie, all open once this is entered; `heard` is called in a thread of theirs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    opening = asyncio.run_coroutine_threadsafe(_open(port, cookies, heard), loop)
    try:
        streams = opening.result(120)
        yield
        if lost := sum(each.transport.is_closing() for each in streams):
            raise ConnectionError(f"{lost} streams ended")
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _open(port: int, cookies: list[str], heard: Heard) -> list[_Stream]:
    streams = []
    for number, cookie in enumerate(cookies):
        stream = _Stream(number, cookie, heard)
        await asyncio.get_running_loop().create_connection(lambda s=stream: s, "127.0.0.1", port)
        streams.append(stream)
    await asyncio.gather(*(each.is_ready for each in streams))
    return streams
