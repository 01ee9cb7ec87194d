"""Calls the business's webhook as Apidaze does when a customer writes."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator, Sequence

import aiohttp

from .files import PhoneFile

TIMEOUT = 30.0  # seconds, for the whole call
NO_WEBHOOK = "No webhook address is set"
_LAYOUT = base64.b64encode(b"<smil><body><par/></body></smil>").decode()
_PIECE = 48 * 1024  # divides by 3, so that the pieces' base64 joins without padding


class Webhook:
    """Hands messages over, each once."""

    def __init__(self) -> None:
        self._client: aiohttp.ClientSession | None = None

    async def post(self, url: str, fields: dict[str, str], files: Sequence[PhoneFile]) -> int:
        """The status of the answer; raises ValueError, TimeoutError, OSError or aiohttp.ClientError."""
        if not url:
            raise ValueError(NO_WEBHOOK)
        if any(file.path is None for file in files):
            raise ValueError("A file of it is no longer kept")
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        headers = {"Content-Type": "application/json", "Content-Length": str(_length(fields, files))}
        async with self._client.post(
            url, data=_body(fields, files), headers=headers, allow_redirects=False
        ) as answer:
            return answer.status

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()


def in_words(error: Exception) -> str:
    """What went wrong with a call, for a person."""
    if isinstance(error, TimeoutError):
        return f"No answer within {TIMEOUT:g} seconds"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "Nothing answers at the webhook address"
    if isinstance(error, aiohttp.ClientConnectionError):
        return "The connection was closed without an answer"
    return str(error) if type(error) is ValueError else "The webhook address can't be used"


def _parts(fields: dict[str, str], files: Sequence[PhoneFile]) -> Iterator[bytes | PhoneFile]:
    """The body: text as it is, and the files whose base64 stands between.

    Apidaze gives files in a text in the form of a Python dictionary, a message's layout as one of them.
    """
    start = json.dumps({"type": "incomingWebhookMMS" if files else "incomingWebhookSMS", **fields})
    if not files:
        yield start.encode()
        return
    yield f'{start[:-1]}, "files": "'.encode()
    before = "{"
    for file in files:
        yield _in_json(f"{before}{file.name!r}: '")
        yield file
        before = "', "
    yield _in_json(f"{before}'message.smil': '{_LAYOUT}'}}") + b'"}'


def _in_json(text: str) -> bytes:
    return json.dumps(text)[1:-1].encode()


def _length(fields: dict[str, str], files: Sequence[PhoneFile]) -> int:
    return sum(
        len(part) if isinstance(part, bytes) else (part.size + 2) // 3 * 4 for part in _parts(fields, files)
    )


async def _body(fields: dict[str, str], files: Sequence[PhoneFile]) -> AsyncIterator[bytes]:
    for part in _parts(fields, files):
        if isinstance(part, bytes):
            yield part
        elif part.path is not None:
            with part.path.open("rb") as content:
                while piece := content.read(_PIECE):
                    yield base64.b64encode(piece)
