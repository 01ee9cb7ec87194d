"""Downloads the files of messages as Apidaze does: by itself, from their addresses, after the answer."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Sequence

import aiohttp
from yarl import URL

from .files import FileState, FileStore, PhoneFile

AT_ONCE = 4  # messages; the files of one message come one after the other
BYTES_OF_A_MESSAGE = 100 * 1024 * 1024
SECONDS = 60.0  # for one file, from the first byte out to the last byte in
PIECE = 64 * 1024
LONGEST_TYPE = 200
_SPACE_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f]")


class _NotUsableError(Exception):
    """An answer that is no file; the text says why."""


class Downloads:
    """What is being downloaded. `changed` is called after each step of a message's files."""

    def __init__(self, store: FileStore, seconds: float = SECONDS) -> None:
        self._store = store
        self._seconds = seconds
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()
        self._client: aiohttp.ClientSession | None = None

    def start(self, files: Sequence[PhoneFile], changed: Callable[[], None]) -> None:
        """Begin with the files of one message, soon, and return at once."""
        task = asyncio.create_task(self._message(files, changed))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def give_up(self) -> None:
        """Cancel what is not through."""
        for task in self._running:
            task.cancel()

    async def close(self) -> None:
        """Give up, and close the connections."""
        self.give_up()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    async def _message(self, files: Sequence[PhoneFile], changed: Callable[[], None]) -> None:
        try:
            async with self._turns:
                left = BYTES_OF_A_MESSAGE
                for file in files:
                    file.state = FileState.DOWNLOADING
                    changed()
                    await self._download(file, left)
                    left -= file.size
                    changed()
        except asyncio.CancelledError:
            for file in files:
                if file.state in (FileState.WAITING, FileState.DOWNLOADING):
                    file.state, file.problem = FileState.FAILED, "Given up before it was through"
            changed()
            raise

    async def _download(self, file: PhoneFile, at_most: int) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._store_answer(file, at_most)
        except TimeoutError:
            file.problem = f"Not through after {self._seconds:g} seconds"
        except (aiohttp.ClientError, _NotUsableError, OSError, ValueError) as error:
            file.problem = _in_words(error, file)
        file.state = FileState.FAILED if file.problem else FileState.DOWNLOADED

    async def _store_answer(self, file: PhoneFile, at_most: int) -> None:
        if self._client is None:
            self._client = _client()
        url = URL(file.address, encoded=file.address.isascii())
        async with self._client.get(url, allow_redirects=False) as answer:
            file.status = answer.status
            file.content_type = sys.intern(answer.headers.get("Content-Type", "")[:LONGEST_TYPE])
            _check(answer, at_most)
            with self._store.writing(file) as write:
                async for piece in answer.content.iter_chunked(PIECE):
                    if file.size + len(piece) > at_most:
                        raise _too_large()
                    write(piece)


def _client() -> aiohttp.ClientSession:
    """One connection a file, nothing remembered, nothing unpacked."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        headers={"Accept-Encoding": "identity", "User-Agent": "ApidazeSimulator"},
        auto_decompress=False,
        read_bufsize=PIECE,
    )


def is_address(text: str) -> bool:
    """Whether it is the http or https address of something."""
    try:
        url = URL(text)
        return url.scheme in ("http", "https") and bool(url.host) and not _SPACE_OR_CONTROL.search(text)
    except ValueError:
        return False


def _check(answer: aiohttp.ClientResponse, at_most: int) -> None:
    if 300 <= answer.status < 400:
        raise _NotUsableError(f"Answered {answer.status}: redirects are not followed")
    if answer.status != 200:
        raise _NotUsableError(f"Answered {answer.status}")
    encoding = answer.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise _NotUsableError(f"The answer is packed ({encoding[:20]}), and nobody asked for that")
    if (answer.content_length or 0) > at_most:
        raise _too_large()


def _too_large() -> _NotUsableError:
    return _NotUsableError(f"A message's files may have {BYTES_OF_A_MESSAGE // 1024**2} MB together")


def _in_words(error: Exception, file: PhoneFile) -> str:
    if isinstance(error, _NotUsableError):
        return str(error)
    if isinstance(error, aiohttp.ClientSSLError):
        return "The certificate can't be trusted, or it is not TLS"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "No such host name"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "Nothing answers at this address"
    if isinstance(error, aiohttp.ClientPayloadError):
        return f"The answer broke off after {file.size} bytes"
    if isinstance(error, aiohttp.ClientConnectionError):
        return "The connection was closed without an answer"
    if isinstance(error, aiohttp.ClientResponseError):
        return "The answer is not HTTP, or longer than it says"
    return "It could not be stored" if isinstance(error, OSError) else "The address can't be used"
