"""A load of webhook requests over kept connections, in one small event loop."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Load:
    """What came of a load: seconds it took, each answer's seconds, and the texts that were answered 200."""

    seconds: float = 0.0
    answered_in: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    stored: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.answered_in) / self.seconds

    def percentile(self, part: float) -> float:
        """The answer time, in milliseconds, that this part of the requests did not exceed."""
        ordered = sorted(self.answered_in)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000


def run(url: str, requests: int, to: str, *, connections: int = 16, customers: int = 2000) -> Load:
    """Sends this many messages; one that is not answered 200 is sent again, as an ITSP would."""
    return asyncio.run(_run(url, requests, connections, lambda number: _body(number, to, customers)))


def _body(number: int, to: str, customers: int) -> tuple[str, bytes]:
    text = f"message {number}"
    message = {
        "type": "incomingWebhookSMS",
        "caller_id_number": f"1305{number % customers:07}",
        "destination_number": to.removeprefix("+"),
        "text": text,
    }
    return text, json.dumps(message).encode()


async def _run(
    url: str, requests: int, connections: int, body_of: Callable[[int], tuple[str, bytes]]
) -> Load:
    load, numbers = Load(), iter(range(requests))
    started_at = time.monotonic()
    await asyncio.gather(*(_connection(url, numbers, body_of, load) for _unused in range(connections)))
    load.seconds = time.monotonic() - started_at
    return load


async def _connection(
    url: str, numbers: object, body_of: Callable[[int], tuple[str, bytes]], load: Load
) -> None:
    address = urlsplit(url)
    reader = writer = None
    for number in numbers:  # type: ignore[attr-defined]
        text, body = body_of(number)
        head = (
            f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        while True:
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection(address.hostname, address.port)
                sent_at = time.monotonic()
                writer.write(head + body)
                status = await asyncio.wait_for(_answer(reader), 30)
            except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
                if writer is not None:
                    writer.close()
                reader = writer = None
                load.statuses[0] = load.statuses.get(0, 0) + 1
                await asyncio.sleep(0.2)
                continue
            load.answered_in.append(time.monotonic() - sent_at)
            load.statuses[status] = load.statuses.get(status, 0) + 1
            if status == 200:
                load.stored.append(text)
                break
            await asyncio.sleep(0.2)
    if writer is not None:
        writer.close()


async def _answer(reader: asyncio.StreamReader | None) -> int:
    assert reader is not None
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
    if length:
        await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])
